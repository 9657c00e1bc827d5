import { assert, assertEquals } from "@std/assert";
import { LineWriter } from "../lib/output.ts";

/** Takes lines once `open` is resolved, a few bytes at a time. */
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

Deno.test("LineWriter writes lines whole and in order, though they are taken in part", async () => {
  const reader = new Reader(3);
  const writer = new LineWriter(reader, unexpected, unexpected);
  const lines = Array.from({ length: 100 }, (_, i) => `line ${i}`);
  for (const line of lines) writer.print([line]);
  reader.open.resolve();
  await writer.flush(5000);
  assertEquals(reader.text, lines.join("\n") + "\n");
});

Deno.test("LineWriter makes one write of the lines of one turn", async () => {
  const reader = new Reader();
  const writer = new LineWriter(reader, unexpected, unexpected);
  writer.print(["a", "b"]);
  writer.print(["c"]);
  reader.open.resolve();
  await writer.flush(5000);
  assertEquals([reader.text, reader.writes], ["a\nb\nc\n", 1]);
});

Deno.test("LineWriter drops whole lines while nobody reads, and tells how many once somebody does", async () => {
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
    assert(dropped === 0, "told before it flows");
  }
  reader.open.resolve();
  await writer.flush(5000);
  const lines = reader.text.slice(0, -1).split("\n");
  assertEquals(lines.length + dropped, 200 * 101);
  assert(lines.length >= 10_000);
  lines.forEach((line, i) => assertEquals(line, lineOf(i)));
});

Deno.test("LineWriter.flush() does not wait for a reader who does not read", async () => {
  const reader = new Reader();
  const writer = new LineWriter(reader, unexpected, unexpected);
  writer.print(["a"]);
  await writer.flush(10);
  assertEquals(reader.text, "");
  reader.open.resolve();
  await writer.flush(5000);
  assertEquals(reader.text, "a\n");
});

Deno.test("LineWriter has room again for what was written", async () => {
  const reader = new Reader();
  reader.open.resolve();
  const writer = new LineWriter(reader, unexpected, unexpected);
  for (let i = 0; i < 5; i++) {
    assertEquals(writer.print(["123456"], 10), 0);
    await writer.flush(5000);
  }
});

Deno.test("LineWriter tells once that its reader has gone, and goes on without", async () => {
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
