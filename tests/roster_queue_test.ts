// The queue of a roster: who is recorded together, and who gets which result.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { delay } from "@std/async/delay";
import { StudentHandler } from "../clienthandler.ts";
import { Lock } from "../lib/lock.ts";
import type { Entry } from "../lib/students/entry.ts";
import { MemoryStore } from "../lib/students/memory.ts";
import { Roster } from "../lib/students/roster.ts";
import type { Batch, Origin } from "../lib/students/row.ts";
import {
  isRecorded,
  type Recorded,
  StoreError,
} from "../lib/students/store.ts";
import type { Student } from "../lib/students/student.ts";
import { Random } from "../lib/testing/random.ts";
import { needs } from "./support/needs.ts";
import { ALICE, BOB, Peer, TestServer } from "./support/peers.ts";
import { HookedStore, ORIGIN, record, rowsOf } from "./support/roster.ts";

const net = needs("net");

/** Returns students with these many numbers, from `first` on. */
function students(count: number, first = 0): Student[] {
  return Array.from(
    { length: count },
    (_, i) => ({ ...ALICE, sid: first + i }),
  );
}

/** How many students each batch has. */
function sizes(batches: readonly Batch[]): number[] {
  return batches.map((batch) => batch.students.length);
}

/** A roster, and the sizes of the batches in each call of its store. */
function countingRoster(limits = {}) {
  const calls: number[][] = [];
  const store = new HookedStore((batches) => void calls.push(sizes(batches)));
  return { calls, roster: new Roster(store, limits) };
}

/** The result of an entry, or what it throws. */
function outcome(entry: Entry): unknown {
  try {
    return entry.results;
  } catch (error) {
    return error;
  }
}

Deno.test("Roster.recordWaiting() records all who wait, in one call of the store", async () => {
  const origins = [1, 2, 3].map((clientId) => ({ ...ORIGIN, clientId }));
  const { calls, roster } = countingRoster();
  const entries = origins.map((origin, i) =>
    roster.add([{ ...ALICE, student_name: `Alice ${i}` }, BOB], origin)
  );
  assertEquals(entries.map((entry) => entry.done), [false, false, false]);
  assertThrows(() => entries[0].results, Error, "not recorded yet");
  await roster.recordWaiting();
  assertEquals(calls, [[2, 2, 2]]);
  assertEquals(entries.map((entry) => entry.done), [true, true, true]);
  const before: Recorded = { before: "Alice 0" };
  assertEquals(entries.map((entry) => entry.results), [
    ["recorded", "recorded"],
    [before, "recorded"],
    [before, "recorded"],
  ]);
  const rows = await rowsOf(roster);
  assertEquals(rows.map((row) => [row.clientId, row.requests]), [
    [1, 1],
    [3, 3],
    [2, 1],
    [3, 1],
  ]);
  await roster.recordWaiting(); // nobody waits
  assertEquals(calls.length, 1);
});

Deno.test("Roster.recordWaiting() records few students at once if their texts are long", async () => {
  const { calls, roster } = countingRoster();
  const long = { ...ALICE, student_name: "a".repeat(60_000) };
  const entries = [1, 2, 2, 1, 1].map((count) =>
    roster.add(Array(count).fill(long), ORIGIN)
  );
  for (const entry of entries) if (!entry.done) await roster.recordWaiting();
  assertEquals(calls, [[1], [2], [2], [1, 1]]);
  assert(entries.every((entry) => entry.results.every(isRecorded)));
});

Deno.test("Roster.recordWaiting() returns no promise if one waits, and the store returns or throws at once", async () => {
  const full = new StoreError("The disk is full");
  const bug = new TypeError("a bug");
  const errors: Error[] = [];
  class StoreAtOnce extends MemoryStore {
    override record(batches: readonly Batch[]) {
      const error = errors.shift();
      if (error) throw error;
      return super.record(batches);
    }
  }
  const reports: string[] = [];
  const roster = new Roster(
    new StoreAtOnce(),
    {},
    (line) => void reports.push(line),
  );
  const recordAtOnce = () => {
    const entry = roster.add([ALICE], ORIGIN);
    assertEquals(roster.recordWaiting(), undefined);
    return outcome(entry);
  };
  assertEquals(recordAtOnce(), ["recorded"]);
  errors.push(full, bug);
  const refused = "The roster cannot record you now: The disk is full";
  assertEquals(recordAtOnce(), [{ refused }]);
  assertEquals(recordAtOnce(), bug);
  assertEquals(recordAtOnce(), ["recorded"]);
  assertEquals(reports, [
    "The roster cannot record students: The disk is full",
    "The roster records students again. It refused 1 request",
  ]);
  // The group fails once, and then each entry is recorded by itself.
  errors.push(bug);
  const entries = [ALICE, BOB].map((it) => roster.add([it], ORIGIN));
  await roster.recordWaiting();
  assertEquals(entries.map(outcome), [["recorded"], ["recorded"]]);
});

