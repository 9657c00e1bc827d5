/**
 * The known faults: what goes wrong without one of the safeguards.
 *
 * Each is a file `tests/faults/NAME.patch`: first lines such as `Level: 1`,
 * each with one field of {@linkcode Fault}, then a patch of a few lines.
 *
 * @module
 */

import { Failure } from "../../../lib/cli/program.ts";

/** The project. */
export const ROOT = new URL("../../../", import.meta.url);
const FOLDER = new URL("tests/faults/", ROOT);

/** One fault. */
export interface Fault {
  /** Its name: the name of its file, without `.patch`. */
  name: string;
  /** What the faulty code does. */
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
  /**
   * The id of the one test that must fail with the fault. Its name contains
   * `[ID]`.
   */
  test: string;
  /** Whether the simulation also finds the fault, in its first 500 seeds. */
  isSimulated: boolean;
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
    throw new Failure(
      "This folder is an exercise: it has a fault already. The other faults are " +
        "in the project that it was copied from",
    );
  }
  const isLimit = ({ name }: Fault) => Number(name.startsWith("limit-"));
  return faults.sort((a, b) =>
    a.level - b.level || isLimit(a) - isLimit(b) || (a.name < b.name ? -1 : 1)
  );
}

/**
 * The words that begin the required lines of a fault's file. The line in
 * SIMULATION is optional.
 */
const WORDS = [
  "Takes",
  "Then",
  "Watch",
  "Level",
  "Scenario",
  "Right",
  "Wrong",
  "Test",
];
const SIMULATION = "Simulation: finds it";

/**
 * Reads a fault's file.
 *
 * @throws {Error} If a line is missing, repeated or unknown.
 */
export function parseFault(name: string, file: string): Fault {
  const at = file.indexOf("--- a/");
  const fields = new Map<string, string>();
  for (const line of file.slice(0, at).trimEnd().split("\n")) {
    const [, key = "", value] = line.match(/^(\w+): (.+)$/) ?? [];
    const isKnown = WORDS.includes(key) || line === SIMULATION;
    if (!isKnown || fields.has(key)) {
      throw new Error(`${name} has an unknown or repeated line: ${line}`);
    }
    fields.set(key, value);
  }
  const get = (key: string) => {
    const value = fields.get(key);
    if (value === undefined) throw new Error(`${name} has no ${key}`);
    return value;
  };
  return {
    name,
    takes: get("Takes"),
    then: get("Then"),
    watch: get("Watch"),
    level: Number(get("Level")),
    scenario: get("Scenario"),
    right: get("Right").split(" -> "),
    wrong: get("Wrong").split(" -> "),
    test: get("Test"),
    isSimulated: fields.has("Simulation"),
    patch: file.slice(at),
  };
}
