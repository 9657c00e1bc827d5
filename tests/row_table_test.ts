// The table of a roster in memory, compared with a Map.

import { assertEquals } from "@std/assert";
import { NONE, RowTable } from "../lib/students/row_table.ts";
import { Random } from "../lib/testing/random.ts";

Deno.test("RowTable finds each key that was added, and no other one, as a Map does", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = new Random(seed);
    const table = new RowTable();
    const map = new Map<string | number, number>();
    // Keys of few bits meet in the same slots; 0 is also what empty slots contain.
    const bits = 1 + random.below(52);
    for (let i = 0; i < 5000; i++) {
      const number = random.below(2 ** bits) * (random.below(2) ? 1 : -1);
      const key = random.below(10) === 0 ? `#${number}` : number;
      assertEquals(table.get(key), map.get(key) ?? NONE, `${key}`);
      if (!map.has(key) && random.below(2) === 0) {
        table.add(key, i);
        map.set(key, i);
      }
      assertEquals(table.size, map.size);
    }
    for (const [key, row] of map) assertEquals(table.get(key), row, `${key}`);
  }
});