const CALLS = new Map([
  [undefined, [[1], [1]]],
  [0, [[1, 1]]],
  [1, [[1, 1]]],
]);
for (const [groupDelay, expected] of CALLS) {
  Deno.test(`Roster.recordWaiting() waits for more students as long as the store asks: ${groupDelay}`, async () => {
    const calls: number[][] = [];
    const store = new HookedStore((batches) => void calls.push(sizes(batches)));
    const roster = new Roster(Object.assign(store, { groupDelay }));
    roster.add([ALICE], ORIGIN);
    const recorded = roster.recordWaiting();
    const entry = roster.add([BOB], ORIGIN);
    await recorded;
    if (!entry.done) await roster.recordWaiting();
    assertEquals(calls, expected);
  });
}

Deno.test("Roster.recordWaiting() records at most 500 students, and leaves the others in the queue", async () => {
  const { calls, roster } = countingRoster();
  const counts = [200, 200, 100, 1, 499, 2, 500, 1];
  const entries = counts.map((count) => roster.add(students(count), ORIGIN));
  const done: number[] = [];
  while (entries.some((entry) => !entry.done)) {
    await roster.recordWaiting();
    done.push(entries.filter((entry) => entry.done).length);
  }
  assertEquals(calls, [[200, 200, 100], [1, 499], [2], [500], [1]]);
  assertEquals(done, [3, 5, 6, 7, 8]);
});

Deno.test("Roster.recordWaiting() divides an entry of more than 500 students, and its results stay in order", async () => {
  const { calls, roster } = countingRoster();
  const many = students(1250).map((student, i) =>
    i % 7 === 6 ? { ...BOB, sid: i - 6 } : student
  );
  const [few, long, last] = [students(3, 2000), many, students(2, 3000)]
    .map((some) => roster.add(some, ORIGIN));
  await roster.recordWaiting();
  assertEquals([few.done, long.done, last.done], [true, false, false]);
  await roster.recordWaiting();
  assertEquals([long.done, last.done], [true, false]);
  await roster.recordWaiting();
  assertEquals(calls, [[3], [500], [500], [250], [2]]);
  const before: Recorded = { before: ALICE.student_name };
  const expected = many.map((_, i) => i % 7 === 6 ? before : "recorded");
  assertEquals(long.results, expected);
  assertEquals(last.results, ["recorded", "recorded"]);
});

/** A roster whose store throws what `errors` has for the next calls. */
function failingRoster(limits = {}) {
  const errors: unknown[] = [];
  const reports: string[] = [];
  const store = new HookedStore(() => {
    const error = errors.shift();
    if (error) throw error;
  });
  const roster = new Roster(store, limits, (line) => reports.push(line));
  return { errors, reports, roster };
}

Deno.test("A StoreError refuses the students of its group only, and each kind of failure is reported once", async () => {
  const { errors, reports, roster } = failingRoster();
  const full = new StoreError("The disk is full");
  errors.push(full);
  const entries = [students(2), students(1), students(500, 10)]
    .map((some) => roster.add(some, ORIGIN));
  await roster.recordWaiting();
  const refused: Recorded = {
    refused: "The roster cannot record you now: The disk is full",
  };
  assertEquals(entries[0].results, [refused, refused]);
  assertEquals(entries[1].results, [refused]);
  assertEquals(entries[2].done, false);
  const failed = "The roster cannot record students: The disk is full";
  assertEquals(reports.splice(0), [failed]);
  await roster.recordWaiting();
  assertEquals(entries[2].results, Array(500).fill("recorded"));
  const works = "The roster records students again. It refused 3 requests";
  assertEquals(reports.splice(0), [works]);
  assertEquals(roster.size, 500);

  errors.push(full, full, new StoreError("No network"), full);
  const results: Recorded[] = [];
  for (let i = 0; i < 6; i++) results.push(...await record(roster, [ALICE]));
  assertEquals(results, [
    refused,
    refused,
    { refused: "The roster cannot record you now: No network" },
    refused,
    "recorded",
    "recorded",
  ]);
  assertEquals(reports.splice(0), [
    failed,
    "The roster cannot record students: No network",
    failed,
    "The roster records students again. It refused 4 requests",
  ]);

  errors.push(full);
  await record(roster, [ALICE]);
  await record(roster, [ALICE]);
  assertEquals(reports, [
    failed,
    "The roster records students again. It refused 1 request",
  ]);
});

