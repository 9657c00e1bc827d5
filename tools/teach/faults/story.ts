/**
 * How a scenario goes in a copy of the project.
 *
 * @module
 */

import type { Event } from "../scenario/story.ts";

/** Plays a scenario with the server and clients of a folder. */
export async function storyOf(folder: URL, name: string): Promise<Event[]> {
  type Scenarios = typeof import("../scenario/scenarios.ts");
  type Play = typeof import("../scenario/play.ts");
  const at = (path: string) =>
    new URL(`tools/teach/scenario/${path}`, folder).href;
  const { SCENARIOS }: Scenarios = await import(at("scenarios.ts"));
  const { play }: Play = await import(at("play.ts"));
  const scenario = SCENARIOS.find((scenario) => scenario.name === name);
  if (!scenario) throw new Error(`There is no scenario ${name}`);
  return await play(scenario);
}

/** Whether events happen in this order; others may come between them. */
export function happens(
  sequence: readonly string[],
  story: readonly Event[],
): boolean {
  let next = 0;
  for (const { who, what } of story) {
    if (`${who} ${what}` === sequence[next]) next++;
  }
  return next === sequence.length;
}
