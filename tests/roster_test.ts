import { assertEquals } from "@std/assert";
import { MemoryRoster } from "../lib/students/memory.ts";
import type { Recorded } from "../lib/students/roster.ts";
import type { Sid, Student } from "../lib/students/student.ts";

/** Low limits, so that they are reached. */
const LIMITS = { maxRosterRows: 12, maxRosterBytes: 4000 };
const SIDS: readonly Sid[] = [
  ...[...Array(10).keys()],
  ...["3", "007", "text", null, 2n ** 70n, 2 ** 40],
];

function pick<T>(from: readonly T[]): T {
  return from[Math.floor(Math.random() * from.length)];
}

/** Returns a random student, usually a small one. */
function someone(): Student {
  const large = Math.random() < 0.1;
  return {
    student_name: large ? "x".repeat(300) : pick(["Alice Brown", "Bob Chen"]),
    github_username: pick(["abrown", "bchen", null]),
    sid: pick(SIDS),
    ...(Math.random() < 0.05 ? { extra: pick([1, "two"]) } : {}),
  };
}

Deno.test("MemoryRoster.record() treats a batch the same as its students one by one", async () => {
  let refused = 0;
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
    }
    assertEquals(together.limitHits, single.limitHits);
    const { maxRosterRows, maxRosterBytes } = together.limitHits;
    refused += maxRosterRows + maxRosterBytes;
  }
  assertEquals(refused > 100, true);
});