Deno.test("A StoreError refuses one part of a long entry, if the others are recorded", async () => {
  const { errors, roster } = failingRoster();
  errors.push(undefined, new StoreError("Not now"));
  const results = await record(roster, students(1200));
  assertEquals(
    results.map(isRecorded),
    results.map((_, i) => i < 500 || i >= 1000),
  );
  assertEquals(roster.size, 700);
});

Deno.test("Another error reaches the entry that causes it, and the others of the group are recorded", async () => {
  const calls: number[][] = [];
  const bug = new TypeError("a bug");
  const store = new HookedStore((batches) => {
    calls.push(sizes(batches));
    for (const { students } of batches) {
      if (students.some(({ sid }) => sid === "odd")) throw bug;
    }
  });
  const reports: string[] = [];
  const roster = new Roster(store, {}, (line) => reports.push(line));
  const odd = { ...BOB, sid: "odd" };
  const entries = [[ALICE], [BOB, odd, BOB], [{ ...BOB, sid: ALICE.sid }]]
    .map((some) => roster.add(some, ORIGIN));
  await roster.recordWaiting();
  assertEquals(calls, [[1, 3, 1], [1], [3], [1]]);
  assertEquals(entries.map((entry) => entry.done), [true, true, true]);
  assertEquals(entries.map(outcome), [
    ["recorded"],
    bug,
    [{ before: ALICE.student_name }],
  ]);
  assert(outcome(entries[1]) === bug);
  const rows = await rowsOf(roster);
  assertEquals(rows.map((row) => row.requests), [1, 1]);
  assertEquals(reports, []); // the handler reports it
});

Deno.test("An entry throws an Error if the store throws undefined", async () => {
  const store = new HookedStore(() => {
    throw undefined;
  });
  const roster = new Roster(store);
  const entry = roster.add([ALICE], ORIGIN);
  await roster.recordWaiting();
  assertEquals(entry.done, true);
  assertThrows(() => entry.results, Error, "The store failed");
});

Deno.test("Nothing more of a long entry is recorded after an error", async () => {
  const { errors, roster } = failingRoster();
  errors.push(undefined, new TypeError("a bug"));
  const entry = roster.add(students(1200), ORIGIN);
  await roster.recordWaiting();
  assertThrows(() => entry.results, TypeError, "a bug");
  assertEquals(roster.size, 500);
});

Deno.test("A student who comes twice in a group is one new student, and needs the room of one", async () => {
  const { calls, roster } = countingRoster({
    maxNewPerConnection: 1,
    maxNewPerAddress: 2,
  });
  const origins = [1, 2, 3].map((clientId) => ({ ...ORIGIN, clientId }));
  const group = async (...who: [Student[], Origin][]) => {
    const entries = who.map(([some, origin]) => roster.add(some, origin));
    await roster.recordWaiting();
    return entries.map((entry) => entry.results.map(isRecorded));
  };
  const text = { ...ALICE, sid: `${ALICE.sid}` };
  assertEquals(
    await group([[ALICE, text, BOB], origins[0]], [[ALICE, BOB], origins[1]]),
    [[true, true, false], [true, true]],
  );
  const third = { ...ALICE, sid: 3 };
  assertEquals(
    await group([[third, third, BOB], origins[2]], [[ALICE], origins[0]]),
    [[false, false, true], [true]],
  );
  assertEquals(calls, [[2, 2], [1, 1]]);
  const { maxNewPerConnection, maxNewPerAddress } = roster.limitHits;
  assertEquals([maxNewPerConnection, maxNewPerAddress], [1, 2]);

  const one = new Roster(undefined, { maxRosterBytes: 500 });
  const results = await record(one, [ALICE, text, BOB, ALICE]);
  assertEquals(results.map(isRecorded), [true, true, false, true]);
  assertEquals(one.limitHits.maxRosterBytes, 1);
});

Deno.test("The store is not called for students who are all refused", async () => {
  const { calls, roster } = countingRoster({ maxRosterBytes: 0 });
  const results = await record(roster, [ALICE, BOB]);
  assertEquals(results.map(isRecorded), [false, false]);
  assertEquals(calls, []);
});

Deno.test("New students whom the store does not record are not counted", async () => {
  const { errors, roster } = failingRoster({ maxNewPerConnection: 2 });
  const full = new StoreError("The disk is full");
  errors.push(full, full, full);
  for (let i = 0; i < 3; i++) await record(roster, [ALICE, BOB]);
  // The group fails once, and then each entry is recorded by itself.
  errors.push(new TypeError("a bug"));
  const entries = [[ALICE], [BOB], [{ ...BOB, sid: 3 }]]
    .map((some) => roster.add(some, ORIGIN));
  await roster.recordWaiting();
  assertEquals(
    entries.map((entry) => entry.results.map(isRecorded)),
    [[true], [true], [false]],
  );
  assertEquals(roster.limitHits.maxNewPerConnection, 1);
});

