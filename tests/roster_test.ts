import { assert, assertEquals } from "@std/assert";
import { SimulatedClock } from "../lib/testing/clock.ts";
import { Random } from "../lib/testing/random.ts";
import { MemoryRoster } from "../lib/students/memory.ts";
import type { Recorded } from "../lib/students/roster.ts";
import { isRecorded } from "../lib/students/roster.ts";
import type { Sid, Student } from "../lib/students/student.ts";
import { ALICE, BOB } from "./support/peers.ts";

/** A low limit, so that it is reached. */
const LIMITS = { maxRosterBytes: 4000 };
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

Deno.test("MemoryRoster.record() treats a batch the same as its students one by one", async () => {
  let [refused, renamed] = [0, 0];
  for (let round = 0; round < 300; round++) {
    const together = new MemoryRoster(LIMITS);
    const single = new MemoryRoster(LIMITS);
    for (let batch = 0; batch < 10; batch++) {
      const students = Array.from({ length: pick([1, 2, 5, 20]) }, someone);
      const recorded = await together.record(students.map((it) => ({ ...it })));
      const alone: Recorded[] = [];
      for (const student of students) {
        alone.push(...await single.record([{ ...student }]));
      }
      assertEquals(recorded, alone);
      assertEquals(together.size, single.size);
      for (const sid of SIDS) {
        assertEquals(await together.read(sid), await single.read(sid));
      }
      renamed += recorded.filter((it) =>
        isRecorded(it) && it !== "recorded"
      ).length;
    }
    assertEquals(together.limitHits, single.limitHits);
    refused += together.limitHits.maxRosterBytes;
  }
  assert(refused > 100);
  assert(renamed > 100);
});

Deno.test("MemoryRoster has as much room after its students were replaced as one that has only the last of each", async () => {
  /** How many further students there is room for. */
  const room = async (roster: MemoryRoster) => {
    const before = roster.size;
    for (let i = 0; roster.limitHits.maxRosterBytes === 0; i++) {
      await roster.record([{ ...BOB, sid: `further ${i}` }]);
    }
    return roster.size - before;
  };
  for (let round = 0; round < 100; round++) {
    const limits = { maxRosterBytes: 60_000 }; // so that none is refused
    const [replaced, last] = [
      new MemoryRoster(limits),
      new MemoryRoster(limits),
    ];
    for (let i = 0; i < 50; i++) await replaced.record([someone(), someone()]);
    for (const sid of SIDS) {
      const student = await replaced.read(sid);
      // "3" and 3 are one `sid`.
      if (student && student.sid === sid) await last.record([student]);
    }
    assertEquals(replaced.limitHits.maxRosterBytes, 0);
    assertEquals(replaced.size, last.size);
    assertEquals(await room(replaced), await room(last));
  }
});

Deno.test("MemoryRoster counts its bytes, and a long row replaced by a short one frees room", async () => {
  // Large students may take half of it.
  const roster = new MemoryRoster({ maxRosterBytes: 8_000 });
  const large = { ...ALICE, more: "a".repeat(1_000) };
  for (let i = 0; i < 100; i++) {
    assertEquals(await roster.record([large]), ["recorded"]);
    assertEquals(await roster.record([ALICE]), ["recorded"]);
  }
  const other = { ...large, sid: 2 };
  assertEquals(await roster.record([large, other]), ["recorded", FULL]);
  assertEquals(await roster.record([ALICE, other]), ["recorded", "recorded"]);
});

