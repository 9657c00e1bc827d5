// The store in Redis, with a real redis-server.

import { assert, assertEquals, assertRejects } from "@std/assert";
// @ts-types="../lib/students/redis_client.d.ts"
import { ErrorReply } from "@redis/client";
import { MemoryStore } from "../lib/students/memory.ts";
import { parseRedisAddress } from "../lib/students/redis_address.ts";
import { toStoreError } from "../lib/students/redis_errors.ts";
import type { RedisStore } from "../lib/students/redis.ts";
import { type Batch, bytesOf } from "../lib/students/row.ts";
import { type Recorded, StoreError } from "../lib/students/store.ts";
import type { Sid, Student } from "../lib/students/student.ts";
import { Random } from "../lib/testing/random.ts";
import { TestRedis, until } from "../tools/processes/redis.ts";
import { needs } from "./support/needs.ts";
import { ALICE, BOB } from "./support/peers.ts";
import { testStore } from "./support/store_conformance.ts";

const redis = needs("redis-server");
const encrypted = needs("redis-server", "openssl");

/** A short deadline, so that the tests of one take no longer. */
const SOON = { deadline: 500 };
const ORIGIN = { clientId: 40_000, clientIp: "127.0.0.1" };

/** Fails unless a text has this part. */
function assertHas(text: string, part: string, explain = text): void {
  assert(text.includes(part), explain);
}

/** Returns a batch that came at this time. */
function batch(students: readonly Student[], at = 1): Batch {
  return { students, origin: ORIGIN, at };
}

/** Returns the message of the `StoreError` that a call rejects with. */
async function failureOf(call: Promise<unknown>): Promise<string> {
  return (await assertRejects(() => call, StoreError)).message;
}

/** Resolves when the store records again. */
function recovered(store: RedisStore): Promise<void> {
  return until(() =>
    store.record([batch([ALICE])]).then(() => true, () => false)
  );
}

let shared: TestRedis | undefined;
testStore({
  name: "RedisStore",
  needs: ["redis-server"],
  async open() {
    shared = await TestRedis.start();
    return shared.open();
  },
  async reopen(store) {
    await store.close();
    await shared!.kill();
    await shared!.start();
    return shared!.open();
  },
  async remove() {
    await shared?.[Symbol.asyncDispose]();
  },
});

/** Texts that a script could take for its own separators, or a pattern. */
const ODD = ["", "null", "\n", '"', "\\", '","', "%s", "\0", "\ud800", "王 🎓"];
const SIDS: readonly Sid[] = [1, "1", "01", null, -5, 2n ** 70n, 2 ** 53 - 1];

function randomStudent(random: Random): Student {
  const texts = ["Alice Brown", "Bob Chen", null, ...ODD, "x".repeat(300)];
  return {
    sid: random.below(2) ? random.pick(SIDS) : random.pick(texts),
    student_name: random.pick(texts),
    github_username: random.pick(texts),
  };
}

function randomBatch(random: Random): Batch {
  const count = random.pick([1, 1, 2, 5, 40]);
  return {
    students: Array.from({ length: count }, () => randomStudent(random)),
    origin: {
      clientId: random.below(65_536),
      clientIp: random.pick(["127.0.0.1", "::1", "a b\nc"]),
    },
    at: 1_795_000_000_000 + random.below(1_000_000),
  };
}

redis.test("RedisStore holds the same as MemoryStore after the same batches (needs redis-server)", async () => {
  await using server = await TestRedis.start();
  const store = await server.open();
  const memory = new MemoryStore();
  const random = new Random(18);
  let doubtful = 0;
  for (let round = 0; round < 100; round++) {
    const batches = Array.from(
      { length: 1 + random.below(5) },
      () => randomBatch(random),
    );
    const results = await store.record(batches);
    assertEquals(results, await memory.record(batches));
    assertEquals(store.totals, memory.totals);
    doubtful += results.filter((it) => it !== "recorded").length;
    const some = Array.from({ length: 20 }, () => randomStudent(random));
    assertEquals(await store.has(some), await memory.has(some));
  }
  assert(doubtful > 100);
  const rows = await Array.fromAsync(memory.readAll());
  assertEquals(await Array.fromAsync(store.readAll()), rows);
  await store.close();

  const again = await server.open();
  assertEquals(again.totals, memory.totals);
  assertEquals(await Array.fromAsync(again.readAll()), rows);
  assertEquals(await again.record([]), []);
  assertEquals(await again.has([]), []);
  await again.close();
});