Deno.test("A refusal by a limit does not mean that the store works again", async () => {
  const { errors, reports, roster } = failingRoster({ maxNewPerConnection: 1 });
  await record(roster, [ALICE]);
  errors.push(new StoreError("The disk is full"));
  await record(roster, [ALICE]);
  assertEquals((await record(roster, [BOB])).map(isRecorded), [false]);
  assertEquals(reports.length, 1);
  await record(roster, [ALICE]);
  assertEquals(reports.length, 2);
});

/** Lets other tasks run, sometimes. */
async function pause(random: Random): Promise<void> {
  for (let i = random.below(12); i > 0; i--) await Promise.resolve();
}

/** Returns a few students out of few. Some are invalid for the store. */
function someone(random: Random): Student[] {
  return Array.from({ length: 1 + random.below(4) }, () => ({
    student_name: random.pick(["Alice", "Bob", null, "a".repeat(300)]),
    github_username: "abrown",
    sid: random.below(60) === 0 ? "odd" : random.pick([1, "1", 2, 3, 4, null]),
  }));
}

/** The rows of a roster, without their times. */
async function timeless(roster: Roster) {
  const rows = await rowsOf(roster);
  return rows.map((row) => ({ ...row, firstSeen: 0, lastSeen: 0 }));
}

Deno.test("Handlers with a queue get the same results as if each had been there alone", async () => {
  let [together, refused, failed] = [0, 0, 0];
  for (let seed = 0; seed < 150; seed++) {
    const random = new Random(seed);
    const isOdd = (some: readonly Student[]) =>
      some.some(({ sid }) => sid === "odd");
    const refuseOdd = (batches: readonly Batch[]) => {
      if (batches.some(({ students }) => isOdd(students))) throw "odd";
    };
    const store = new HookedStore(async (batches) => {
      if (batches.length > 1) together++;
      await pause(random);
      refuseOdd(batches);
    });
    const limits = {
      maxNewPerConnection: random.pick([0, 3]),
      maxNewPerAddress: random.pick([0, 8]),
      maxRosterBytes: random.pick([3000, 1_000_000]),
    };
    const roster = new Roster(store, limits);
    const lock = new Lock();
    const added: { entry: Entry; some: Student[]; origin: Origin }[] = [];
    const ended: Entry[] = [];
    /** Does what a handler does, a few times. */
    const handle = async (origin: Origin) => {
      for (let i = 0; i < 6; i++) {
        await pause(random);
        const some = someone(random);
        const entry = roster.add(some, origin);
        added.push({ entry, some, origin });
        using _guard = await lock.acquire();
        if (!entry.done) await roster.recordWaiting();
        assert(entry.done);
        ended.push(entry);
      }
    };
    const origins = Array.from(
      { length: 8 },
      (_, clientId) => ({ clientId, clientIp: `192.0.2.${clientId % 3}` }),
    );
    await Promise.all(origins.map(handle));
    assert(ended.every((entry, i) => entry === added[i].entry));

    const alone = new Roster(new HookedStore(refuseOdd), limits);
    for (const { entry, some, origin } of added) {
      const model = alone.add(some, origin);
      await alone.recordWaiting();
      assertEquals(outcome(entry), outcome(model), `seed ${seed}`);
      if (outcome(model) === "odd") failed++;
      else refused += model.results.filter((it) => !isRecorded(it)).length;
    }
    assertEquals(await timeless(roster), await timeless(alone));
    assertEquals(roster.limitHits, alone.limitHits);
    assertEquals(roster.size, alone.size);
  }
  assert(together > 1000 && refused > 500 && failed > 100);
});

net.test("Many clients at once need far fewer calls of a slow store than they have requests (needs net)", async () => {
  const [clients, each] = [40, 5];
  const calls: Batch[][] = [];
  const store = new HookedStore(async (batches) => {
    calls.push([...batches]);
    await delay(5);
  });
  const clientHandler = StudentHandler.with(new Roster(store));
  await using test = new TestServer({ clientHandler });
  await Promise.all(Array.from({ length: clients }, async (_, client) => {
    using peer = await Peer.greeted(test.addr);
    for (let i = 0; i < each; i++) {
      await peer.send({ ...ALICE, sid: client * 10 + i });
      assertEquals(await peer.receive(), 1);
    }
  }));
  const recorded = calls.flat().flatMap(({ students }) => students);
  assertEquals(recorded.length, clients * each);
  assert(calls.length < clients * each / 4, `${calls.length} calls`);
  const printed = test.lines.slice(1).map((line) => line.split(": ").pop());
  assertEquals(printed, recorded.map(({ sid }) => `${sid}`));
});