Deno.test("MemoryRoster bounds the number of small students, too, and still updates those that it has", async () => {
  const roster = new MemoryRoster({ maxRosterBytes: 100_000 });
  const students = Array.from(
    { length: 1000 },
    (_, sid) => ({ ...ALICE, sid }),
  );
  const results = [
    ...await roster.record(students.slice(0, 500)),
    ...await roster.record(students.slice(500)),
  ];
  const { size } = roster;
  assert(size > 100 && size < 400, `${size} students`);
  assertEquals(results.filter(isRecorded).length, size);
  assertEquals(results.slice(0, size), Array(size).fill("recorded"));
  assertEquals(results.at(-1), FULL);
  assertEquals(roster.limitHits.maxRosterBytes, 1000 - size);
  assertEquals(await roster.record([{ ...ALICE, sid: 1 }]), ["recorded"]);
  const longer = { ...ALICE, sid: 1, student_name: "a".repeat(300) };
  assertEquals(await roster.record([longer]), [FULL]);
  assertEquals(await roster.read(1), { ...ALICE, sid: 1 });
});

Deno.test("MemoryRoster.record() returns the name that a sid came with before, but not for null", async () => {
  const roster = new MemoryRoster();
  const named = (student_name: string | null, sid: Sid = 7) => ({
    ...ALICE,
    student_name,
    sid,
  });
  const record = async (...students: Student[]) => {
    const results = await roster.record(students);
    assert(results.every(isRecorded));
    return results;
  };
  assertEquals(await record(named("Alice"), named("Alice")), [
    "recorded",
    "recorded",
  ]);
  assertEquals(await record(named("Bob"), named("Carol", "7")), [
    { before: "Alice" },
    { before: "Bob" },
  ]);
  const long = "D".repeat(300);
  assertEquals(await record(named(long)), [{ before: "Carol" }]);
  assertEquals(await record(named("Eve")), [{ before: long }]);
  assertEquals(await record(named(null), named("Frank"), named("Frank")), [
    "recorded",
    "recorded",
    "recorded",
  ]);
  assertEquals(await record(named("Alice", null), named("Bob", null)), [
    "recorded",
    "recorded",
  ]);
});

Deno.test("New students are counted anew in the next minute, and known students are never refused", async () => {
  using clock = new SimulatedClock(new Random(1));
  const pass = async (ms: number) => {
    clock.schedule(ms, () => {});
    await clock.step();
  };
  const roster = new MemoryRoster({
    maxNewPerConnection: 2,
    maxNewPerAddress: 3,
  });
  const [one, two] = [{ clientIp: "192.0.2.1" }, { clientIp: "192.0.2.1" }];
  const elsewhere = { clientIp: "192.0.2.2" };
  let sid = 0;
  /** Whether a new student is recorded. */
  const isNew = async (origin: typeof one) =>
    isRecorded((await roster.record([{ ...ALICE, sid: ++sid }], origin))[0]);
  for (let minute = 0; minute < 3; minute++) {
    assertEquals([await isNew(one), await isNew(one)], [true, true]);
    assertEquals(await isNew(one), false);
    await pass(59_000);
    assertEquals([await isNew(one), await isNew(two)], [false, true]);
    assertEquals([await isNew(two), await isNew(elsewhere)], [false, true]);
    assertEquals(
      await roster.record([{ ...ALICE, sid: 1 }, { ...BOB, sid: 1 }], one),
      ["recorded", { before: "Alice Brown" }],
    );
    await roster.record([{ ...ALICE, sid: 1 }], one);
    await pass(1000);
  }
  assertEquals(roster.limitHits.maxNewPerConnection, 3 * 2);
  assertEquals(roster.limitHits.maxNewPerAddress, 3);
  // Whom the server itself records, without a connection, is not counted.
  const own = Array.from({ length: 50 }, () => ({ ...ALICE, sid: ++sid }));
  assertEquals(await roster.record(own), Array(50).fill("recorded"));
});

Deno.test("MemoryRoster always has room for small students beside large ones", async () => {
  const roster = new MemoryRoster({ maxRosterBytes: 100_000 });
  const more = "a".repeat(1_000);
  const large = Array.from({ length: 100 }, (_, sid) => ({
    ...ALICE,
    sid,
    more,
  }));
  const results = await roster.record(large);
  assertEquals(results.at(-1), FULL);
  const small = large.map(({ sid }) => ({ ...ALICE, sid: sid + 1_000 }));
  assertEquals(await roster.record(small), Array(100).fill("recorded"));
});
