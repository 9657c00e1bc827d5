/**
 * What the parts of the bench have in common.
 *
 * @module
 */

import { Failure } from "../../lib/cli/program.ts";
import { report } from "../../lib/output.ts";
import type { Contender } from "./contenders.ts";

/** With whom, and how, it is measured. */
export interface Bench {
  /** The servers that are there, ours first. */
  readonly contenders: readonly Contender[];
  /** Whether less is measured, and not for as long. */
  readonly quick: boolean;
  /** Whether each side has a core of its own. */
  readonly pinned: boolean;
  /** Aborts when nobody waits for the end any more. */
  readonly stop: AbortSignal;
}

/** What a part of the bench found. */
export interface Section {
  /** Tables for people. */
  readonly tables: readonly string[];
  /** All figures. */
  readonly figures: unknown;
}

/** The servers without those that are a server once more, in another way. */
export function single({ contenders }: Bench): Contender[] {
  return contenders.filter(({ again }) => !again);
}

/** Does something for each of some things, one after the other, and tells how far it is. */
export async function each<T, R>(
  { stop }: Pick<Bench, "stop">,
  title: string,
  things: readonly T[],
  name: (thing: T) => string,
  measure: (thing: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  try {
    for (const thing of things) {
      stop.throwIfAborted();
      const share = Math.round(results.length / things.length * 100);
      report(`${title}, ${share} %: ${name(thing)}`);
      results.push(await measure(thing));
    }
  } catch (error) {
    // A Ctrl-C ends the servers and loads, too.
    throw stop.aborted ? new Failure("Stopped before the end") : error;
  }
  return results;
}
