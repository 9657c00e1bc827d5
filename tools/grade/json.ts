/**
 * The report as JSON.
 *
 * @module
 */

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
  score: { lab: Score; pro: Score };
  checks: JsonVerdict[];
}

/** Returns the verdicts as a report. */
export function toJson(
  verdicts: readonly Verdict[],
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
  return { seed, score, checks };
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
