import { assertEquals } from "@std/assert";
import { bannerOf } from "../tools/grade/address.ts";
import { complaintOf, lastError } from "../tools/grade/complaint.ts";
import { anyOf, lineOf, Output } from "../tools/grade/output.ts";
import { closest, torn } from "../tools/grade/printed.ts";
import type { Program } from "../tools/grade/program.ts";
import { needs } from "./support/needs.ts";

const read = needs("read");
const COPY = "/tmp/rollcall-grade-1a2b/program";

/** A stream of these texts, one after the other, that ends with `end`. */
function output(): { output: Output; print: (text: string) => Promise<void> } {
  let controller!: ReadableByteStreamController;
  const stream = new ReadableStream({
    type: "bytes",
    start: (it) => void (controller = it),
  });
  let heard = Promise.withResolvers<void>();
  const output = new Output(stream, () => heard.resolve());
  const print = async (text: string) => {
    heard = Promise.withResolvers();
    controller.enqueue(new TextEncoder().encode(text));
    await heard.promise;
  };
  return { output, print };
}

Deno.test("lastError() names the last frame in the student's folder", () => {
  const trace = [
    "Listening",
    "Traceback (most recent call last):",
    `  File "${COPY}/server.py", line 12, in run`,
    "    self.receive()",
    `  File "${COPY}/handler.py", line 7, in receive`,
    "    return pickle.loads(data)",
    '  File "/usr/lib/python3.11/pickle.py", line 1, in loads',
    "_pickle.UnpicklingError: pickle data was truncated",
  ];
  const expected =
    '_pickle.UnpicklingError: pickle data was truncated (File "handler.py", line 7, in receive)';
  assertEquals(lastError(trace.join("\n")), expected);
  // The frame of an earlier error does not belong to this one.
  const later = [...trace, "Error: the client left"].join("\n");
  assertEquals(lastError(later).startsWith("Error: the client left"), true);
  // A path of ours in the message itself helps no reader.
  const missing = `FileNotFoundError: '${COPY}/data.txt'`;
  assertEquals(lastError(missing), "FileNotFoundError: 'data.txt'");
  const caught = "[Errno 98] Address already in use";
  assertEquals(lastError(`${caught}\nready`), caught);
  assertEquals(lastError("all is well"), "");
});

Deno.test("complaintOf() reads stdout if stderr has no error", () => {
  const program = (stdout: string, stderr: string) =>
    ({ stdout: { end: stdout }, stderr: { end: stderr } }) as Program;
  assertEquals(complaintOf(program("Error: no\nready", "warning")), {
    text: "Error: no",
    on: "stdout",
  });
  assertEquals(complaintOf(program("Error: no", "ValueError: 5")), {
    text: "ValueError: 5",
    on: "stderr",
  });
  assertEquals(complaintOf(program("ready", "one\ntwo\n")), {
    text: "two",
    on: "stderr",
  });
});

Deno.test("closest() returns the line that has most of the expected words", () => {
  const banner = "Listening at 127.0.0.1/12000";
  const lines = ["Server listens at 127.0.0.1/12000", "waiting ...", "done"];
  assertEquals(closest(lines, banner), lines[0]);
  const student = "Connected: Student: Alice Brown, sid: 123456789";
  const printed = ["started", "got Alice Brown", "sent 1"];
  assertEquals(closest(printed, student), printed[1]);
  assertEquals(closest(["a", "b"], "c d"), "b");
});

Deno.test("torn() shows where a line is torn", () => {
  const students = [123456789, 987654321].map((sid) => ({
    student_name: `${"Alice ".repeat(60)}Brown`,
    sid,
  }));
  const lines = students.map((it) => `${it.student_name}, sid: ${it.sid}`);
  assertEquals(torn(lines, students), undefined);
  assertEquals(torn([lines[0]], students), [
    "missing",
    "no line with the sid 987654321",
  ]);
  const joined = [lines.join(""), ""];
  const more = { student_name: "Bob Chen", sid: 555555555 };
  const [wrong, got] = torn(
    [...joined, "Bob Chen, sid: 555555555"],
    [...students, more],
  )!;
  assertEquals(wrong, "torn");
  assertEquals(got.includes("sid: 123456789Alice Alice"), true, got);
});

