import { assert, assertEquals } from "@std/assert";
import { SimulatedClock } from "../lib/testing/clock.ts";
import { Random } from "../lib/testing/random.ts";
import { MemoryStore } from "../lib/students/memory.ts";
import { Roster } from "../lib/students/roster.ts";
import { isRecorded, type Recorded } from "../lib/students/store.ts";
import type { Sid, Student } from "../lib/students/student.ts";
import { ALICE, BOB } from "./support/peers.ts";
import { record, rowsOf } from "./support/roster.ts";

/** A low limit, so that it is reached. */
const LIMITS = { maxRosterBytes: 12_000 };
const SIDS: readonly Sid[] = [
  ...[...Array(10).keys()],
  ...["3", "007", "text", null, 2n ** 70n, 2 ** 40],
];
const FULL: Recorded = { refused: "The roster is full" };

function pick<T>(from: readonly T[]): T {
  return from[Math.floor(Math.random() * from.length)];
}

/** Returns a random student, usually a small one. */
function someone(): Student {
  const large = Math.random() < 0.1;
  return {
    student_name: large
      ? "x".repeat(300)
      : pick(["Alice Brown", "Bob Chen", null]),
    github_username: pick(["abrown", "bchen", null]),
    sid: pick(SIDS),
    ...(Math.random() < 0.05 ? { extra: pick([1, "two"]) } : {}),
  };
}

/** The rows of a roster, without their times. */
async function timeless(roster: Roster) {
  const rows = await rowsOf(roster);
  return rows.map((row) => ({ ...row, firstSeen: 0, lastSeen: 0 }));
}

Deno.test("Roster records a batch the same as its students one by one", async () => {
  let [refused, renamed] = [0, 0];
  for (let round = 0; round < 300; round++) {
    const together = new Roster(undefined, LIMITS);
    const single = new Roster(undefined, LIMITS);
    for (let batch = 0; batch < 10; batch++) {
      const students = Array.from({ length: pick([1, 2, 5, 20]) }, someone);
      const recorded = await record(together, students);
      const alone: Recorded[] = [];
      for (const student of students) {
        alone.push(...await record(single, [student]));
      }
      assertEquals(recorded, alone);
      assertEquals(together.size, single.size);
      renamed += recorded.filter((it) =>
        isRecorded(it) && it !== "recorded"
      ).length;
    }
    assertEquals(await timeless(together), await timeless(single));
    assertEquals(together.limitHits, single.limitHits);
    refused += together.limitHits.maxRosterBytes;
  }
  assert(refused > 100);
  assert(renamed > 100);
});

Deno.test("Roster needs no more room for a row that comes again, and only the three fields count", async () => {
  const roster = new Roster(undefined, { maxRosterBytes: 1_000 });
  const noted = { ...ALICE, note: "a".repeat(10_000) };
  for (let i = 0; i < 100; i++) {
    assertEquals(await record(roster, [ALICE, noted]), [
      "recorded",
      "recorded",
    ]);
  }
  const [{ requests, ...row }, ...more] = await rowsOf(roster);
  assertEquals([requests, more], [200, []]);
  assertEquals("note" in row, false);
});

Deno.test("Roster bounds the number of small students, too, and still updates those that it has", async () => {
  const roster = new Roster(undefined, { maxRosterBytes: 100_000 });
  const students = Array.from(
    { length: 1000 },
    (_, sid) => ({ ...ALICE, sid }),
  );
  const results = [
    ...await record(roster, students.slice(0, 500)),
    ...await record(roster, students.slice(500)),
  ];
  const { size } = roster;
  assert(size > 100 && size < 400, `${size} students`);
  assertEquals(results.filter(isRecorded).length, size);
  assertEquals(results.slice(0, size), Array(size).fill("recorded"));
  assertEquals(results.at(-1), FULL);
  assertEquals(roster.limitHits.maxRosterBytes, 1000 - size);
  assertEquals(await record(roster, [{ ...ALICE, sid: 1 }]), ["recorded"]);
  const renamed = { ...ALICE, sid: 1, student_name: "Alice" };
  assertEquals(await record(roster, [renamed]), [FULL]);
  const rows = await rowsOf(roster);
  assertEquals(rows.length, size);
  const { sid, student_name, requests } = rows[1];
  assertEquals([sid, student_name, requests], ["1", ALICE.student_name, 2]);
});

