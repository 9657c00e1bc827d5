/**
 * The soak: clients of all kinds come and go for a given time, and the
 * server's memory, resources and latency must not grow.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import { counted } from "../../lib/text.ts";
import { type Flag, integer } from "../../lib/cli/flags.ts";
import { exitWith, runProgram } from "../../lib/cli/program.ts";
import { Progress } from "../../lib/progress.ts";
import type { StopSignals } from "../../lib/cli/signals.ts";
import { print, report } from "../../lib/output.ts";
import { showAddress } from "../../lib/net.ts";
import { Crowd } from "./soak/crowd.ts";
import { Score } from "./soak/score.ts";
import type { Holding } from "./soak/server.ts";
import { Subject } from "./soak/subject.ts";
import { quantile } from "./soak/trend.ts";
import type { Row, Sample } from "./soak/verdict.ts";
import { bounded, judgeRest, judgeTrends, table } from "./soak/verdict.ts";

/** How many samples a run takes: enough to limit the effect of chance. */
const SAMPLES = 120;
/**
 * The shortest time between two samples, in seconds: in less, few rounds are
 * answered.
 */
const SHORTEST = 0.25;
/** The longest time between two samples, in seconds. */
const LONGEST = 5;
/**
 * How long the server may take to come to rest once all clients have left, in
 * seconds. It may wait 5 s for a client to accept its answers, then 3 s for its
 * end.
 */
const REST = 15;
/** Milliseconds between two checks whether the server is at rest. */
const LOOK = 250;

interface SoakFlags {
  minutes: number;
  seed: number;
}

const minutes: Flag<number> = {
  help: "how long to run",
  takes: "minutes, such as 10 or 0.5",
  fallback: 10,
  parse: (text) => /^\d+(\.\d+)?$/.test(text) && Number(text) || undefined,
};

async function soak(flags: SoakFlags, stop: AbortSignal): Promise<number> {
  await using subject = await Subject.start();
  const where = showAddress(subject.address);
  report(`Soaking the server at ${where} for ${flags.minutes} minutes`);
  const score = new Score();
  const idle = await subject.holding();
  await using crowd = new Crowd(subject.address, flags.seed, score);
  const samples = await watch(subject, score, flags.minutes * 60, stop);
  await crowd.leave();
  const rest = await atRest(subject, idle);
  const rows = [
    ...judgeTrends(samples),
    ...judgeRest(idle, rest),
    bounded("wrong answers", 0, score.faults, 0),
    bounded("server's failures", 0, rest.failures, 0),
    bounded("server's exit code", 0, await subject.end(), 0),
  ];
  show(rows, samples, score);
  return rows.every(({ holds }) => holds) ? 0 : 1;
}

/** Takes samples for a number of seconds, or until `stop` aborts. */
async function watch(
  subject: Subject,
  score: Score,
  seconds: number,
  stop: AbortSignal,
): Promise<Sample[]> {
  const step = Math.min(Math.max(seconds / SAMPLES, SHORTEST), LONGEST);
  using progress = new Progress(seconds);
  const begin = performance.now();
  const samples: Sample[] = [];
  for (let time = 0; time < seconds && !stop.aborted;) {
    await delay(step * 1000, { signal: stop }).catch(() => {});
    const latencies = score.takeLatencies();
    const [p50, p99] = [quantile(latencies, 0.5), quantile(latencies, 0.99)];
    time = (performance.now() - begin) / 1000;
    samples.push({ ...await subject.holding(), time, p50, p99 });
    progress.show(Math.min(time, seconds));
  }
  return samples;
}

/** Waits until the server is at rest, or for {@linkcode REST}. Resolves to what it holds. */
async function atRest(subject: Subject, idle: Holding): Promise<Holding> {
  const end = performance.now() + REST * 1000;
  for (;;) {
    const now = await subject.holding();
    const resting = judgeRest(idle, now).every(({ holds }) => holds);
    if (resting || performance.now() > end) return now;
    await delay(LOOK); // no event reports the end of the last handler
  }
}

function show(
  rows: readonly Row[],
  samples: readonly Sample[],
  score: Score,
): void {
  const seconds = Math.round(samples.at(-1)?.time ?? 0);
  const visits = [...score.visits].map(([kind, times]) => `${kind} ${times}`);
  print([
    ...table(rows),
    "",
    `${
      counted(samples.length, "sample")
    } in ${seconds} s. The first quarter is warm-up; ` +
    "start and end are values of the straight line through the other samples.",
    `${counted(score.answers, "correct answer")}. Visits: ${visits.join(", ")}`,
    ...score.firstFaults.map((fault) => `Wrong: ${fault}`),
  ]);
}

/** The command line. Returns the exit code. */
export function main(
  args: readonly string[],
  { stop }: StopSignals,
): Promise<number> {
  return runProgram({
    use: "soak",
    about:
      "Lets clients of all kinds come and go, and checks that the server's memory, " +
      "resources and latency do not grow.",
    flags: {
      minutes,
      seed: integer("the same seed draws the same clients", 1, 0, 1e9),
    },
    run: (flags: SoakFlags) => soak(flags, stop),
  }, args);
}

if (import.meta.main) await exitWith(main);
