import { assert, assertEquals, assertThrows } from "@std/assert";
import { FORMATS, type WireFormat } from "../lib/formats/formats.ts";
import { VECTOR_ROWS } from "./support/vectors.ts";
import { fuzzOnce, type Outcome, samplesOf } from "../tools/stress/fuzz.ts";

for (const format of Object.values(FORMATS)) {
  Deno.test(`fuzzOnce() finds nothing wrong with ${format.name} in 4,000 seeds`, () => {
    const samples = samplesOf(format, VECTOR_ROWS);
    const outcomes = new Map<Outcome, number>();
    for (let seed = 1; seed <= 4000; seed++) {
      const outcome = fuzzOnce(seed, format, samples);
      outcomes.set(outcome, 1 + (outcomes.get(outcome) ?? 0));
    }
    for (const outcome of ["messages", "incomplete", "refused"] as const) {
      assert(outcomes.get(outcome)! > 10, `hardly any are ${outcome}`);
    }
    assertEquals(outcomes.size, 3);
  });
}

Deno.test("fuzzOnce() throws if a reader throws an unexpected error or goes over a limit", () => {
  const reading = (read: WireFormat["reader"]): WireFormat => ({
    ...FORMATS.pickle,
    reader: read,
  });
  const samples = [Uint8Array.of(1, 2, 3)];
  const throwing = reading(() => ({
    pendingBytes: 0,
    read: () => {
      throw new RangeError("out of bounds");
    },
  }));
  assertThrows(() => fuzzOnce(1, throwing, samples), RangeError);
  const deep = JSON.parse("[".repeat(10) + "]".repeat(10));
  const making = reading(() => ({
    pendingBytes: 0,
    read: (_bytes, end, messages) => {
      messages.push(deep);
      return end;
    },
  }));
  assertThrows(() => fuzzOnce(1, making, samples), Error, "too deep");
});
