/**
 * `roster --forget SID`: deletes what is stored about a student.
 *
 * @module
 */

import { complain, write } from "../../output.ts";
import { counted, escape, escapeAndCut } from "../../text.ts";
import { UsageError } from "../flags.ts";
import { Failure } from "../program.ts";
import { forgetInRoster, type RosterAddress } from "../roster_address.ts";
import { asTable } from "./listing.ts";
import { numberIn } from "./comparison.ts";
import { type ListedRow, listRows, readRows, shownField } from "./rows.ts";

/** The longest `sid` in a message, in columns. */
const LONGEST = 60;
/** How many other `sid` a message names. */
const MOST_NEAR = 3;

/**
 * Shows the rows of a `sid`, and deletes them if the user agrees. A `sid` is written
 * as it was sent, or as it is shown: no command line can have a NUL, so `\x00` is one.
 * `None` is that of students who have none.
 *
 * @throws {Failure} If nothing was deleted.
 * @throws {UsageError} If there is no terminal to ask, and `agreed` is false.
 */
export async function forget(
  where: RosterAddress,
  sid: string,
  { agreed, width }: { agreed: boolean; width?: number },
): Promise<void> {
  if (!agreed && !Deno.stdin.isTerminal()) {
    throw new UsageError(
      "--forget asks before it deletes, but stdin is no terminal: add --yes",
    );
  }
  const all = await readRows(where);
  const sent = all.filter((row) => shownField(row.sid) === sid);
  const rows = sent.length > 0
    ? sent
    : all.filter((row) => escape(shownField(row.sid)) === sid);
  if (rows.length === 0) {
    const [shown, ...near] = [sid, ...sidsLike(sid, all)]
      .map((it) => escapeAndCut(it, LONGEST));
    const hint = near.length > 0
      ? `. It has ${near.join(", ")}: the same number?`
      : "";
    throw new Failure(
      `${where.address} has no row with the sid ${shown}${hint}`,
    );
  }
  await write(asTable(listRows(rows), width));
  if (!agreed && !await confirm(`Delete ${counted(rows.length, "row")}?`)) {
    throw new Failure("Nothing was deleted");
  }
  let count = 0;
  for (const sid of new Set(rows.map((row) => row.sid))) {
    count += await forgetInRoster(where, sid);
  }
  complain(`${counted(count, "row")} deleted`);
}

/** Returns a few of the numbers that are the same as this one, but written differently. */
function sidsLike(sid: string, rows: readonly ListedRow[]): string[] {
  const number = numberIn(sid);
  const sids = new Set(rows.map((row) => shownField(row.sid)));
  return [...sids].filter((it) => numberIn(it) === number).slice(0, MOST_NEAR);
}

/** Asks on stderr. Resolves to whether the answer is yes. */
async function confirm(question: string): Promise<boolean> {
  complain(`${question} This cannot be undone. Type yes or no:`);
  const input = Deno.stdin.readable.pipeThrough(new TextDecoderStream());
  let answer = "";
  for await (const text of input) {
    answer += text;
    if (answer.includes("\n")) break;
  }
  return /^\s*y(es)?\s*$/i.test(answer);
}
