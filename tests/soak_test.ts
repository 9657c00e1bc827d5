import { assert, assertEquals } from "@std/assert";
import { quantile, trendOf } from "../tools/stress/soak/trend.ts";
import {
  judgeRest,
  judgeTrends,
  type Sample,
  table,
} from "../tools/stress/soak/verdict.ts";
import { needs } from "./support/needs.ts";
import { Program } from "../tools/processes/program.ts";

const run = needs("run");

const STEADY: Sample = {
  time: 0,
  heap: 8e6,
  rss: 1e8,
  descriptors: 66,
  timers: 1,
  turns: 0,
  handlers: 40,
  lockWaiting: 0,
  failures: 0,
  p50: 1,
  p99: 5,
};

/** Returns one sample per second for 100 s, each with its changes to the steady one. */
function samplesOf(change: (time: number) => Partial<Sample>): Sample[] {
  return Array.from(
    { length: 101 },
    (_, time) => ({ ...STEADY, time, ...change(time) }),
  );
}

/** Returns the measures that fail. */
function failing(samples: readonly Sample[]): string[] {
  return judgeTrends(samples)
    .filter(({ holds }) => !holds).map(({ measure }) => measure);
}

Deno.test("trendOf() finds the slope of a straight line, and no noise", () => {
  for (const slope of [0, 2, -3]) {
    const line = [0, 1, 2, 4].map((time) => ({
      time,
      value: 5 + slope * time,
    }));
    assertEquals(
      trendOf(line),
      { start: 5, end: 5 + 4 * slope, slope, noise: 0 },
    );
  }
});

Deno.test("trendOf() finds the line of least squares, and its uncertainty", () => {
  const points = [0, 3, 0, 3].map((value, time) => ({ time, value }));
  const { start, end, slope, noise } = trendOf(points);
  const expected = [0.6, 2.4, 0.6, 6 * Math.sqrt(7.2 / 2 / 5)];
  [start, end, slope, noise].forEach((number, i) => {
    assert(Math.abs(number - expected[i]) < 1e-9, `${number} at ${i}`);
  });
});

Deno.test("quantile() returns the value with the given share below it", () => {
  assertEquals(quantile([3, 1, 2], 0.5), 2);
  assertEquals(quantile([7], 0.99), 7);
  assertEquals(quantile([], 0.5), undefined);
});

Deno.test("judgeTrends() passes measures that are steady, noisy, or grow only during the warm-up", () => {
  assertEquals(failing(samplesOf(() => ({}))), []);
  const noisy = (time: number) => ({ heap: 8e6 + (time * 7919 % 13) * 4e5 });
  assertEquals(failing(samplesOf(noisy)), []);
  const warming = (time: number) => ({ heap: 4e6 + Math.min(time, 25) * 1e6 });
  assertEquals(failing(samplesOf(warming)), []);
});

for (
  const [measure, leak] of Object.entries<(time: number) => Partial<Sample>>({
    "live heap": (time) => ({ heap: 8e6 + (time % 3) * 1e5 + time * 3e4 }),
    "rss": (time) => ({ rss: 1e8 + (time % 3) * 1e6 + time * 2e6 }),
    "descriptors": (time) => ({ descriptors: 66 + Math.floor(time / 10) }),
    "timers": (time) => ({ timers: 1 + Math.floor(time / 10) }),
    "open turns": (time) => ({ turns: Math.floor(time / 10) }),
    "lock waiting": (time) => ({ lockWaiting: Math.floor(time / 10) }),
    "handlers": (time) => ({ handlers: 40 + time, descriptors: 66 + time }),
    "latency p50": (time) => ({ p50: 1 + time / 20 }),
    "latency p99": (time) => ({ p99: 5 + time / 2 }),
  })
) {
  Deno.test(`judgeTrends() fails ${measure} if it grows`, () => {
    assertEquals(failing(samplesOf(leak)), [measure]);
  });
}

Deno.test("judgeTrends() fails a measure without enough samples, except descriptors where they cannot be counted", () => {
  assertEquals(failing(samplesOf(() => ({ p99: undefined }))), ["latency p99"]);
  assertEquals(failing(samplesOf(() => ({ descriptors: undefined }))), []);
  assertEquals(failing([]).length, 9);
});

Deno.test("judgeRest() fails everything that is left over", () => {
  const idle = { ...STEADY, handlers: 0, descriptors: 26, timers: 0 };
  const left = { ...idle, timers: 1, handlers: 2 };
  const fails = (rest: Sample) =>
    table(judgeRest(idle, rest)).filter((line) => line.endsWith("FAILS"));
  assertEquals(fails(idle), []);
  assertEquals(fails(left).map((line) => line.replace(/ {2,}/g, "|")), [
    "handlers at rest|0|2|0|FAILS",
    "timers at rest|0|1|0|FAILS",
  ]);
});

for (const minutes of ["0", "-1", "soon"]) {
  run.test(`the soak refuses --minutes=${minutes} (needs run)`, async () => {
    const flag = `--minutes=${minutes}`;
    await using soak = new Program(Deno.execPath(), [
      ...["run", "--quiet", "--no-prompt", "tools/stress/soak.ts", flag],
    ]);
    assertEquals(await soak.ended(), {
      code: 2,
      stdout: "",
      stderr: "--minutes takes minutes, such as 10 or 0.5, and got " +
        `"${minutes}"\n`,
    });
  });
}
