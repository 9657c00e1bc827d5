/**
 * The report as JUnit XML.
 *
 * @module
 */

import { escape } from "../../lib/text.ts";
import type { Verdict } from "./run.ts";

/** The XML entities of special characters. */
const NAMED: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

/** Quotes an attribute's value. XML allows neither control characters nor U+FFFE and U+FFFF, which are escaped. */
function quote(text: string): string {
  const shown = escape(text).replace(/[&<>"]/g, (letter) => NAMED[letter]);
  return `"${shown}"`;
}

/**
 * Returns the verdicts as JUnit XML, which most test tools can read.
 * `notGraded` is why there are none.
 */
export function junit(
  verdicts: readonly Verdict[],
  notGraded?: string,
): string {
  const cases = verdicts.map(
    ({ check, state, seconds, diagnosis, by, why }) => {
      const inner = diagnosis
        ? `<failure type=${quote(diagnosis.cause)} message=${
          quote(
            `${diagnosis.likely} Expected: ${diagnosis.due}. ` +
              `Observed: ${diagnosis.got}.`,
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
  if (notGraded !== undefined) {
    cases.push(
      `  <testcase classname="grade" name="can be graded">` +
        `<error message=${quote(notGraded)}/></testcase>`,
    );
  }
  const count = (...states: Verdict["state"][]) =>
    verdicts.filter(({ state }) => states.includes(state)).length;
  return [
    `<?xml version="1.0" encoding="UTF-8"?>`,
    `<testsuite name="rollcall grade" tests="${cases.length}" failures="${
      count("failed", "blocked")
    }" errors="${notGraded === undefined ? 0 : 1}" skipped="${
      count("unfit")
    }">`,
    ...cases,
    "</testsuite>",
    "",
  ].join("\n");
}
