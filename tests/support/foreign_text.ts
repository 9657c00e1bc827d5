// A worker that gives long text of a stranger's program to each function of the
// grader that reads such text. A function that is not linear takes minutes.

import { bannerOf } from "../../tools/grade/address.ts";
import { lastError } from "../../tools/grade/complaint.ts";
import { isRefusal } from "../../tools/grade/expect.ts";
import { anyOf, lineOf, Output } from "../../tools/grade/output.ts";
import { closest, torn } from "../../tools/grade/printed.ts";
import { report } from "../../tools/grade/report.ts";
import { junit } from "../../tools/grade/junit.ts";
import { pythonRepr } from "../../lib/formats/python_repr.ts";
import type { Verdict } from "../../tools/grade/run.ts";

/** Tells the test what this worker does. Deno has no types for a worker's own scope. */
const { postMessage } = globalThis as unknown as Pick<Worker, "postMessage">;

const LENGTH = 256 * 1024;

/** What the texts consist of: the beginnings of what is searched, again and again, and what escapes must look at. */
const PIECES = [
  "a",
  " ",
  "/",
  "1",
  "1/",
  "'",
  '"',
  "\\",
  "\n",
  "\r\n",
  "123456789 ",
  "error ",
  "error\n",
  'File "',
  'File "a", line ',
  'File "a", line 1\n',
  "Traceback (most recent call last)",
  "Traceback (most recent call last):\nValueError: x\n",
  "/tmp/rollcall-grade-a",
  "/tmp/rollcall-grade-a/program/",
  "rollcall-grade-",
  "Listening at ",
  "Listening at 1/1",
  "Listening at 1/1\n",
  "Connected: Student: ",
  "\u0301",
  "\u200d",
  "\u0915\u200d",
  "\x1b[31m",
  "\u{1f600}\ufe0f",
];

/** Returns the text as the output of a program, read to its end. */
async function outputOf(
  text: string,
  onText: (output: Output) => void,
): Promise<Output> {
  const bytes = new TextEncoder().encode(text);
  const stream = new ReadableStream({
    type: "bytes",
    start(controller) {
      controller.enqueue(bytes);
      controller.close();
    },
  });
  const output: Output = new Output(stream, () => onText(output));
  await output.done;
  return output;
}

/** Returns a failed verdict that shows the text everywhere. */
function verdictOf(text: string): Verdict {
  const check = {
    id: "a",
    title: "A",
    level: "lab" as const,
    weight: 1,
    needs: [],
    needsPassed: [],
    lab: "",
    causes: {},
    steps: [],
  };
  const diagnosis = {
    wrong: "other" as const,
    cause: "other",
    likely: "",
    see: [],
    sent: [pythonRepr(text)],
    got: lastError(text),
    due: "",
    complaint: lastError(`error ${text}`),
    complaintOn: "stdout" as const,
  };
  return { check, state: "failed", seconds: 1, diagnosis };
}

/** Everything that reads the text of a stranger. */
const READERS: Record<string, (text: string) => unknown> = {
  bannerOf,
  lastError,
  "lastError, after a trace": (text) =>
    lastError(`Traceback (most recent call last)\n${text}\nerror`),
  isRefusal: (text) =>
    isRefusal({ text }, "acknowledged", { student_name: "Alice Brown" }),
  closest: (text) =>
    closest(text.split("\n"), "Connected: Student: Alice Brown"),
  torn: (text) =>
    torn(text.split("\n"), [{ student_name: "Alice Brown", sid: 123456789 }]),
  "lineOf and anyOf": async (text) => {
    let searches: { look(): boolean }[] | undefined;
    await outputOf(text, (output) => {
      searches ??= [
        lineOf(output, "Listening at 127.0.0.1/1"),
        anyOf(output, ["cannot", "refused"]),
      ];
      for (const search of searches) search.look();
    });
  },
  report: (text) =>
    report([verdictOf(text)], { width: 100, isColoured: true, seed: 1 }),
  junit: (text) => junit([verdictOf(text)]),
};

for (const [name, read] of Object.entries(READERS)) {
  for (const piece of PIECES) {
    const text = piece.repeat(Math.ceil(LENGTH / piece.length));
    // The worker is ended if it takes too long; then the last name is to blame.
    postMessage(`${name} of ${JSON.stringify(piece)}`);
    await read(text);
  }
}
postMessage("done");
