/**
 * The folder of reports: one folder for each submission, and the table.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { Failure } from "../../../lib/cli/program.ts";
import { escape } from "../../../lib/text.ts";
import { fromJson, type JsonReport, toJson } from "../json.ts";
import { junit } from "../junit.ts";
import type { Check } from "../kit.ts";
import { report } from "../report.ts";
import type { Graded } from "./submission.ts";

/** The width of a report, in characters. */
const WIDTH = 100;
/** The longest name of a submission's folder: systems allow 255 bytes, and a character has up to three for each unit. */
const LONGEST = 80;

/** What `report.json` has besides the checks. */
export interface Stored extends JsonReport {
  submission: string;
  /** Identifies all that the verdicts depend on. */
  fingerprint: string;
  notGraded?: string;
}

/** Replaces a file by a whole new one. If that fails, the old one is still there. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const whole = `${path}.new`;
  try {
    // A link in its place would lead the text elsewhere.
    await Deno.remove(whole).catch(() => {});
    await Deno.writeTextFile(whole, text, { createNew: true });
    await Deno.rename(whole, path);
  } catch (error) {
    throw new Failure(`Cannot write ${path}: ${(error as Error).message}`);
  }
}

/**
 * Makes sure that a file can be replaced: before an hour of grading, not after it.
 *
 * @throws {Failure} If it cannot.
 */
export async function checkReplaceable(path: string): Promise<void> {
  const info = await Deno.lstat(path).catch(() => undefined);
  if (info?.isDirectory) {
    throw new Failure(
      `Cannot write ${path}: there is a folder of that name. Rename it, or ` +
        "give another folder with --reports",
    );
  }
  const whole = `${path}.new`;
  try {
    await Deno.remove(whole).catch(() => {});
    await Deno.writeTextFile(whole, "", { createNew: true });
    await Deno.remove(whole);
  } catch (error) {
    throw new Failure(`Cannot write ${path}: ${(error as Error).message}`);
  }
}

/** The reports in one folder. */
export class Reports {
  #folder: string;
  #checks: readonly Check[];
  /** What the names of the files end in: some checks have files of their own beside those of all checks. */
  #suffix: string;

  constructor(folder: string, checks: readonly Check[], isPart: boolean) {
    this.#folder = folder;
    this.#checks = checks;
    this.#suffix = isPart ? "-only" : "";
  }

  /** Reads the report of a submission that was written last. */
  async read(name: string): Promise<Stored | undefined> {
    try {
      const path = this.#path(name, "json");
      const stored: Stored = JSON.parse(await Deno.readTextFile(path));
      const isOurs = Number.isInteger(stored.seed) &&
        typeof stored.fingerprint === "string" && Array.isArray(stored.checks);
      return isOurs ? stored : undefined;
    } catch {
      return undefined; // there is none, or it is not ours
    }
  }

  /** Returns what a stored report says, if it says it of the checks that are made now. */
  gradedOf(
    { submission: name, notGraded: why, ...stored }: Stored,
  ): Graded | undefined {
    const { note } = stored;
    if (why !== undefined) return { name, note, why, verdicts: [] };
    const verdicts = fromJson(stored, this.#checks);
    return verdicts && { name, note, verdicts };
  }

  /** Writes the reports of a submission. */
  async write(
    graded: Graded,
    seed: number,
    fingerprint: string,
  ): Promise<void> {
    const { name, verdicts, note, why } = graded;
    await Deno.mkdir(`${this.#folder}/${folderName(name)}`, {
      recursive: true,
    });
    const lines = [
      escape(name),
      ...(note ? [escape(note)] : []),
      "",
      ...(why === undefined
        ? report(verdicts, { width: WIDTH, isColoured: false, seed })
        : [`not graded: ${escape(why)}`]),
    ];
    await replaceFile(this.#path(name, "txt"), lines.join("\n") + "\n");
    await replaceFile(this.#path(name, "xml"), junit(verdicts, why));
    // It comes last: where it is, the others are, too.
    const stored: Stored = {
      submission: name,
      fingerprint,
      notGraded: why,
      ...toJson(graded, seed),
    };
    await replaceFile(
      this.#path(name, "json"),
      JSON.stringify(stored, null, 2) + "\n",
    );
  }

  #path(name: string, ending: string): string {
    return `${this.#folder}/${
      folderName(name)
    }/report${this.#suffix}.${ending}`;
  }
}

/** Returns a name for a submission's folder that every system allows, and that no other submission has. */
export function folderName(name: string): string {
  const safe = name.normalize().replace(/[^\p{L}\p{M}\p{N} .,+@_()-]/gu, "_")
    .replace(/^\.|[. ]+$/g, "_").slice(0, LONGEST)
    .toWellFormed();
  const isTaken = /^grades.*\.csv|^summary.*\.txt/i.test(safe);
  if (safe === name && !isTaken) return name;
  const hash = createHash("sha256").update(name).digest("hex");
  return `${safe}-${hash.slice(0, 6)}`;
}
