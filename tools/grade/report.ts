/**
 * The report: a table of all checks, and an explanation of each failed one.
 *
 * @module
 */

import { fold } from "../../lib/cli/page.ts";
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

/** Colors a text, or returns it unchanged. */
type Paint = (text: string, colour: string) => string;

/** Returns the lines of the report, at most `width` characters each. */
export function report(
  verdicts: readonly Verdict[],
  width: number,
  isColoured: boolean,
): string[] {
  const paint: Paint = (text, colour) =>
    isColoured ? `\x1b[${colour}m${text}\x1b[0m` : text;
  return [
    ...LEVELS.flatMap((level) => {
      const rows = verdicts.filter(({ check }) => check.level === level);
      return rows.length === 0 ? [] : [...table(rows, paint), ""];
    }),
    ...verdicts.flatMap((verdict) => explanation(verdict, width, paint)),
    LEVELS.flatMap((level) => {
      const { got, of } = scoreOf(verdicts, level);
      return of > 0 ? [paint(`${level}: ${got} of ${of} points`, "1")] : [];
    }).join("   "),
  ];
}

function table(verdicts: readonly Verdict[], paint: Paint): string[] {
  const longest = Math.max(...verdicts.map(({ check }) => check.id.length));
  return verdicts.map(({ check, state, by, why }) => {
    const [word, colour] = STATES[state];
    const points = state === "passed" ? check.weight : 0;
    const note = by
      ? ` (not run: ${by} failed)`
      : state === "unfit"
      ? ` (not run: ${why})`
      : "";
    const score = state === "unfit" ? "" : `${points}/${check.weight}`;
    return `${paint(word, colour)}  ${score.padStart(3)}  ` +
      `${check.level}  ${check.id.padEnd(longest)}  ${check.title}${note}`;
  });
}

/** Explains why a check failed. */
function explanation(
  { check, diagnosis }: Verdict,
  width: number,
  paint: Paint,
): string[] {
  if (!diagnosis) return [];
  const { sent, got, due, likely, see, complaint, complaintOn } = diagnosis;
  const rows: [string, string][] = [
    [check.level === "lab" ? "the lab" : "why", check.lab],
    ...sent.map((what, i): [string, string] => [i === 0 ? "sent" : "", what]),
    ["expected", due],
    ["observed", got],
    ...(complaint
      ? [[`its ${complaintOn}`, complaint] as [string, string]]
      : []),
    ["likely cause", likely],
    ["see", see.join("; ")],
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
