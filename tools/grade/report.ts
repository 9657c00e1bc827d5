/**
 * What a person reads: a table of all checks, and for each that failed, why.
 *
 * @module
 */

import { fold } from "../teach/scenario/draw.ts";
import { LEVELS } from "./kit.ts";
import { scoreOf, type Verdict } from "./run.ts";

/** How a verdict stands in the table, and its colour. */
const STATES = {
  passed: ["PASS", "32"],
  failed: ["FAIL", "31"],
  blocked: ["----", "33"],
  unfit: ["    ", "2"],
} as const;
/** Characters of the titles in an explanation. */
const TITLE = 13;

/** Puts a text in a colour, or leaves it. */
type Paint = (text: string, colour: string) => string;

/** The whole report, for a page of so many characters. */
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
      ? ` (not made: ${by} failed)`
      : state === "unfit"
      ? ` (not made: ${why})`
      : "";
    const score = state === "unfit" ? "" : `${points}/${check.weight}`;
    return `${paint(word, colour)}  ${score.padStart(3)}  ` +
      `${check.level}  ${check.id.padEnd(longest)}  ${check.title}${note}`;
  });
}

/** Why a check failed. */
function explanation(
  { check, diagnosis }: Verdict,
  width: number,
  paint: Paint,
): string[] {
  if (!diagnosis) return [];
  const { sent, got, due, likely, see, complaint } = diagnosis;
  const rows: [string, string][] = [
    [check.level === "lab" ? "the lab" : "why", check.lab],
    ...sent.map((what, i): [string, string] => [i === 0 ? "sent" : "", what]),
    ["came back", got],
    ["was due", due],
    ...(complaint ? [["it complained", complaint] as [string, string]] : []),
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
