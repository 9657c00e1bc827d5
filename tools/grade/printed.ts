/**
 * The verbs that check a program's output.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import { escape } from "../../lib/text.ts";
import type { Message, MessageMap } from "../../lib/formats/formats.ts";
import { ownNames } from "./address.ts";
import { exitOf } from "./complaint.ts";
import { type Step, WITHIN } from "./kit.ts";
import { anyOf, lineOf, linesOf } from "./output.ts";
import type { Program } from "./program.ts";
import type { Harness } from "./harness.ts";
import { StepFailed } from "./step_failed.ts";
import { fillText } from "./values.ts";

/** How many characters of a line are shown. */
const SHOWN = 200;
/** How many characters of a torn line are shown on each side of the sid. */
const AROUND = 60;
/** Milliseconds between two looks at all lines: to look at each change of long output would take too long. */
const LOOK = 100;
/** What stands for any name of this machine in a line. */
const ANY_HOST = "$anyhost";

/** Expects a line, word for word. */
export async function prints(
  harness: Harness,
  name: string,
  value: unknown,
  { within = WITHIN }: Step,
): Promise<void> {
  const program = harness.program(name);
  const due = String(fillText(value as string, harness.values));
  const hosts = due.includes(ANY_HOST) ? ownNames() : [""];
  const searches = hosts.map((host) =>
    lineOf(program.stdout, due.replace(ANY_HOST, host))
  );
  const has = () => searches.some((search) => search.look());
  if (await comes(has, harness, program, within)) return;
  const wanted = due.replace(ANY_HOST, hosts[0]);
  const lines = linesOf(program.stdout.text).filter(Boolean);
  // The last line may have no line ending.
  if (lines.at(-1) === wanted) return;
  const values = valuesIn(value as string, harness.values);
  const about = lines.some((line) => values.some((it) => line.includes(it)));
  const got = lines.length > 0
    ? show(closest(lines, wanted))
    : "nothing on stdout";
  if (program.code !== undefined && lines.length === 0) {
    throw new StepFailed("exited", `it ended ${exitOf(program)}`, wanted);
  }
  const isSilent = values.length > 0 && !about;
  throw new StepFailed(isSilent ? "unsaid" : "missing", got, wanted);
}

/** Returns the values of a student that a text of the kit names. */
function valuesIn(
  text: string,
  values: Readonly<Record<string, string | number>>,
): string[] {
  return ["name", "github", "sid"]
    .filter((name) =>
      name in values &&
      fillText(text, values) !== fillText(text, { ...values, [name]: "" })
    )
    .map((name) => String(values[name]));
}

/** Returns the line that is most like the expected one: it has the most words of it. The first of them, if there are several. */
export function closest(lines: readonly string[], due: string): string {
  const words = [...new Set(due.split(" "))];
  let [best, most] = [lines.at(-1)!, 0];
  for (const line of lines) {
    const count = words.filter((word) => line.includes(word)).length;
    if (count > most) [best, most] = [line, count];
  }
  return best;
}

/** Waits until `has` holds or the program has ended, for at most `within` seconds. Resolves to whether `has` holds. */
async function comes(
  has: () => boolean,
  harness: Harness,
  program: Program,
  within: number,
): Promise<boolean> {
  const over = () => has() || program.code !== undefined;
  await harness.deadline(within).until(program.changes, over);
  return has();
}

/** Expects that a text is not printed for `within` seconds. */
export async function printsNot(
  harness: Harness,
  name: string,
  value: unknown,
  { within = WITHIN }: Step,
): Promise<void> {
  const program = harness.program(name);
  const text = String(fillText(value as string, harness.values));
  const search = anyOf(program.stdout, [text]);
  const has = () => search.look();
  if (!await comes(has, harness, program, within)) return;
  throw new StepFailed("there", show(text), "that it does not print this");
}

