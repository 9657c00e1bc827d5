/**
 * The report as a file that other tools read.
 *
 * @module
 */

import { escape } from "../../lib/text.ts";
import type { Verdict } from "./run.ts";

/** What stands for a character that has a meaning of its own. */
const NAMED: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

/** A value in XML, which knows neither control characters nor U+FFFE and U+FFFF. */
function quote(text: string): string {
  const shown = escape(text)
    .replace(/[\ufffe\uffff]/g, "?")
    .replace(/[&<>"]/g, (letter) => NAMED[letter]);
  return `"${shown}"`;
}

/** The verdicts in the XML that JUnit writes, which most tools for tests know. */
export function junit(verdicts: readonly Verdict[]): string {
  const cases = verdicts.map(
    ({ check, state, seconds, diagnosis, by, why }) => {
      const inner = diagnosis
        ? `<failure type=${quote(diagnosis.cause)} message=${
          quote(
            `${diagnosis.likely} Was due: ${diagnosis.due}. ` +
              `Came back: ${diagnosis.got}.`,
          )
        }/>`
        : state === "blocked"
        ? `<failure type="blocked" message=${quote(`${by} failed`)}/>`
        : state === "unfit"
        ? `<skipped message=${quote(why!)}/>`
        : "";
      return `  <testcase classname=${quote(check.level)} name=${
        quote(`${check.id}: ${check.title}`)
      } time="${seconds.toFixed(3)}">${inner}</testcase>`;
    },
  );
  const count = (...states: Verdict["state"][]) =>
    verdicts.filter(({ state }) => states.includes(state)).length;
  return [
    `<?xml version="1.0" encoding="UTF-8"?>`,
    `<testsuite name="rollcall grade" tests="${verdicts.length}" failures="${
      count("failed", "blocked")
    }" skipped="${count("unfit")}">`,
    ...cases,
    "</testsuite>",
    "",
  ].join("\n");
}
