/**
 * The known faults: what goes wrong without one of the safeguards.
 *
 * Each is a file `tests/faults/NAME.patch`: lines of a word, a colon and what
 * {@linkcode Fault} has by that word, then a patch of a few lines.
 *
 * @module
 */

import { Failure } from "../../lib/cli/program.ts";

/** The project. */
export const ROOT = new URL("../../", import.meta.url);
const FOLDER = new URL("tests/faults/", ROOT);

/** One fault. */
export interface Fault {
  /** Its name, as its file has it. */
  name: string;
  /** What it takes away. */
  takes: string;
  /** What goes wrong then. */
  then: string;
  /** What to watch for in the scenario. */
  watch: string;
  /** How hard it is to understand, from 1 to 3. */
  level: number;
  /** The scenario that shows it. */
  scenario: string;
  /** Events of the scenario, in this order, that the fault keeps from happening. */
  right: string[];
  /** Events of the scenario, in this order, that the fault makes happen. */
  wrong: string[];
  /** The names of the tests that fail by it. */
  fails: string[];
  /** A simulation's seed that shows it, where one does. */
  seed: number | undefined;
  /** The patch. */
  patch: string;
}

/**
 * All faults, the easiest first.
 *
 * @throws {Failure} If this is an exercise, which has none.
 */
export async function readFaults(): Promise<Fault[]> {
  const faults: Fault[] = [];
  try {
    for await (const { name } of Deno.readDir(FOLDER)) {
      const file = await Deno.readTextFile(new URL(name, FOLDER));
      faults.push(parseFault(name.replace(/\.patch$/, ""), file));
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Failure("There are no faults here: an exercise is without them");
  }
  const isLimit = ({ name }: Fault) => Number(name.startsWith("limit-"));
  return faults.sort((a, b) =>
    a.level - b.level || isLimit(a) - isLimit(b) || (a.name < b.name ? -1 : 1)
  );
}

/**
 * Reads a fault's file.
 *
 * @throws {Error} If something that a fault needs is missing.
 */
export function parseFault(name: string, file: string): Fault {
  const at = file.indexOf("--- a/");
  const head = file.slice(0, at).trimEnd().split("\n");
  const fields = Map.groupBy(head, (line) => line.slice(0, line.indexOf(":")));
  const all = (key: string) =>
    (fields.get(key) ?? []).map((line) => line.slice(key.length + 1).trim());
  const one = (key: string) => {
    const [value] = all(key);
    if (value === undefined) throw new Error(`${name} has no ${key}`);
    return value;
  };
  const [seed] = all("Seed");
  return {
    name,
    takes: one("Takes"),
    then: one("Then"),
    watch: one("Watch"),
    level: Number(one("Level")),
    scenario: one("Scenario"),
    right: one("Right").split(" -> "),
    wrong: one("Wrong").split(" -> "),
    fails: all("Fails"),
    seed: seed === undefined ? undefined : Number(seed),
    patch: file.slice(at),
  };
}

/**
 * Applies a patch to a text.
 *
 * @throws {Error} If what it changes is not there, or there more than once.
 */
export function applyPatch(patch: string, before: string): string {
  let after = before;
  const [, ...hunks] = patch.split(/^@@.*\n/m);
  if (hunks.length === 0) throw new Error("The patch changes nothing");
  for (const hunk of hunks) {
    const lines = hunk.replace(/\n$/, "").split("\n");
    const side = (without: string) =>
      lines.filter((line) => !line.startsWith(without))
        .map((line) => line.slice(1) + "\n").join("");
    const [old, fresh] = [side("+"), side("-")];
    if (after.split(old).length !== 2) {
      throw new Error(`The patch does not fit: ${old}`);
    }
    after = after.replace(old, () => fresh);
  }
  return after;
}

/** Applies a patch of several files, which may be new, to a copy of the project. */
export async function patchFolder(
  patch: string,
  folder: string,
): Promise<void> {
  for (const part of patch.split(/^(?=--- )/m)) {
    const [, path] = part.match(/^\+\+\+ b\/(.*)$/m)!;
    const file = `${folder}/${path}`;
    if (part.startsWith("--- /dev/null")) {
      const lines = part.matchAll(/^\+(?!\+\+ b\/)(.*\n)/gm);
      await Deno.writeTextFile(
        file,
        [...lines].map(([, line]) => line).join(""),
      );
    } else {
      const before = await Deno.readTextFile(file);
      await Deno.writeTextFile(file, applyPatch(part, before));
    }
  }
}