redis.test("RedisStore records, and reads, more rows than one command of a script can take (needs redis-server)", async () => {
  await using server = await TestRedis.start();
  const store = await server.open();
  const students = Array.from(
    { length: 10_000 },
    (_, i) => ({
      ...ALICE,
      sid: 1 + Math.floor(i / 2),
      github_username: `${i}`,
    }),
  );
  await store.record([batch(students)]);
  const others = students.map((it) => ({ ...it, student_name: "Bob Chen" }));
  const before: Recorded = { before: "Alice Brown" };
  const results = await store.record([batch(others)]);
  assertEquals(results, others.map(() => before));
  assertEquals(store.totals.sids, 5_000);
  const rows = await Array.fromAsync(store.readAll());
  const accounts = [...students, ...others].map((it) => it.github_username);
  assertEquals(rows.map((row) => row.github_username), accounts);
  assert(!(await store.has(students)).includes(false));
  await store.close();
});

redis.test("RedisStore keeps numbers exactly up to 2 ** 53 (needs redis-server)", async () => {
  await using server = await TestRedis.start();
  const store = await server.open();
  const large = 2 ** 53 - 1;
  const origin = { clientId: large, clientIp: "::1" };
  await store.record([{ students: [ALICE], origin, at: large - 1 }]);
  const [key, value] = [
    JSON.stringify(["123456789", "Alice Brown", "abrown"]),
    `${large - 2} 5 1 0 ${large - 3} "6 7 ::1"`,
  ];
  await server.send("HSET", "{rollcall}:students", key, value);
  await server.send("HSET", "{rollcall}:totals", "bytes", `${large - 1000}`);
  await store.record([{ students: [ALICE, ALICE, BOB], origin, at: large }]);
  assertEquals(await Array.fromAsync(store.readAll()), [
    {
      ...BOB,
      sid: "987654321",
      ...{ firstSeen: large, lastSeen: large, requests: 1 },
      ...origin,
    },
    {
      ...ALICE,
      sid: "123456789",
      ...{ firstSeen: 5, lastSeen: large, requests: large - 1 },
      ...origin,
    },
  ]);
  assertEquals(store.totals.bytes, large - 1000 + bytesOf(BOB));
  await store.close();
});

redis.test("RedisStore.forget() deletes the rows of one sid (needs redis-server)", async () => {
  await using server = await TestRedis.start();
  const store = await server.open();
  const sids = [...SIDS, ...ODD, "*", "?", "[a]", "\\*"];
  const memory = new MemoryStore();
  const students = sids.flatMap((sid) => [
    { ...ALICE, sid },
    { ...BOB, sid, github_username: "x".repeat(300) },
  ]);
  await store.record([batch(students)]);
  const left = new Set(sids.map((sid) => sid === null ? null : `${sid}`));
  for (const sid of left) {
    assertEquals(await store.forget(sid), 2);
    assertEquals(await store.forget(sid), 0);
    left.delete(sid);
    const rows = await Array.fromAsync(store.readAll());
    assertEquals(new Set(rows.map((row) => row.sid)), left);
  }
  await store.has([ALICE]);
  assertEquals(store.totals, memory.totals);
  assertEquals(await store.record([batch([ALICE])]), ["recorded"]);
  await store.close();
});

