import { delay } from "@std/async/delay";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { CLIENT_LIMITS, DEFAULT_LIMITS } from "../lib/limits.ts";
import { concat } from "@std/bytes/concat";
import type { Connection } from "../lib/net.ts";
import { MessageConnection } from "../lib/connection/connection.ts";
import { ProtocolError } from "../lib/formats/formats.ts";
import { Random } from "../lib/testing/random.ts";
import { ALICE, BOB, encode, fields, json, pickle } from "./support/peers.ts";

/**
 * A connection without a network: it delivers the given pieces, and each write
 * accepts at most `takes()` bytes.
 */
class ScriptedConnection implements Connection {
  written: number[] = [];
  writes = 0;
  /** The sizes of the buffers that were passed to `read`. */
  buffers: number[] = [];
  writesAtOnce = 0;
  ended = false;
  closed = Promise.withResolvers<void>();
  #pieces: Uint8Array[];
  #takes: () => number;

  constructor(pieces: Uint8Array[], takes: () => number = () => Infinity) {
    this.#pieces = pieces;
    this.#takes = takes;
  }

  /** Whether all pieces were read. */
  get isDrained(): boolean {
    return this.#pieces.length === 0;
  }

  read(into: Uint8Array): Promise<number | null> {
    this.buffers.push(into.length);
    const piece = this.#pieces.shift();
    if (!piece) return Promise.resolve(null);
    const count = Math.min(piece.length, into.length);
    into.set(piece.subarray(0, count));
    if (count < piece.length) this.#pieces.unshift(piece.subarray(count));
    return Promise.resolve(count);
  }

