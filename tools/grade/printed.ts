/**
 * What a program printed, and what it should have.
 *
 * @module
 */

import { escape } from "../../lib/text.ts";
import type { Message, MessageMap } from "../../lib/formats/formats.ts";
import { type Step, WITHIN } from "./kit.ts";
import type { Program } from "./program.ts";
import { exitOf } from "./complaint.ts";
import { type Harness, StepFailed } from "./harness.ts";
import { fillText } from "./values.ts";

/** Characters of a line that are shown. */
const SHOWN = 200;

/** Expects a line, word for word. */
export async function prints(
  harness: Harness,
  name: string,
  value: unknown,
  { within = WITHIN }: Step,
): Promise<void> {
  const program = harness.program(name);
  const due = String(fillText(value as string, harness.values));
  const has = () => linesOf(program.stdout.text).includes(due);
  if (await comes(has, program, within)) return;
  const lines = linesOf(program.stdout.text).filter(Boolean);
  const got = lines.length > 0 ? show(lines.at(-1)!) : "nothing on stdout";
  throw program.code === undefined || lines.length > 0
    ? new StepFailed("missing", got, due)
    : new StepFailed("exited", `its end, ${exitOf(program)}`, due);
}

/** Waits until something is printed, or the program has ended, for so many seconds. Resolves to whether it is. */
async function comes(
  has: () => boolean,
  program: Program,
  within: number,
): Promise<boolean> {
  const over = () => has() || program.code !== undefined;
  await program.changes.until(over, within * 1000);
  return has();
}

/** Expects that something is not printed, for some seconds. */
export async function printsNot(
  harness: Harness,
  name: string,
  value: unknown,
  { within = WITHIN }: Step,
): Promise<void> {
  const { stdout, changes, code } = harness.program(name);
  const has = () => stdout.text.includes(value as string);
  if (code === undefined) await changes.until(has, within * 1000);
  if (!has()) return;
  throw new StepFailed(
    "there",
    show(value as string),
    "that it says no such thing",
  );
}

/** Expects that something is said, on stdout or stderr, that has one of these words in it. */
export async function says(
  harness: Harness,
  name: string,
  value: unknown,
  { within = WITHIN }: Step,
): Promise<void> {
  const program = harness.program(name);
  const pattern = new RegExp(
    String(fillText(value as string, harness.values)),
    "i",
  );
  const all = () => program.stdout.text + program.stderr.text;
  const has = () => pattern.test(all());
  if (await comes(has, program, within)) return;
  const got = all().trim().split("\n").at(-1) || "nothing";
  throw new StepFailed("missing", show(got), "that it says what is wrong");
}

/** Expects for each request a line with all that it says, and all those lines alike. */
export async function printsEach(
  harness: Harness,
  name: string,
): Promise<void> {
  const program = harness.program(name);
  const due = "a line for each request, whole, as the others are";
  const look = () => torn(linesOf(program.stdout.text), harness.sent);
  let bad = look();
  const whole = () => (bad = look()) === undefined;
  if (await program.changes.until(whole, WITHIN * 1000)) return;
  throw new StepFailed(...bad!, due);
}

/** What is wrong with the lines, if anything is. */
function torn(
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
    // Other lines, with less in them, are the program's own affair.
    if (!values.every((value) => line.includes(String(value)))) continue;
    const form = values.reduce(formOf, line);
    forms.set(it, [...forms.get(it) ?? [], form]);
  }
  // And so is what the lines look like.
  const usual = mostOf([...forms.values()].flat());
  if (usual === undefined) return ["missing", "no line with what was sent"];
  const bad = sent.find((it) => !forms.get(it)?.includes(usual));
  if (!bad) return undefined;
  const sid = String(bad.sid);
  const line = lines.find((line) => line.includes(sid));
  return line === undefined
    ? ["missing", `no line with the sid ${sid}`]
    : ["torn", show(line)];
}

/** A line with something in place of a value: what remains is the same for all. */
function formOf(line: string, value: Message): string {
  return line.replace(String(value), "$$");
}

/** The text that is there most often. */
function mostOf(texts: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts].toSorted(([, a], [, b]) => b - a)[0]?.[0];
}

/** Expects the lines of the requests in the order in which they were sent. */
export async function printsInOrder(
  harness: Harness,
  name: string,
): Promise<void> {
  const program = harness.program(name);
  const places = () => {
    const { text } = program.stdout;
    return harness.sent.map(({ sid }) => text.indexOf(String(sid)));
  };
  await program.changes.until(() => !places().includes(-1), WITHIN * 1000);
  const due = "a line for each request, in the order of the requests";
  const at = places();
  const missing = at.indexOf(-1);
  if (missing >= 0) {
    const got = `no line for request ${missing + 1} of ${at.length}`;
    throw new StepFailed("missing", got, due);
  }
  const wrong = at.findIndex((place, i) => i > 0 && place < at[i - 1]);
  if (wrong < 0) return;
  const got = `the line of request ${wrong + 1} before that of ${wrong}`;
  throw new StepFailed("order", got, due);
}

function linesOf(text: string): string[] {
  return text.split(/\r?\n/);
}

function show(line: string): string {
  const shown = escape(line);
  return shown.length <= SHOWN ? shown : `${shown.slice(0, SHOWN)}...`;
}
