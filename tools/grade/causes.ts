/**
 * The likely cause of a failure.
 *
 * @module
 */

import type { Cause, Check, Step, Wrong } from "./kit.ts";
import type { Harness } from "./harness.ts";

/** How many times a client may send before it is told that it repeats itself. */
const SENDS = 3;
/** How many characters of a prompt are shown. */
const PROMPT = 80;

/** What is known of a failure. */
export interface Failed {
  check: Check;
  step: Step | undefined;
  wrong: Wrong;
}

/** Returns the name of the likely cause of a failure. */
export function causeOf(
  { check, step, wrong }: Failed,
  harness: Harness,
  causes: ReadonlyMap<string, Cause>,
): string {
  const special = waitsForUser(harness, step) ?? repeatsItself(harness);
  if (special) return special;
  const named = [step?.causes?.[wrong] ?? check.causes[wrong] ?? wrong].flat();
  const printed = [...harness.programs.values()]
    .map(({ stdout, stderr }) => stderr.end + stdout.end).join("\n");
  const shows = (name: string) =>
    causes.get(name)!.signs?.some((sign) => printed.includes(sign)) ?? false;
  return named.slice(0, -1).find(shows) ?? named.at(-1)!;
}

/** Returns a cause if a program waits for what a user types, and nothing else can go on. */
function waitsForUser(
  harness: Harness,
  step: Step | undefined,
): string | undefined {
  // A server's main thread may wait for a user while others serve its clients.
  const isStopped = harness.side === "client" || step?.start === true;
  return isStopped && promptOf(harness) !== undefined
    ? "waits-for-input"
    : undefined;
}

/** Returns the prompt of a program that waits for what a user types. */
export function promptOf(harness: Harness): string | undefined {
  const program = harness.lastProgram;
  if (!program?.readsStdin) return undefined;
  const { end } = program.stdout;
  return end.slice(end.lastIndexOf("\n") + 1).slice(-PROMPT).trim();
}

function repeatsItself(harness: Harness): string | undefined {
  const isRepeated = [...harness.peers.values()]
    .some(({ received }) => received >= SENDS);
  return harness.side === "client" && isRepeated ? "sends-again" : undefined;
}
