/**
 * The verdict on a soak: how much each measure may grow, and what must be gone at
 * the end.
 *
 * @module
 */

import type { Holding } from "./server.ts";
import { type Point, quantile, trendOf } from "./trend.ts";

/** What was measured at one moment. */
export interface Sample extends Holding {
  /** Seconds since the soak began. */
  time: number;
  /** The median time of the good clients' rounds, in milliseconds. */
  p50?: number;
  /** The 99th percentile of the good clients' rounds, in milliseconds. */
  p99?: number;
}

/** One line of the table. */
export interface Row {
  /** What was measured. */
  measure: string;
  /** The cells of the columns after it. */
  cells: string[];
  /** Whether the value is within its bound. */
  holds: boolean;
}

interface Measure {
  name: string;
  of: (sample: Sample) => number | undefined;
  /** How much it may grow over the whole run, given its median. */
  tolerated: (usual: number) => number;
  show: (value: number) => string;
}

const mebibytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(2)} MiB`;
const count = (number: number) => number.toFixed(1);
const milliseconds = (ms: number) => `${ms.toFixed(2)} ms`;

/** The part of a run that is warm-up: code is compiled, and pools are filled. */
const WARM_UP = 1 / 4;

const DESCRIPTORS: Measure = {
  name: "descriptors",
  // Each client has one, and the number of clients is random.
  of: ({ descriptors, handlers }) => descriptors && descriptors - handlers,
  // Sockets that wait to be accepted, or that are not released yet.
  tolerated: () => 2,
  show: count,
};

/**
 * How much each measure may grow over a run of any length, so that a longer run
 * finds a smaller leak. A leak grows with each visit, and there are dozens of visits
 * per second.
 */
const MEASURES: readonly Measure[] = [
  {
    name: "live heap",
    of: ({ heap }) => heap,
    // Code that rarely runs is compiled late. A leak of 1 kB per visit is 20 MiB in 10 minutes.
    tolerated: (usual) => usual * 0.1,
    show: mebibytes,
  },
  {
    name: "rss",
    of: ({ rss }) => rss,
    // The process keeps pages whose objects are gone, and memory fragments. V8's
    // young generation grows to 3 * 16 MiB at the first burst of garbage, which
    // may come minutes after the start.
    tolerated: (usual) => usual * 0.15 + 48 * 2 ** 20,
    show: mebibytes,
  },
  DESCRIPTORS,
  {
    name: "timers",
    of: ({ timers }) => timers,
    // One or two for each client that lingers, and a tenth of the crowd lingers.
    tolerated: () => 4,
    show: count,
  },
  {
    name: "handlers",
    of: ({ handlers }) => handlers,
    // One for each of at most 40 clients.
    tolerated: () => 10,
    show: count,
  },
  {
    name: "lock waiting",
    of: ({ lockWaiting }) => lockWaiting,
    // The roster in memory holds the lock for less than a turn of the event loop.
    tolerated: () => 2,
    show: count,
  },
  {
    name: "open turns",
    of: ({ turns }) => turns,
    // At most one for each client, and only while the thread is busy.
    tolerated: () => 2,
    show: count,
  },
  {
    name: "latency p50",
    of: ({ p50 }) => p50,
    // The machine has other work, too. A slowdown with each visit keeps growing.
    tolerated: (usual) => usual / 2,
    show: milliseconds,
  },
  {
    name: "latency p99",
    of: ({ p99 }) => p99,
    // As above. One round in a hundred also meets a garbage collection or a long batch.
    tolerated: (usual) => usual,
    show: milliseconds,
  },
];

/** Returns a row for each measure: whether it grows no more than is tolerated. */
export function judgeTrends(samples: readonly Sample[]): Row[] {
  const warm = (samples.at(-1)?.time ?? 0) * WARM_UP;
  const judged = samples.filter(({ time }) => time >= warm);
  // Descriptors are counted only on Linux.
  const counted = samples.every(({ descriptors }) => descriptors !== undefined);
  return MEASURES
    .filter((measure) => counted || measure !== DESCRIPTORS)
    .map((measure) => judgeTrend(measure, judged));
}

function judgeTrend(measure: Measure, samples: readonly Sample[]): Row {
  const points = samples.flatMap((sample) => {
    const value = measure.of(sample);
    return value === undefined ? [] : [{ time: sample.time, value }];
  });
  // A line fits any two points, so its slope says nothing.
  if (points.length < 3) return unknown(measure.name);
  return rowOf(measure, points);
}

function unknown(measure: string): Row {
  return { measure, cells: ["", "", "", "too few samples"], holds: false };
}

function rowOf(
  { name, tolerated, show }: Measure,
  points: readonly Point[],
): Row {
  const { start, end, slope, noise } = trendOf(points);
  // From the median: a few high values at the end can push the line's start below 0.
  const bound = tolerated(quantile(points.map(({ value }) => value), 0.5)!);
  const perHour = slope * 3600;
  return {
    measure: name,
    cells: [
      show(start),
      show(end),
      `${perHour < 0 ? "" : "+"}${show(perHour)}/h`,
      `+${show(bound)} ± ${show(noise)}`,
    ],
    holds: end - start <= bound + noise,
  };
}

/** What must be gone once all clients have left. Code and pools may stay in memory. */
const AT_REST = [
  ["handlers", "handlers"],
  ["descriptors", "descriptors"],
  ["timers", "timers"],
  ["lock waiting", "lockWaiting"],
  ["open turns", "turns"],
] as const;

/** Returns rows about the server after all clients have left: it holds no more than before. */
export function judgeRest(idle: Holding, rest: Holding): Row[] {
  return AT_REST.flatMap(([name, key]) => {
    const [before, after] = [idle[key], rest[key]];
    if (before === undefined || after === undefined) return [];
    return [bounded(`${name} at rest`, before, after, before)];
  });
}

/** Returns a row about a number that must not exceed a bound. */
export function bounded(
  measure: string,
  start: number,
  end: number,
  bound: number,
): Row {
  return {
    measure,
    cells: [String(start), String(end), "", String(bound)],
    holds: end <= bound,
  };
}

/** Returns the rows as lines, under a line of headings. */
export function table(rows: readonly Row[]): string[] {
  const heading = ["measure", "start", "end", "slope", "bound", "verdict"];
  const lines = [
    heading,
    ...rows.map(({ measure, cells, holds }) => [
      measure,
      ...cells,
      holds ? "holds" : "FAILS",
    ]),
  ];
  const widths = heading.map((_, i) =>
    Math.max(...lines.map((line) => line[i].length))
  );
  return lines.map(([measure, ...cells]) =>
    [
      measure.padEnd(widths[0]),
      ...cells.map((cell, i) => cell.padStart(widths[i + 1])),
    ].join("  ").trimEnd()
  );
}