/** Expects output on stdout or stderr that contains one of some texts, in upper or lower case. */
export async function says(
  harness: Harness,
  name: string,
  value: unknown,
  { within = WITHIN, due }: Step,
): Promise<void> {
  const program = harness.program(name);
  const texts = [value as string | string[]].flat()
    .map((text) => String(fillText(text, harness.values)));
  const searches = [program.stdout, program.stderr]
    .map((output) => anyOf(output, texts));
  const has = () => searches.some((search) => search.look());
  if (await comes(has, harness, program, within)) return;
  const lines = linesOf((program.stdout.end + program.stderr.end).trim());
  const got = show(lines.at(-1)!) || "nothing on stdout or stderr";
  throw new StepFailed(
    "missing",
    got,
    due ?? `output with: ${texts.join(" or ")}`,
  );
}

/** Expects one line for each request, with all its values, and all lines in the same format. */
export async function printsEach(
  harness: Harness,
  name: string,
): Promise<void> {
  const program = harness.program(name);
  const due = "a whole line for each request, all in the same format";
  const deadline = harness.deadline(WITHIN);
  for (;;) {
    const bad = torn(linesOf(program.stdout.text), harness.sent);
    if (!bad) return;
    if (deadline.left <= 0) throw new StepFailed(...bad, due);
    await delay(LOOK);
  }
}

/** Returns what is wrong with the lines, if anything. */
export function torn(
  lines: readonly string[],
  sent: readonly MessageMap[],
): ["missing" | "torn", string] | undefined {
  const bySid = new Map(sent.map((it) => [String(it.sid), it]));
  const forms = new Map<MessageMap, string[]>();
  for (const line of lines) {
    const found = line.match(/\d{9}/g)?.filter((sid) => bySid.has(sid)) ?? [];
    if (found.length !== 1) continue;
    const it = bySid.get(found[0])!;
    const values = Object.values(it);
    // Ignore other lines that contain only some of the values.
    if (!values.every((value) => line.includes(String(value)))) continue;
    const form = values.reduce(formOf, line);
    forms.set(it, [...forms.get(it) ?? [], form]);
  }
  // Any format is fine, as long as it is the same for all requests.
  const usual = mostOf([...forms.values()].flat());
  if (usual === undefined) {
    return ["missing", "no line with the values of a request"];
  }
  const bad = sent.find((it) => !forms.get(it)?.includes(usual));
  if (!bad) return undefined;
  const sid = String(bad.sid);
  const line = lines.find((line) => line.includes(sid));
  if (line === undefined) return ["missing", `no line with the sid ${sid}`];
  return ["torn", `... ${show(around(line, sid))}`];
}

/** Returns the part of a long line in which the sid is: there the next line begins, if it is torn. */
function around(line: string, sid: string): string {
  const at = line.indexOf(sid);
  return line.slice(Math.max(0, at - AROUND), at + sid.length + AROUND);
}

/** Returns a line with a placeholder for a value: the rest is the line's format. */
function formOf(line: string, value: Message): string {
  return line.replace(String(value), "$$");
}

/** Returns the most frequent text. */
function mostOf(texts: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts].toSorted(([, a], [, b]) => b - a)[0]?.[0];
}

/** Expects the lines for the requests in the order in which the requests were sent. */
export async function printsInOrder(
  harness: Harness,
  name: string,
): Promise<void> {
  const program = harness.program(name);
  const places = () => {
    const { text } = program.stdout;
    return harness.sent.map(({ sid }) => text.indexOf(String(sid)));
  };
  const deadline = harness.deadline(WITHIN);
  while (places().includes(-1) && deadline.left > 0) await delay(LOOK);
  const due = "a line for each request, in the order of the requests";
  const at = places();
  const missing = at.indexOf(-1);
  if (missing >= 0) {
    const got = `no line for request ${missing + 1} of ${at.length}`;
    throw new StepFailed("missing", got, due);
  }
  const wrong = at.findIndex((place, i) => i > 0 && place < at[i - 1]);
  if (wrong < 0) return;
  const got = `the line for request ${
    wrong + 1
  } before the one for request ${wrong}`;
  throw new StepFailed("order", got, due);
}

/** Shows the beginning of a line. */
function show(line: string): string {
  const shown = escape(line.slice(0, SHOWN));
  return line.length <= SHOWN ? shown : `${shown}...`;
}
