// Many clients record few students, while others read. The stores must answer as if
// one thing was done at a time: their histories are linearizable.

import { assert, assertEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import { Client } from "../client.ts";
import { StudentHandler } from "../clienthandler.ts";
import { FileStore } from "../lib/students/file.ts";
import { MemoryStore } from "../lib/students/memory.ts";
import { readStore } from "../lib/students/open.ts";
import { Roster } from "../lib/students/roster.ts";
import type { Batch } from "../lib/students/row.ts";
import type { Store } from "../lib/students/store.ts";
import { Random } from "../lib/testing/random.ts";
import { TestRedis } from "../tools/processes/redis.ts";
import { History } from "./support/history.ts";
import { needs } from "./support/needs.ts";
import { ALICE, BOB, TestServer } from "./support/peers.ts";
import { rowsOf } from "./support/roster.ts";

const net = needs("net");
const files = needs("net", "read", "write");
const redis = needs("net", "redis-server");

const CLIENTS = 10;
/** How many batches each client sends. */
const BATCHES = 40;
/** The most requests that a client sends at once. */
const DEPTH = 4;

/** Two students with one `sid`, and others, most of whom come later. */
const STUDENTS = [
  ALICE,
  { ...ALICE, student_name: "Bob Chen" },
  ...Array.from({ length: 8 }, (_, sid) => ({ ...BOB, sid })),
];

/** Lets clients record students through one server for each store, and two readers read meanwhile. Resolves to the history. */
async function historyOf(
  stores: readonly Store[],
  read: () => Promise<Store>,
): Promise<History> {
  const history = new History();
  const servers = stores.map((store) =>
    new TestServer({ clientHandler: StudentHandler.with(new Roster(store)) })
  );
  const readAll = () =>
    history.read(async () => {
      const store = await read();
      const rows = await rowsOf(store);
      if (!stores.includes(store)) await store.close();
      return rows;
    });
  let isOver = false;
  const reader = async () => {
    while (!isOver) {
      await readAll();
      await delay(1);
    }
  };
  const readers = [reader(), reader()];
  await Promise.all(
    Array.from(
      { length: CLIENTS },
      (_, i) => recordMany(history, servers[i % servers.length], new Random(i)),
    ),
  );
  isOver = true;
  await Promise.all(readers);
  await readAll();
  for (const server of servers) await server[Symbol.asyncDispose]();
  for (const store of stores) await store.close();
  return history;
}

async function recordMany(
  history: History,
  { addr }: TestServer,
  random: Random,
): Promise<void> {
  await using client = new Client({ port: addr.port });
  await client.connect();
  for (let batch = 1; batch <= BATCHES; batch++) {
    const come = Math.ceil(STUDENTS.length * batch / BATCHES);
    await Promise.all(Array.from({ length: 1 + random.below(DEPTH) }, () => {
      const student = STUDENTS[random.below(come)];
      return history.request(student, () => client.request(student));
    }));
  }
}

/** Fails unless the history is long enough, and allowed. */
function assertLinearizable(history: History): void {
  const { requests, reads } = history;
  assert(requests.length >= CLIENTS * BATCHES);
  assert(reads.length > 5, `only ${reads.length} reads`);
  assertEquals(reads.at(-1)!.keys.length, STUDENTS.length);
  assertEquals(history.violations(), []);
}

net.test("The histories of MemoryStore are linearizable (needs net)", async () => {
  const store = new MemoryStore();
  const read = () => Promise.resolve(store);
  assertLinearizable(await historyOf([store], read));
});

files.test("The histories of FileStore are linearizable, with another program that reads the file (needs net, read, write)", async () => {
  const folder = await Deno.makeTempDir({ prefix: "rollcall-" });
  const path = `${folder}/class.db`;
  try {
    const store = FileStore.open(path);
    assertLinearizable(await historyOf([store], () => readStore(path)));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

redis.test("The histories of RedisStore are linearizable, with two servers (needs net, redis-server)", async () => {
  await using server = await TestRedis.start();
  const stores = [await server.open(), await server.open()];
  const read = () => readStore(server.address);
  assertLinearizable(await historyOf(stores, read));
});

/** Reports students as recorded, and records them a moment later. */
class LateStore extends MemoryStore {
  override record(batches: readonly Batch[]) {
    void delay(2).then(() => super.record(batches));
    const students = batches.flatMap((batch) => batch.students);
    return Promise.resolve(students.map(() => "recorded" as const));
  }

  override async close() {
    await delay(10);
  }
}

net.test("The histories of a store that records after the answer are not linearizable (needs net)", async () => {
  const store = new LateStore();
  const history = await historyOf([store], () => Promise.resolve(store));
  assert(history.violations().some((it) => /acknowledged$/.test(it)));
});

Deno.test("History.violations() finds lost, unsent and forgotten requests, and a wrong order", async () => {
  const [alice, bob] = [{ ...ALICE, sid: "1" }, { ...BOB, sid: "2" }];
  const acknowledge = () => Promise.resolve(1);
  const rows = (...counts: number[]) => () =>
    Promise.resolve(
      [alice, bob].slice(0, counts.length).map((it, i) => ({
        ...it,
        requests: counts[i],
      })),
    );
  /** The kinds of violations after Alice came, and then each of these reads. */
  const found = async (...reads: ReturnType<typeof rows>[]) => {
    const history = new History();
    await history.request(alice, acknowledge);
    for (const read of reads) await history.read(read);
    return history.violations().map((it) => it.split("]: ")[1]);
  };
  assertEquals(await found(rows(1), rows(1)), []);
  assertEquals(await found(rows()), ["0 of 1 acknowledged"]);
  assertEquals(await found(rows(2)), ["2, but 1 were sent"]);
  assertEquals((await found(rows(1), rows(0))).length, 2);

  const history = new History();
  await history.request(bob, acknowledge);
  await history.request(alice, acknowledge);
  await history.read(rows(1, 1));
  assertEquals(history.violations().length, 1);
  assert(/ is behind /.test(history.violations()[0]));

  // Each read alone is allowed.
  const pending = new History();
  const never = Promise.withResolvers<void>();
  void pending.request(alice, () => never.promise);
  await pending.read(rows(1));
  await pending.request(alice, acknowledge);
  await pending.read(rows(1));
  assertEquals(pending.violations().length, 1);
});
