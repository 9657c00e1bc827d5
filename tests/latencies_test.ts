import { assert, assertEquals } from "@std/assert";
import { Latencies } from "../lib/latencies.ts";

Deno.test("Latencies.quantile() is within 2 % of the exact quantile", () => {
  for (const scale of [0.01, 1, 50, 10_000]) {
    const latencies = new Latencies();
    const times: number[] = [];
    for (let i = 0; i < 10_000; i++) {
      const ms = scale * Math.random() ** -0.5; // a few take long
      times.push(ms);
      latencies.add(ms);
    }
    times.sort((a, b) => a - b);
    for (const share of [0.0001, 0.5, 0.9, 0.99, 0.999, 1]) {
      const exact = times[Math.ceil(share * times.length) - 1];
      const near = latencies.quantile(share) / exact;
      assert(near > 0.98 && near < 1.02, `${share} of ${scale} ms: ${near}`);
    }
  }
});

Deno.test("Latencies accepts times of any length", () => {
  const latencies = new Latencies();
  for (const ms of [0, 1e-9, 1e12, Infinity]) latencies.add(ms);
  assertEquals(latencies.quantile(0.5), 0.001);
  assert(latencies.quantile(1) > 24 * 3600 * 1000);
});
