import { assert, assertEquals } from "@std/assert";
import { LineWriter } from "../lib/output.ts";

/** A sink that accepts text once `open` is resolved, at most `most` bytes at a time. */
class Reader {
  text = "";
  writes = 0;
  open = Promise.withResolvers<void>();
  #most: number;

  constructor(most = Infinity) {
    this.#most = most;
  }

  async write(bytes: Uint8Array): Promise<number> {
    this.writes++;
    await this.open.promise;
    const taken = bytes.subarray(0, this.#most);
    this.text += new TextDecoder().decode(taken);
    return taken.length;
  }
}

const unexpected = (what: unknown) => {
  throw new Error(`unexpected: ${what}`);
};

Deno.test("LineWriter writes all lines completely and in order, also if a write accepts only part", async () => {
  const reader = new Reader(3);
  const writer = new LineWriter(reader, unexpected, unexpected);
  const lines = Array.from({ length: 100 }, (_, i) => `line ${i}`);
  for (const line of lines) writer.print([line]);
  reader.open.resolve();
  await writer.flush(5000);
  assertEquals(reader.text, lines.join("\n") + "\n");
});

Deno.test("LineWriter joins the lines of one turn of the event loop into one write", async () => {
  const reader = new Reader();
  const writer = new LineWriter(reader, unexpected, unexpected);
  writer.print(["a", "b"]);
  writer.print(["c"]);
  reader.open.resolve();
  await writer.flush(5000);
  assertEquals([reader.text, reader.writes], ["a\nb\nc\n", 1]);
});

Deno.test("LineWriter drops whole lines while its sink is blocked, and reports the number afterwards", async () => {
  const lineOf = (i: number) => `line ${i}`.padEnd(800);
  const reader = new Reader();
  let dropped = 0;
  const writer = new LineWriter(
    reader,
    (count) => dropped += count,
    unexpected,
  );
  for (let i = 0; i < 200; i++) {
    writer.print(Array.from({ length: 101 }, (_, j) => lineOf(i * 101 + j)));
    await null;
    assert(dropped === 0, "reported while the sink is blocked");
  }
  reader.open.resolve();
  await writer.flush(5000);
  const lines = reader.text.slice(0, -1).split("\n");
  assertEquals(lines.length + dropped, 200 * 101);
  assert(lines.length >= 10_000);
  lines.forEach((line, i) => assertEquals(line, lineOf(i)));
});

Deno.test("LineWriter.flush() stops waiting for a blocked sink when its time is over", async () => {
  const reader = new Reader();
  const writer = new LineWriter(reader, unexpected, unexpected);
  writer.print(["a"]);
  await writer.flush(10);
  assertEquals(reader.text, "");
  reader.open.resolve();
  await writer.flush(5000);
  assertEquals(reader.text, "a\n");
});

Deno.test("LineWriter writes lines of any characters as UTF-8, and counts those that wait", async () => {
  const written: number[] = [];
  const open = Promise.withResolvers<void>();
  const sink = {
    async write(bytes: Uint8Array) {
      await open.promise;
      const part = bytes.subarray(0, 1000);
      written.push(...part);
      return part.length;
    },
  };
  const writer = new LineWriter(sink, unexpected, unexpected);
  const lines = ["お", "a", "🍵", "\ud83c", "é"].map((it) => it.repeat(1500));
  writer.print(lines.slice(0, 1));
  await null; // the first write begins
  for (const line of lines.slice(1)) writer.print([line]);
  assertEquals(writer.unshown, 5);
  open.resolve();
  await writer.flush(5000);
  const expected = new TextEncoder().encode(lines.join("\n") + "\n");
  assertEquals(Uint8Array.from(written), expected);
  assertEquals(writer.unshown, 0);
});

Deno.test("LineWriter has room again after lines are written", async () => {
  const reader = new Reader();
  reader.open.resolve();
  const writer = new LineWriter(reader, unexpected, unexpected);
  for (let i = 0; i < 5; i++) {
    assertEquals(writer.print(["123456"], 10), 0);
    await writer.flush(5000);
  }
});

Deno.test("LineWriter reports a broken sink once, and drops further lines", async () => {
  const reported: unknown[] = [];
  const gone = new Deno.errors.BrokenPipe();
  const sink = { write: () => Promise.reject(gone) };
  const writer = new LineWriter(
    sink,
    unexpected,
    (error) => reported.push(error),
  );
  for (let i = 0; i < 3; i++) {
    assertEquals(writer.print(["a"]), i === 0 ? 0 : 1);
    await writer.flush(5000);
  }
  assertEquals(reported, [gone]);
  assertEquals(writer.unshown, 3);
});