Deno.test("Roster names the first student of a sid when the sid comes with another name, but not for null", async () => {
  const roster = new Roster();
  const named = (student_name: string | null, sid: Sid = 7) => ({
    ...ALICE,
    student_name,
    sid,
  });
  const results = async (...students: Student[]) => {
    const results = await record(roster, students);
    assert(results.every(isRecorded));
    return results;
  };
  assertEquals(await results(named("Alice"), named("Alice")), [
    "recorded",
    "recorded",
  ]);
  const before = { before: "Alice" };
  assertEquals(await results(named("Bob"), named("Carol", "7")), [
    before,
    before,
  ]);
  // They have rows of their own by now.
  assertEquals(await results(named("Bob"), named("Alice")), [
    "recorded",
    "recorded",
  ]);
  const long = "D".repeat(300);
  assertEquals(await results(named(long), named(long)), [before, "recorded"]);
  assertEquals(await results(named(null), named("Frank")), [
    "recorded",
    before,
  ]);
  const account = { ...named("Alice"), github_username: "another" };
  assertEquals(await results(account), ["recorded"]);
  assertEquals(await results(named("Alice", null), named("Bob", null)), [
    "recorded",
    "recorded",
  ]);
  assertEquals(await results(named(null, 8), named("Bob", 8)), [
    "recorded",
    "recorded",
  ]);
  assertEquals(roster.size, 3);
});

Deno.test("New students are counted anew in the next minute, and known students are never refused", async () => {
  using clock = new SimulatedClock(new Random(1));
  const pass = async (ms: number) => {
    clock.schedule(ms, () => {});
    await clock.step();
  };
  const roster = new Roster(undefined, {
    maxNewPerConnection: 2,
    maxNewPerAddress: 4,
  });
  const [one, two] = [1, 2].map((clientId) => ({
    clientId,
    clientIp: "192.0.2.1",
  }));
  const elsewhere = { clientId: 3, clientIp: "192.0.2.2" };
  let sid = 0;
  /** Whether a new student is recorded. */
  const isNew = async (origin: typeof one) =>
    isRecorded((await record(roster, [{ ...ALICE, sid: ++sid }], origin))[0]);
  await isNew(elsewhere);
  await pass(60_000);
  for (let minute = 0; minute < 3; minute++) {
    // Another name makes a known sid a new student.
    const renamed = { ...BOB, sid: 1, student_name: `Bob ${minute}` };
    assertEquals(await record(roster, [{ ...ALICE, sid: 1 }, renamed], one), [
      "recorded",
      { before: "Alice Brown" },
    ]);
    assertEquals([await isNew(one), await isNew(one)], [true, false]);
    await pass(59_000);
    assertEquals([await isNew(one), await isNew(two)], [false, true]);
    assertEquals([await isNew(two), await isNew({ ...two })], [true, false]);
    assertEquals(await isNew(elsewhere), true);
    assertEquals(
      await record(roster, [{ ...ALICE, sid: 1 }, renamed], one),
      ["recorded", "recorded"],
    );
    await pass(1000);
  }
  assertEquals(roster.limitHits.maxNewPerConnection, 3 * 2);
  assertEquals(roster.limitHits.maxNewPerAddress, 3);
});

Deno.test("Roster always has room for small students beside large ones", async () => {
  const roster = new Roster(undefined, { maxRosterBytes: 100_000 });
  const large = Array.from({ length: 100 }, (_, sid) => ({
    ...ALICE,
    sid,
    student_name: "a".repeat(1_000),
  }));
  for (let i = 0; i < 100; i += 5) {
    const results = await record(roster, large.slice(i, i + 5));
    assertEquals(results.at(-1), i < 20 ? "recorded" : FULL);
  }
  const small = large.map(({ sid }) => ({ ...ALICE, sid: sid + 1_000 }));
  assertEquals(await record(roster, small), Array(100).fill("recorded"));
});

Deno.test("Roster closes its store when it is disposed of", async () => {
  let closed = 0;
  class Closing extends MemoryStore {
    override close() {
      closed++;
      return super.close();
    }
  }
  {
    await using _roster = new Roster(new Closing());
  }
  assertEquals(closed, 1);
});

Deno.test("Roster calls onResults with every result, and ignores what it throws", async () => {
  const roster = new Roster(undefined, { maxNewPerConnection: 2 });
  const seen: unknown[] = [];
  roster.onResults = ({ students, origin }, results) => {
    seen.push([students.length, origin.clientId, results]);
    throw new Error("It must not matter");
  };
  const mallory = { ...ALICE, student_name: "Mallory" };
  const results = await record(roster, [ALICE, mallory, BOB]);
  assertEquals(results.map(isRecorded), [true, true, false]);
  await record(roster, [ALICE]);
  assertEquals(seen, [[3, 50_000, results], [1, 50_000, ["recorded"]]]);
});
