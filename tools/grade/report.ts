/**
 * The report: a table of all checks, an explanation of each fault, and what to
 * mend first.
 *
 * @module
 */

import { fold, labelled } from "../../lib/cli/page.ts";
import { LEVELS } from "./kit.ts";
import { scoreOf, type Verdict } from "./run.ts";

/** The word for each state in the table, and its color. */
const STATES = {
  passed: ["PASS", "32"],
  failed: ["FAIL", "31"],
  blocked: ["----", "33"],
  unfit: ["    ", "2"],
} as const;
/** Width of the row titles in an explanation, in characters. */
const TITLE = 13;
/** How many faults are named as the first to mend. */
const FIRST = 3;

/** Colors a text, or returns it unchanged. */
type Paint = (text: string, colour: string) => string;

/** A row of an explanation: its title, and a text. */
type Row = [title: string, text: string];

/** How {@linkcode report} writes. */
export interface ReportOptions {
  /** The longest line, in characters. */
  width: number;
  isColoured: boolean;
  /** The seed of the values that were sent. */
  seed: number;
}

/**
 * Returns the lines of the report. The last ones say what to do next: they are
 * what a terminal shows of a long report.
 */
export function report(
  verdicts: readonly Verdict[],
  { width, isColoured, seed }: ReportOptions,
): string[] {
  const paint: Paint = (text, colour) =>
    isColoured ? `\x1b[${colour}m${text}\x1b[0m` : text;
  const faults = faultsOf(verdicts);
  return [
    ...LEVELS.flatMap((level) => {
      const rows = verdicts.filter(({ check }) => check.level === level);
      return rows.length === 0 ? [] : [...table(rows, width, paint), ""];
    }),
    ...faults.flatMap((fault) => explanation(fault, width, paint)),
    `Repeat these values with --seed ${seed}`,
    paint(scores(verdicts), "1"),
    ...mendFirst(faults),
  ];
}

/** Returns the failed checks, those with the same cause together. */
function faultsOf(verdicts: readonly Verdict[]): Verdict[][] {
  const failed = verdicts.filter(({ diagnosis }) => diagnosis);
  return [...Map.groupBy(failed, ({ diagnosis }) => diagnosis!.cause).values()];
}

function scores(verdicts: readonly Verdict[]): string {
  return LEVELS.flatMap((level) => {
    const { got, of } = scoreOf(verdicts, level);
    const result = got === of ? "passed" : "not passed";
    return of > 0 ? [`${level}: ${got} of ${of} points, ${result}`] : [];
  }).join("   ");
}

/** Names a check of each of the first faults: those of the lab, if there are some. */
function mendFirst(faults: readonly Verdict[][]): string[] {
  const checks = faults.map(([{ check }]) => check);
  const [level] = LEVELS.filter((level) =>
    checks.some((check) => check.level === level)
  );
  const first = checks.filter((check) => check.level === level)
    .slice(0, FIRST).map(({ id }) => id);
  return first.length > 0 ? [`Mend first: ${first.join(", ")}`] : [];
}

function table(
  verdicts: readonly Verdict[],
  width: number,
  paint: Paint,
): string[] {
  const longest = Math.max(...verdicts.map(({ check }) => check.id.length));
  return verdicts.flatMap(({ check, state, by, why }) => {
    const [word, colour] = STATES[state];
    const points = state === "passed" ? check.weight : 0;
    const note = by
      ? ` (not run: ${by} failed)`
      : state === "unfit"
      ? ` (not run: ${why})`
      : "";
    const score = state === "unfit" ? "" : `${points}/${check.weight}`;
    const title = `${word}  ${score.padStart(3)}  ${check.level}  ` +
      `${check.id.padEnd(longest)}  `;
    const [first, ...others] = labelled(title, check.title + note, width);
    return [paint(word, colour) + first.slice(word.length), ...others];
  });
}

/** Explains a fault by the first check that it fails, and names the others. */
function explanation(
  [first, ...others]: readonly Verdict[],
  width: number,
  paint: Paint,
): string[] {
  const { check, diagnosis } = first;
  const { due, likely, see } = diagnosis!;
  const rows: Row[] = [
    [check.level === "lab" ? "the lab" : "why", check.lab],
    ...sentIn(first),
    ["expected", due],
    ...observed(first),
    ["likely cause", likely],
    ["see", see.join("; ")],
    ...others.flatMap((other): Row[] => [
      ["also failed", `${other.check.id}: ${other.check.title}`],
      ...sentIn(other),
      ...observed(other, first),
    ]),
  ];
  return [
    `${paint("FAIL", "31")}  ${paint(`${check.id}: ${check.title}`, "1")}`,
    ...rows.flatMap(([title, text]) =>
      fold(text, width - TITLE - 3).map((line, i) =>
        `${paint((i === 0 ? title : "").padStart(TITLE), "36")}   ${line}`
      )
    ),
    "",
  ];
}

function sentIn({ diagnosis }: Verdict): Row[] {
  return diagnosis!.sent.map((what, i): Row => [i === 0 ? "sent" : "", what]);
}

/** Says what a failed check observed, without the error that an earlier one has shown. */
function observed({ diagnosis }: Verdict, earlier?: Verdict): Row[] {
  const { got, complaint, complaintOn } = diagnosis!;
  const isKnown = complaint === earlier?.diagnosis?.complaint;
  return [
    ["observed", got],
    ...(complaint && !isKnown
      ? [[`its ${complaintOn}`, complaint] satisfies Row]
      : []),
  ];
}
