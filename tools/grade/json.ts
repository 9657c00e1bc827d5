/**
 * The report as JSON.
 *
 * @module
 */

import type { Outcome } from "./exam.ts";
import type { Check } from "./kit.ts";
import { type Score, scoreOf, type Verdict } from "./run.ts";

/** A verdict, with what a reader needs to know of its check. */
type JsonVerdict =
  & Omit<Verdict, "check">
  & Pick<
    Check,
    "id" | "title" | "level" | "weight"
  >;

/** The report of one program. */
export interface JsonReport {
  seed: number;
  /** What the reader of all checks must know. Empty if nothing. */
  note: string;
  score: { lab: Score; pro: Score };
  checks: JsonVerdict[];
}

/** Returns the verdicts as a report. */
export function toJson(
  { verdicts, note }: Outcome,
  seed: number,
): JsonReport {
  const score = {
    lab: scoreOf(verdicts, "lab"),
    pro: scoreOf(verdicts, "pro"),
  };
  const checks = verdicts.map(({ check, ...verdict }) => {
    const { id, title, level, weight } = check;
    return { id, title, level, weight, ...verdict };
  });
  return { seed, note, score, checks };
}

/** Returns the verdicts of a report, or `undefined` if it has other checks than these. */
export function fromJson(
  { checks: found }: JsonReport,
  checks: readonly Check[],
): Verdict[] | undefined {
  if (found.length !== checks.length) return undefined;
  const verdicts = found.flatMap(({ id, ...verdict }) => {
    const check = checks.find((check) => check.id === id);
    return check ? [{ ...verdict, check }] : [];
  });
  return verdicts.length === checks.length ? verdicts : undefined;
}
