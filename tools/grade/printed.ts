/**
 * The verbs that check a program's output.
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

/** How many characters of a line are shown. */
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
    : new StepFailed("exited", `it ended ${exitOf(program)}`, due);
}

/** Waits until `has` holds or the program has ended, for at most `within` seconds. Resolves to whether `has` holds. */
async function comes(
  has: () => boolean,
  program: Program,
  within: number,
): Promise<boolean> {
  const over = () => has() || program.code !== undefined;
  await program.changes.until(over, within * 1000);
  return has();
}

/** Expects that a text is not printed for `within` seconds. */
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
    "that it does not print this",
  );
}

/** Expects output on stdout or stderr that matches a regular expression. */
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
  const due = `output with: ${pattern.source.replaceAll("|", " or ")}`;
  throw new StepFailed("missing", show(got), due);
}

/** Expects one line for each request, with all its values, and all lines in the same format. */
export async function printsEach(
  harness: Harness,
  name: string,
): Promise<void> {
  const program = harness.program(name);
  const due = "a whole line for each request, all in the same format";
  const look = () => torn(linesOf(program.stdout.text), harness.sent);
  let bad = look();
  const whole = () => (bad = look()) === undefined;
  if (await program.changes.until(whole, WITHIN * 1000)) return;
  throw new StepFailed(...bad!, due);
}

/** Returns what is wrong with the lines, if anything. */
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
  return line === undefined
    ? ["missing", `no line with the sid ${sid}`]
    : ["torn", show(line)];
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
  const got = `the line for request ${
    wrong + 1
  } before the one for request ${wrong}`;
  throw new StepFailed("order", got, due);
}

function linesOf(text: string): string[] {
  return text.split(/\r?\n/);
}

function show(line: string): string {
  const shown = escape(line);
  return shown.length <= SHOWN ? shown : `${shown.slice(0, SHOWN)}...`;
}