redis.test("Two stores on one Redis count each request, and know each other's rows (needs redis-server)", async () => {
  await using server = await TestRedis.start();
  const stores = [await server.open(), await server.open()];
  await Promise.all(stores.map(async (store) => {
    for (let i = 0; i < 200; i++) await store.record([batch([ALICE, BOB])]);
  }));
  for (const store of stores) {
    const rows = await Array.fromAsync(store.readAll());
    assertEquals(rows.map((row) => row.requests), [400, 400]);
    assertEquals(store.totals.sids, 2);
  }
  const [one, other] = stores;
  const sid = 5;
  assertEquals(await one.record([batch([{ ...ALICE, sid }])]), ["recorded"]);
  assertEquals(await other.record([batch([{ ...BOB, sid }])]), [
    { before: "Alice Brown" },
  ]);
  assertEquals(await one.has([{ ...BOB, sid }]), [true]);
  assertEquals(one.totals, other.totals);
  for (const store of stores) await store.close();
});

redis.test("RedisStore records again by itself when Redis was killed and started (needs redis-server)", async () => {
  await using server = await TestRedis.start();
  const store = await server.open();
  await store.record([batch([ALICE], 1)]);
  await server.kill();
  const message = await failureOf(store.record([batch([ALICE])]));
  assertEquals(message, "the roster's database cannot be reached");
  for (let i = 0; i < 50; i++) {
    const before = performance.now();
    await failureOf(store.has([ALICE]));
    assert(performance.now() - before < 100);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await server.start();
  await recovered(store);
  const [row, ...others] = await Array.fromAsync(store.readAll());
  assertEquals([row.firstSeen, row.requests, others], [1, 2, []]);
  await store.close();
});

redis.test("RedisStore gives a hanging Redis up at the deadline, fails at once from then on, and recovers (needs redis-server)", async () => {
  await using server = await TestRedis.start();
  const store = await server.open(SOON);
  await store.record([batch([ALICE])]);
  server.signal("SIGSTOP");
  const message = "the roster's database cannot be reached";
  const start = performance.now();
  assertEquals(await failureOf(store.record([batch([ALICE])])), message);
  assert(performance.now() - start > 400);
  // Longer than an attempt to connect takes, which the kernel accepts.
  const end = performance.now() + 1_500;
  while (performance.now() < end) {
    const before = performance.now();
    assertEquals(await failureOf(store.record([batch([BOB])])), message);
    assert(performance.now() - before < 100);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  server.signal("SIGCONT");
  await recovered(store);
  const rows = await Array.fromAsync(store.readAll());
  assertEquals(rows.map((row) => row.student_name), ["Alice Brown"]);
  await store.close();
});

redis.test("RedisStore.close() ends calls, and an attempt to connect, at once (needs redis-server)", async () => {
  await using server = await TestRedis.start();
  const store = await server.open();
  const other = await server.open(SOON);
  server.signal("SIGSTOP");
  await failureOf(other.record([batch([ALICE])])); // now it connects again
  const calls = [
    store.record([batch([ALICE])]),
    store.has([ALICE]),
    Array.fromAsync(store.readAll()),
  ].map(failureOf);
  const start = performance.now();
  await Promise.all([store.close(), other.close()]);
  await Promise.all(calls);
  assert(performance.now() - start < 400);
  await failureOf(store.record([batch([ALICE])]));
  await store.close();

  await server.kill();
  const gone = await failureOf(server.open());
  assertHas(gone, "Cannot open the roster: the roster's database");
  assertHas(gone, "cannot be reached: ");
});

redis.test("RedisStore.open() gives a Redis that hangs up at the deadline (needs redis-server)", async () => {
  await using server = await TestRedis.start();
  server.signal("SIGSTOP");
  const start = performance.now();
  assertHas(await failureOf(server.open(SOON)), "be reached");
  assert(performance.now() - start < 2_000);
});

redis.test("RedisStore.open() says what is wrong with a password, once (needs redis-server)", async () => {
  await using server = await TestRedis.start(["--requirepass", "right"]);
  const start = "Cannot open the roster: the roster's database ";
  assertEquals(
    await failureOf(server.open()),
    start + "needs a password",
  );
  assertEquals(
    await failureOf(server.open({ password: "wrong" })),
    start + "does not accept the user name and password",
  );
  const store = await server.open({ password: "right" });
  await store.record([batch([ALICE])]);
  await store.close();
});

redis.test("RedisStore.open() logs in as the user of the address, whose password must be right (needs redis-server)", async () => {
  await using server = await TestRedis.start();
  await server.send(
    "ACL",
    "SETUSER",
    "rollcall",
    "on",
    ">right",
    "~*",
    "+@all",
  );
  const address = server.address.replace("//", "//rollcall@");
  const { RedisStore } = await import("../lib/students/redis.ts");
  const message = await failureOf(
    RedisStore.open(address, { password: "wrong" }),
  );
  assertHas(message, "does not accept the user name");
  const store = await RedisStore.open(address, { password: "right" });
  await store.record([batch([ALICE])]);
  // The user may no longer run scripts.
  await server.send("ACL", "SETUSER", "rollcall", "-@scripting");
  assertHas(
    await failureOf(store.record([batch([ALICE])])),
    "does not allow this user",
  );
  await store.close();
  assertHas(
    await failureOf(server.open({ password: "any" })),
    "needs no password, but one was given",
  );
});

redis.test("RedisStore records after Redis forgot its scripts (needs redis-server)", async () => {
  await using server = await TestRedis.start();
  const store = await server.open();
  await store.record([batch([ALICE])]);
  assertEquals(await server.send("SCRIPT", "FLUSH"), "+OK");
  await store.record([batch([ALICE])]);
  const [row] = await Array.fromAsync(store.readAll());
  assertEquals(row.requests, 2);
  await store.close();
});

redis.test("RedisStore records all of a call or nothing when Redis has no memory left (needs redis-server)", async () => {
  await using server = await TestRedis.start();
  const store = await server.open();
  await store.record([batch([ALICE])]);
  await server.send("CONFIG", "SET", "maxmemory", "1");
  assertEquals(
    await failureOf(store.record([batch([ALICE, BOB])])),
    "the roster's database has no memory left",
  );
  assertEquals(await store.has([ALICE, BOB]), [true, false]);
  await server.send("CONFIG", "SET", "maxmemory", "0");
  await store.record([batch([BOB])]);
  const rows = await Array.fromAsync(store.readAll());
  assertEquals(rows.map((row) => row.requests), [1, 1]);
  await store.close();
});

redis.test("RedisStore says that Redis is a copy (needs redis-server)", async () => {
  await using server = await TestRedis.start();
  const store = await server.open();
  await server.send("REPLICAOF", "127.0.0.1", "1");
  assertHas(
    await failureOf(store.record([batch([ALICE])])),
    "is a copy that cannot be changed",
  );
  await server.send("REPLICAOF", "NO", "ONE");
  await recovered(store);
  await store.close();
});

redis.test("RedisStore refuses what is not its roster, and changes nothing (needs redis-server)", async () => {
  await using server = await TestRedis.start();
  const store = await server.open();
  await store.record([batch([ALICE])]);
  await server.send("HSET", "{rollcall}:totals", "version", "2");
  const newer = "the roster was written by a newer Rollcall";
  assertEquals(await failureOf(store.record([batch([BOB])])), newer);
  assertEquals(
    await failureOf(server.open()),
    `Cannot open the roster: ${newer}`,
  );
  await store.close();
  assertEquals(await server.send("HLEN", "{rollcall}:students"), ":1");

  await server.send("HSET", "{rollcall}:totals", "version", "1");
  const damaged = await server.open();
  await server.send("HSET", "{rollcall}:students", "[1]", "x");
  assertHas(
    await failureOf(Array.fromAsync(damaged.readAll())),
    "has a damaged row",
  );
  await damaged.close();

  await server.send("DEL", "{rollcall}:totals");
  const other = "has other data in the roster's place";
  assertHas(await failureOf(server.open()), other);
  await server.send("FLUSHALL");
  for (const key of ["students", "sids", "totals"]) {
    const late = await server.open();
    await server.send("SET", `{rollcall}:${key}`, "x");
    assertHas(await failureOf(server.open()), other);
    assertHas(await failureOf(late.record([batch([BOB])])), other);
    await late.close();
    await server.send("DEL", `{rollcall}:${key}`);
    assertEquals(await server.send("DBSIZE"), ":0");
  }
  assertHas(
    await failureOf(
      (await import("../lib/students/redis.ts")).RedisStore.open(
        server.address.replace(/0$/, "99"),
      ),
    ),
    "has no database of this number",
  );
});

encrypted.test("RedisStore uses TLS, and refuses a certificate that it does not trust (needs redis-server, openssl)", async () => {
  const folder = await Deno.makeTempDir();
  const [cert, key] = [`${folder}/cert.pem`, `${folder}/key.pem`];
  const { success } = await new Deno.Command("openssl", {
    args: [
      ...[
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
      ],
      ...["-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"],
      ...[
        "-addext",
        "subjectAltName=IP:127.0.0.1",
        "-keyout",
        key,
        "-out",
        cert,
      ],
    ],
    stderr: "null",
  }).output();
  assert(success);
  const options = ["--tls-cert-file", cert, "--tls-key-file", key];
  await using server = await TestRedis.start(
    [...options, "--tls-auth-clients", "no"],
    { tls: true, folder },
  );
  const message = await failureOf(server.open());
  assertHas(message, "the roster's database cannot be reached: ");
  assertHas(message.toLowerCase(), "cert");
  const store = await server.open({ ca: await Deno.readTextFile(cert) });
  await store.record([batch([ALICE])]);
  await server.kill();
  await failureOf(store.record([batch([ALICE])]));
  await server.start();
  await recovered(store);
  const [row] = await Array.fromAsync(store.readAll());
  assertEquals(row.requests, 2);
  await store.close();
});

Deno.test("toStoreError() says in plain words what Redis means", () => {
  const meanings = {
    "MISCONF Redis is configured to save RDB snapshots, but": "to its disk",
    "LOADING Redis is loading the dataset in memory": "is starting",
    "BUSY Redis is busy running a script.": "is busy",
    "NOREPLICAS Not enough good replicas to write.": "has lost its copies",
    // Redis 6 has other words before an error inside a script.
    "ERR Error running script (call to f_1): @user_script:9: @user_script: 9: -OOM command not allowed":
      "has no memory left",
    "ERR odd\x1b[2J": "the roster's database failed",
  };
  for (const [message, meaning] of Object.entries(meanings)) {
    assertHas(toStoreError(new ErrorReply(message)).message, meaning);
  }
  const secret = new Error("connect to 10.0.0.1 failed");
  const { message } = toStoreError(secret);
  assertEquals(message, "the roster's database cannot be reached");
});

Deno.test("parseRedisAddress() reads an address, and refuses a password in it", () => {
  const address = { host: "db", port: 6379, tls: false, database: 0 };
  assertEquals(parseRedisAddress("redis://db"), {
    ...address,
    username: undefined,
  });
  assertEquals(parseRedisAddress("rediss://me%40x@[::1]:7000/12"), {
    ...{ host: "::1", port: 7000, tls: true, database: 12 },
    username: "me@x",
  });
  const refused = (text: string) => {
    try {
      return `${JSON.stringify(parseRedisAddress(text))} was accepted`;
    } catch (error) {
      assert(error instanceof StoreError && !error.message.includes("secret"));
      return error.message;
    }
  };
  for (
    const text of [
      "redis://:secret@db",
      "redis://me:secret@db/0",
      "rediss://me:sec#ret@db/0",
      "redis://me:sec/ret@db",
      "redis://me:se%c@d b",
    ]
  ) assertHas(refused(text), "ROLLCALL_REDIS_PASSWORD", text);
  for (
    const text of [
      "redis://",
      "redis:",
      "redis://db/x",
      "redis://db/0/1",
      "redis://db:70000",
      "redis://db:0",
      "redis://db/0?secret",
      "redis://db/0#secret",
      "http://db",
      "db:6379",
      "redis://%E0%A4@db",
    ]
  ) assertHas(refused(text), "must be like redis://host", text);
});
