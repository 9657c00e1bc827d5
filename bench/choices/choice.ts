/**
 * The design's choices, each with what switches it off.
 *
 * @module
 */

import type { Speech } from "../compare/workload.ts";

/** Under what a choice shows: a load, with lines printed, or clients that do nothing. */
export type Under = Speech | "lines" | "idle";

/** A choice of the design. */
export interface Choice {
  /** What was chosen, as a sentence without its full stop. */
  title: string;
  /** Under what it is measured. */
  under: readonly Under[];
  /** The change that switches it off. */
  patch: string;
}

const FOLDER = new URL("./", import.meta.url);

/** All choices, by their titles. */
export async function readChoices(): Promise<Choice[]> {
  const choices: Choice[] = [];
  for await (const { name } of Deno.readDir(FOLDER)) {
    if (!name.endsWith(".patch")) continue;
    const file = await Deno.readTextFile(new URL(name, FOLDER));
    const at = file.indexOf("--- a/");
    const head = file.slice(0, at).match(/^Choice: (.*)\nUnder: (.*)\n$/);
    if (!head) throw new Error(`${name} does not say what it switches off`);
    const [, title, under] = head;
    choices.push({
      title,
      under: under.split(" ") as Under[],
      patch: file.slice(at),
    });
  }
  return choices.sort((a, b) => a.title < b.title ? -1 : 1);
}