  async write(bytes: Uint8Array): Promise<number> {
    this.writes++;
    assertEquals(++this.writesAtOnce, 1, "two writes at a time");
    await null;
    this.writesAtOnce--;
    const count = Math.min(bytes.length, this.#takes());
    this.written.push(...bytes.subarray(0, count));
    return count;
  }

  closeWrite(): Promise<void> {
    this.ended = true;
    return Promise.resolve();
  }

  close(): void {
    this.closed.resolve();
  }

  setNoDelay(): void {}
}

Deno.test("MessageConnection.receive() reads at most 64 KiB at once, also for a client, whose messages may be longer", async () => {
  const long = "a".repeat(2 ** 20);
  const bytes = encode([long, ...Array(100_000).fill(1), long]);
  const conn = new ScriptedConnection([bytes]);
  const connection = new MessageConnection(conn, pickle, CLIENT_LIMITS);
  let count = 0;
  for (let some; (some = await connection.receive());) count += some.length;
  assertEquals(count, 100_002);
  assertEquals(Math.max(...conn.buffers), 65_536);
});

function never(error: Error): never {
  throw error;
}

function over(conn: Connection, limits = DEFAULT_LIMITS): MessageConnection {
  return new MessageConnection(conn, pickle, limits, { onLimit: never });
}

Deno.test("MessageConnection.receive() reassembles three messages cut at any two places", async () => {
  const bytes = encode([ALICE, 1, BOB]);
  for (let a = 1; a < bytes.length; a++) {
    for (let b = a; b < bytes.length; b += 7) {
      const pieces = [
        bytes.subarray(0, a),
        bytes.subarray(a, b),
        bytes.subarray(b),
      ];
      const connection = over(
        new ScriptedConnection(pieces.filter((p) => p.length > 0)),
      );
      const messages = [];
      for (let batch; (batch = await connection.receive());) {
        messages.push(...batch);
      }
      assertEquals(messages.map((m) => typeof m === "object" ? fields(m) : m), [
        ALICE,
        1,
        BOB,
      ]);
    }
  }
});

Deno.test("MessageConnection.receive() returns all messages that one read completes as one batch", async () => {
  const many = encode(Array(10).fill(ALICE));
  const connection = over(
    new ScriptedConnection([many, many.subarray(0, 100)]),
  );
  assertEquals((await connection.receive())?.length, 10);
  assertEquals((await connection.receive())?.length, 1);
  await assertRejects(
    () => connection.receive(),
    ProtocolError,
    "into a message",
  );
});

/**
 * Returns a pickle of nested lists. Each holds the one before it twice: counted
 * for each use, there are 2 ** `levels`.
 */
function doubling(levels: number): Uint8Array {
  let text = "]q\0"; // an empty list, memoized
  for (let i = 1; i <= levels; i++) {
    const [before, now] = [i - 1, i].map((n) => String.fromCharCode(n));
    text += `0](h${before}h${before}eq${now}`; // pops the list before it
  }
  return Uint8Array.from(`${text}.`, (char) => char.charCodeAt(0));
}

Deno.test("MessageConnection.receive() pauses between messages that take long to measure, and loses none", async () => {
  const long = doubling(11);
  const bytes = concat([...Array(20).fill(long), encode([ALICE])]);
  for (const size of [bytes.length, 100]) {
    const pieces = [];
    for (let at = 0; at < bytes.length; at += size) {
      pieces.push(bytes.subarray(at, at + size));
    }
    const connection = over(new ScriptedConnection(pieces));
    const batches = [];
    for (let batch; (batch = await connection.receive());) batches.push(batch);
    assertEquals(batches.flat().length, 21);
    assertEquals(fields(batches.at(-1)!.at(-1)), ALICE);
    assert(batches.every((batch) => batch.length <= 2), "one at a time");
  }
});

Deno.test("MessageConnection.receive() notices the end inside a message, also without a limit of its bytes", async () => {
  const limits = { ...DEFAULT_LIMITS, maxRequestBytes: Infinity };
  const [whole, part] = [encode([ALICE]), encode([ALICE]).subarray(0, 40)];
  const connection = over(new ScriptedConnection([whole, part]), limits);
  assertEquals((await connection.receive())?.length, 1);
  await assertRejects(
    () => connection.receive(),
    ProtocolError,
    "40 bytes into a message",
  );
});

Deno.test("MessageConnection.receive() accepts a message longer than its usual buffer", async () => {
  const limits = { ...DEFAULT_LIMITS, maxRequestBytes: 300_000 };
  const text = "a".repeat(200_000);
  const connection = over(new ScriptedConnection([encode([text, 1])]), limits);
  assertEquals(await connection.receive(), [text, 1]);
});

Deno.test("MessageConnection reads into a buffer that grows with the traffic, and shrinks again", async () => {
  const conn = new ScriptedConnection([
    new Uint8Array(encode(Array(4000).fill(ALICE))),
    ...Array(12).fill(encode([ALICE])),
  ]);
  const connection = over(conn);
  while (await connection.receive()) { /* to the end */ }
  assertEquals(conn.buffers[0], 1024);
  assertEquals(Math.max(...conn.buffers), 65_536);
  assertEquals(conn.buffers.at(-1), 1024);
});

Deno.test("MessageConnection.send() writes all bytes in order, also if each write accepts only some", async () => {
  const random = new Random(7);
  const conn = new ScriptedConnection([], () => 1 + random.below(9));
  const connection = over(conn);
  const messages = Array.from({ length: 200 }, (_, i) => `message ${i}`);
  for (const message of messages) void connection.send([message]);
  await connection.shutdown();
  assertEquals(new Uint8Array(conn.written), encode(messages));
});

Deno.test("MessageConnection.send() joins all messages of one turn of the event loop into one write", async () => {
  const conn = new ScriptedConnection([]);
  const connection = over(conn);
  await Promise.all([
    connection.send(Array(500).fill(1)),
    connection.send([2]),
    connection.send([3]),
  ]);
  await connection.shutdown();
  assertEquals(conn.writes, 1);
  assertEquals(
    new Uint8Array(conn.written),
    encode([...Array(500).fill(1), 2, 3]),
  );
});

Deno.test("MessageConnection.send() holds a queued answer in a small buffer", async () => {
  const gate = Promise.withResolvers<void>();
  const blocks: number[] = [];
  class Slow extends ScriptedConnection {
    override async write(bytes: Uint8Array): Promise<number> {
      blocks.push(bytes.buffer.byteLength);
      await gate.promise;
      return await super.write(bytes);
    }
  }
  const conn = new Slow([]);
  const connection = over(conn);
  await connection.send([1]);
  await delay(0); // the first answer is being written
  await connection.send([2]);
  gate.resolve();
  await connection.shutdown();
  assertEquals(new Uint8Array(conn.written), encode([1, 2]));
  assert(blocks[1] <= 2 * encode([2]).length);
});

Deno.test("MessageConnection.send() sends the messages before one that cannot be encoded", async () => {
  const conn = new ScriptedConnection([]);
  const connection = over(conn);
  await assertRejects(() => connection.send([1, [2, new Map()], 3]), TypeError);
  await connection.shutdown();
  assertEquals(new Uint8Array(conn.written), encode([1]));
});

Deno.test("MessageConnection.send() waits while more than softQueuedBytes are queued", async () => {
  const gate = Promise.withResolvers<void>();
  class Slow extends ScriptedConnection {
    override async write(bytes: Uint8Array): Promise<number> {
      await gate.promise;
      return await super.write(bytes);
    }
  }
  const connection = over(new Slow([]), {
    ...DEFAULT_LIMITS,
    softQueuedBytes: 100,
  });
  await connection.send(["a".repeat(60)]); // there is room
  let room = false;
  const waiting = connection.send(["a".repeat(60)]).then(() => room = true);
  await new Promise((resolve) => setTimeout(resolve));
  assertEquals(room, false);
  gate.resolve();
  await waiting;
  await connection.shutdown();
});

Deno.test("MessageConnection.greet() delays the next write by the format's pause", async () => {
  for (const [format, least] of [[pickle, 5], [json, 0]] as const) {
    const times: number[] = [];
    class Timed extends ScriptedConnection {
      override write(bytes: Uint8Array): Promise<number> {
        times.push(performance.now());
        return super.write(bytes);
      }
    }
    const connection = new MessageConnection(
      new Timed([]),
      format,
      DEFAULT_LIMITS,
      { onLimit: never },
    );
    await connection.greet({ clientid: 7 });
    await connection.send([1]);
    await connection.shutdown();
    assertEquals(times.length, 2);
    assert(times[1] - times[0] >= least);
  }
});

Deno.test("MessageConnection.shutdown() closes the sending half, drops further input, and then closes", async () => {
  const conn = new ScriptedConnection([encode([ALICE]), Uint8Array.of(0xff)]);
  const connection = over(conn);
  await connection.send([1]);
  await connection.shutdown();
  await conn.closed.promise;
  assertEquals([conn.ended, new Uint8Array(conn.written)], [true, encode([1])]);
  assertEquals(await conn.read(new Uint8Array(9)), null, "not all was read");
});

Deno.test("MessageConnection.shutdown() does not throw, even if reads and writes fail", async () => {
  class Broken extends ScriptedConnection {
    override read(): Promise<never> {
      return Promise.reject(new Error("read"));
    }
    override write(): Promise<never> {
      return Promise.reject(new Error("write"));
    }
  }
  const connection = over(new Broken([]));
  await connection.send([1]);
  await connection.shutdown();
  await assertRejects(() => connection.receive(), Error, "read");
});

for (const format of [json, pickle]) {
  Deno.test(`MessageConnection.stopReading() keeps the requests of the last read, although the ${format.name} reader pauses between them`, async () => {
    const bytes = encode(Array(100_000).fill(1), format);
    const conn = new ScriptedConnection([bytes]);
    const connection = new MessageConnection(conn, format, DEFAULT_LIMITS);
    let [count, read] = [0, 0];
    for (let some; (some = await connection.receive());) {
      count += some.length;
      if (conn.buffers.length < 7) continue; // reads become larger
      if (read === 0) read = conn.buffers.reduce((sum, size) => sum + size);
      connection.isProcessing = true;
      connection.stopReading();
    }
    assertEquals(count, Math.floor(read * 100_000 / bytes.length));
    connection.close();
  });

  Deno.test(`A ${format.name} message that was read is answered, although reading stops while the reader pauses`, async () => {
    const list = Array.from({ length: 2000 }, () => [1]);
    const conn = new ScriptedConnection([encode([list], format)]);
    const connection = new MessageConnection(conn, format, DEFAULT_LIMITS);
    const received = connection.receive();
    // It has read all, and now waits for others or decodes.
    while (!conn.isDrained) await delay(0);
    connection.stopReading();
    assertEquals(await received, [list]);
    connection.close();
  });
}
