/**
 * The choices of the design, each with the patch that switches it off.
 *
 * @module
 */

import type { Speech } from "../compare/workload.ts";

/**
 * A condition that shows a choice's effect: a load, a load with printed lines, a load
 * with a roster in a file, or idle clients.
 */
export type Under = Speech | "lines" | "file" | "idle";

/** A choice of the design. */
export interface Choice {
  /** What was chosen, as a sentence without its full stop. */
  title: string;
  /** The conditions under which it is measured. */
  under: readonly Under[];
  /** The patch that switches it off. */
  patch: string;
}

const FOLDER = new URL("./", import.meta.url);

/** Reads all choices. Returns them sorted by title. */
export async function readChoices(): Promise<Choice[]> {
  const choices: Choice[] = [];
  for await (const { name } of Deno.readDir(FOLDER)) {
    if (!name.endsWith(".patch")) continue;
    const file = await Deno.readTextFile(new URL(name, FOLDER));
    const at = file.indexOf("--- a/");
    const head = file.slice(0, at).match(/^Choice: (.*)\nUnder: (.*)\n$/);
    if (!head) {
      throw new Error(`${name} does not begin with the lines Choice and Under`);
    }
    const [, title, under] = head;
    choices.push({
      title,
      under: under.split(" ") as Under[],
      patch: file.slice(at),
    });
  }
  return choices.sort((a, b) => a.title < b.title ? -1 : 1);
}
