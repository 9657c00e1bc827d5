/**
 * What the parts of the bench have in common.
 *
 * @module
 */

import { Failure } from "../../lib/cli/program.ts";
import { report } from "../../lib/output.ts";
import type { Contender } from "./contenders.ts";

/** What is measured, and how. */
export interface Bench {
  /** The servers that can run here, Rollcall first. */
  readonly contenders: readonly Contender[];
  /** Whether to measure less, and for a shorter time. */
  readonly quick: boolean;
  /** Whether each side has a core of its own. */
  readonly pinned: boolean;
  /** Aborts when the measurement must stop. */
  readonly stop: AbortSignal;
}

/** The results of one part of the bench. */
export interface Section {
  /** Tables to print, each as its lines. */
  readonly tables: readonly (readonly string[])[];
  /** All figures. */
  readonly figures: unknown;
}

/** Returns the contenders without the variants of others. */
export function single({ contenders }: Bench): Contender[] {
  return contenders.filter(({ again }) => !again);
}

/** Measures one thing after the other, and reports progress. */
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
    // Ctrl-C ends the servers and loads, too, and so causes other errors.
    throw stop.aborted ? new Failure("Stopped before the end") : error;
  }
  return results;
}

/**
 * Measures all things in turns, in each of several rounds. Resolves to the
 * results for each thing, one a round.
 */
export async function rounds<T, R>(
  bench: Pick<Bench, "stop">,
  count: number,
  title: string,
  things: readonly T[],
  name: (thing: T) => string,
  measure: (thing: T) => Promise<R>,
): Promise<R[][]> {
  const turns = Array.from({ length: count }, () => things).flat();
  const results = await each(bench, title, turns, name, measure);
  return things.map((_, i) =>
    results.filter((_, turn) => turn % things.length === i)
  );
}