Deno.test("bannerOf() takes the lab's first line only when it is complete", () => {
  const port = 12_000;
  assertEquals(bannerOf("Listening at ::1/12000\n"), { host: "::1", port });
  assertEquals(bannerOf("x\nListening at vm/12000\r\n"), { host: "vm", port });
  for (
    const other of [
      "Listening at vm/12000",
      "Listening at vm/0\n",
      "Listening at vm/x\n",
      "Listening at port 12000\n",
      "Server: Listening at vm/12000\n",
    ]
  ) assertEquals(bannerOf(other), undefined);
});

Deno.test("lineOf() and anyOf() find what arrives in pieces", async () => {
  const { output: stdout, print } = output();
  const line = lineOf(stdout, "passed the test");
  const texts = anyOf(stdout, ["in use", "cannot"]);
  await print("not passed the test\nIt CAN");
  assertEquals([line.look(), texts.look()], [false, false]);
  await print("NOT be\npassed the ");
  assertEquals([line.look(), texts.look()], [false, true]);
  await print("test");
  assertEquals(line.look(), false, "the line may go on");
  await print("\r\n");
  assertEquals(line.look(), true);
  const whole = "not passed the test\nIt CANNOT be\npassed the test\r\n";
  assertEquals(stdout.text, whole);
  assertEquals(stdout.from(5), whole.slice(5));
});

Deno.test("Output keeps the beginning and the end of long output", async () => {
  const { output: stdout, print } = output();
  await print("first\n");
  for (let i = 0; i < 1200; i++) await print("x".repeat(4096));
  await print("last");
  assertEquals(stdout.text.slice(0, 6), "first\n");
  assertEquals(stdout.text.length < 4.5 * 2 ** 20, true);
  assertEquals(stdout.end.slice(-4), "last");
  // Python prints each piece of an error on its own.
  for (const letter of "error".repeat(20)) await print(letter);
  assertEquals(stdout.end.slice(-104), "last" + "error".repeat(20));
});

read.test("No text of a program keeps the grader busy for long (needs read)", async () => {
  const url = new URL("./support/foreign_text.ts", import.meta.url);
  const worker = new Worker(url, { type: "module" });
  let last = "nothing";
  const ended = Promise.withResolvers<string>();
  let late: ReturnType<typeof setTimeout> | undefined;
  worker.onmessage = ({ data }) => {
    last = data;
    clearTimeout(late);
    if (last === "done") return ended.resolve(last);
    // What is quadratic takes minutes.
    late = setTimeout(() => ended.resolve(`${last} did not end`), 20_000);
  };
  worker.onerror = (event) => {
    event.preventDefault();
    ended.resolve(`${last}: ${event.message}`);
  };
  assertEquals(await ended.promise, "done");
  clearTimeout(late);
  worker.terminate();
});

/** The regular expressions in files that read a program's text. Each is linear: it has no two ways to match the same character. */
const EXPRESSIONS = ["expect.ts: /\\d+/g", "printed.ts: /\\d{9}/g"];

read.test("The grader searches a program's text for literal texts (needs read)", async () => {
  const files = ["causes", "complaint", "expect", "output", "printed", "run"];
  const found: string[] = [];
  for (const name of files) {
    const path = new URL(`../tools/grade/${name}.ts`, import.meta.url);
    const code = (await Deno.readTextFile(path)).replaceAll(
      /^ *(\*|\/\/|\/\*).*$/gm,
      "",
    );
    const literals = /[(=,:?]\s*(\/(?:\\.|[^/\\\n])+\/[a-z]*)|(\bRegExp\()/g;
    for (const [, literal, made] of code.matchAll(literals)) {
      found.push(`${name}.ts: ${literal ?? made}`);
    }
  }
  assertEquals(found, EXPRESSIONS);
});
