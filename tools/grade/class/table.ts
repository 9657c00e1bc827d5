/**
 * The results of a class: a table, and which faults how many have.
 *
 * @module
 */

import { fold, labelled } from "../../../lib/cli/page.ts";
import { csv } from "../../../lib/cli/roster/csv.ts";
import { columnsOf, counted, escape, firstColumns } from "../../../lib/text.ts";
import { type Cause, type Level, LEVELS } from "../kit.ts";
import { hasPassed, scoreOf, type Verdict } from "../run.ts";
import type { Graded } from "./submission.ts";

/** Columns of a terminal that a name has, at most. */
const NAME = 24;
/** Columns of a score, such as `24/29`. */
const SCORE = 5;
/** Columns between two columns of the table. */
const GAP = "  ";
/** How many programs there must be before a fault counts as one that most have. */
const CLASS = 4;

/** A fault of the class. */
interface Fault {
  cause: string;
  /** The checks that find it. */
  checks: Set<string>;
  /** How many programs have it. */
  count: number;
  /** Whether more than half of the programs have it. */
  isCommon: boolean;
}

function failedOf({ verdicts }: Graded): Verdict[] {
  return verdicts.filter(({ state }) => state === "failed");
}

/** Returns the faults, the most frequent first. */
function faultsOf(all: readonly Graded[]): Fault[] {
  const graded = all.filter(({ why }) => why === undefined);
  const faults = new Map<string, Fault>();
  for (const one of graded) {
    const causes = new Set<string>();
    for (const { check, diagnosis } of failedOf(one)) {
      const { cause } = diagnosis!;
      const fault = faults.get(cause) ??
        { cause, checks: new Set(), count: 0, isCommon: false };
      faults.set(cause, fault);
      fault.checks.add(check.id);
      if (!causes.has(cause)) fault.count++;
      causes.add(cause);
    }
  }
  for (const fault of faults.values()) {
    fault.isCommon = graded.length >= CLASS &&
      fault.count > graded.length / 2;
  }
  return [...faults.values()].sort((a, b) => b.count - a.count);
}

/**
 * Returns the table: a line for each submission, and two for a long reason why it
 * is not graded. Faults that most have are not named there, but once below.
 */
export function tableOf(all: readonly Graded[], width: number): string[] {
  const common = faultsOf(all).filter(({ isCommon }) => isCommon)
    .map(({ cause }) => cause);
  const longest = Math.max(...all.map(({ name }) => columnsOf(escape(name))));
  const most = Math.max("submission".length, Math.min(NAME, longest));
  const rest = width - most - GAP.length;
  const head = LEVELS.map((level) => level.padStart(SCORE) + GAP).join("");
  const rows = all.flatMap((one) => {
    const name = fit(escape(one.name), most);
    if (one.why !== undefined) {
      const why = `not graded: ${escape(one.why)}`;
      // The error of a program is at the end of the reason.
      const [first, ...more] = fold(why, rest);
      const second = fit(more.join(" "), rest).trimEnd();
      const indent = " ".repeat(most) + GAP;
      return [name + GAP + first, ...(second ? [indent + second] : [])];
    }
    const scores = LEVELS.map((level) => {
      const { got, of } = scoreOf(one.verdicts, level);
      return (of > 0 ? `${got}/${of}` : "").padStart(SCORE) + GAP;
    }).join("");
    const failed = failedOf(one)
      .filter(({ diagnosis }) => !common.includes(diagnosis!.cause))
      .map(({ check }) => check.id);
    const line = name + GAP + scores + few(failed, rest - head.length);
    return [line.trimEnd()];
  });
  const star = common.length > 0
    ? "failed, besides what has a * below"
    : "failed";
  return [fit("submission", most) + GAP + head + star, ...rows];
}

/** Pads a text, or cuts it, to so many columns. */
function fit(text: string, columns: number): string {
  const shown = columnsOf(text) <= columns
    ? text
    : `${firstColumns(text, columns - 1)}…`;
  return shown + " ".repeat(columns - columnsOf(shown));
}

/** Joins the first names that fit, and counts the others. */
function few(names: readonly string[], width: number): string {
  for (let shown = names.length; shown > 0; shown--) {
    const more = names.length - shown;
    const text = names.slice(0, shown).join(", ") +
      (more > 0 ? ` and ${more} more` : "");
    if (text.length <= width) return text;
  }
  return names.length > 0 ? counted(names.length, "check") : "";
}

/** How {@linkcode summaryOf} writes. */
export interface SummaryOptions {
  /** The longest line, in characters. */
  width: number;
  /**
   * Faults of fewer programs are only counted.
   *
   * @default {1}
   */
  least?: number;
}

/** Returns the faults of the class, each with how many programs have it and the pages that explain it. */
export function summaryOf(
  all: readonly Graded[],
  causes: ReadonlyMap<string, Cause>,
  { width, least = 1 }: SummaryOptions,
): string[] {
  const faults = faultsOf(all);
  const programs = all.filter(({ why }) => why === undefined).length;
  if (faults.length === 0) return [];
  const shown = faults.filter(({ count }) => count >= least);
  const others = faults.length - shown.length;
  return [
    `Faults, and how many of the ${counted(programs, "program")} have each:`,
    ...shown.flatMap(({ cause, checks, count, isCommon }) => {
      const { says, see } = causes.get(cause)!;
      const title = `${String(count).padStart(4)} ${isCommon ? "*" : " "} `;
      return [
        ...labelled(
          title,
          `${[...checks].join(", ")} (${cause}): ${says}`,
          width,
        ),
        ...labelled(" ".repeat(title.length), `See ${see.join("; ")}`, width),
      ];
    }),
    ...(others > 0
      ? [
        `Left out: ${counted(others, "fault")} that fewer than ${least} ` +
        "programs have",
      ]
      : []),
  ];
}

/** The names of the columns. */
const HEAD = [
  "submission",
  "result",
  ...LEVELS.flatMap((level) => [level, `${level} of`]),
  "failed",
  "not graded",
  "note",
];

/** Returns the results as CSV. A submission that was not graded has no points. */
export function csvOf(all: readonly Graded[], level: Level): string {
  const rows = all.map((one) => {
    const { name, verdicts, note, why } = one;
    const scores = LEVELS.flatMap((level) => {
      const { got, of } = scoreOf(verdicts, level);
      return why === undefined ? [String(got), String(of)] : ["", ""];
    });
    const failed = failedOf(one).map(({ check, diagnosis }) =>
      `${check.id} (${diagnosis!.cause})`
    );
    const result = why !== undefined
      ? "not graded"
      : hasPassed(verdicts, level)
      ? "passed"
      : "not passed";
    return [
      ...[name, result, ...scores],
      ...[failed.join(", "), why ?? "", note],
    ];
  });
  return csv([HEAD, ...rows]);
}
