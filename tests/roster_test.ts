import { assertEquals } from "@std/assert";
import { DEFAULT_LIMITS, limitCounts } from "../lib/limits.ts";
import { MemoryRoster } from "../lib/students/memory.ts";
import type { Sid, Student } from "../lib/students/student.ts";

/** Low limits, so that they are reached. */
const LIMITS = { ...DEFAULT_LIMITS, maxRosterRows: 12, maxRosterBytes: 4000 };
const SIDS: readonly Sid[] = [
  ...[...Array(10).keys()],
  ...["3", "007", "text", null, 2n ** 70n, 2 ** 40],
];

function pick<T>(from: readonly T[]): T {
  return from[Math.floor(Math.random() * from.length)];
}

/** A student, who is light as a rule. */
function someone(): Student {
  const heavy = Math.random() < 0.1;
  return {
    student_name: heavy ? "x".repeat(300) : pick(["Alice Brown", "Bob Chen"]),
    github_username: pick(["abrown", "bchen", null]),
    sid: pick(SIDS),
    ...(Math.random() < 0.05 ? { extra: pick([1, "two"]) } : {}),
  };
}

Deno.test("MemoryRoster.record() makes the same of a batch as of its students one by one", async () => {
  let refused = 0;
  for (let round = 0; round < 300; round++) {
    const [counts, counts1] = [limitCounts(), limitCounts()];
    const together = new MemoryRoster(LIMITS, counts);
    const single = new MemoryRoster(LIMITS, counts1);
    for (let batch = 0; batch < 10; batch++) {
      const students = Array.from({ length: pick([1, 2, 5, 20]) }, someone);
      const recorded = await together.record(students.map((it) => ({ ...it })));
      const alone: Student[] = [];
      for (const student of students) {
        const all = await single.record([{ ...student }]);
        alone.push(...(all ?? [student]));
      }
      assertEquals([...(recorded ?? students)], alone);
      assertEquals(together.size, single.size);
      for (const sid of SIDS) {
        assertEquals(await together.read(sid), await single.read(sid));
      }
    }
    assertEquals(counts, counts1);
    refused += counts.maxRosterRows + counts.maxRosterBytes;
  }
  assertEquals(refused > 100, true);
});
