/**
 * Figures of the server for Prometheus, as OpenMetrics text.
 *
 * @module
 */

import type { ClassState } from "./class_state.ts";
import { BOUNDS } from "./durations.ts";

/** The content type of the text. */
export const METRICS_TYPE =
  "application/openmetrics-text; version=1.0.0; charset=utf-8";

/** What the board itself measures. */
export interface Measured {
  /** Connections of the board. */
  readonly boardConnections: number;
  /** The worst delay of the event loop in the last half minute or longer, in seconds. */
  readonly lag: number;
}

type Samples = readonly (readonly [suffix: string, value: number])[];

/** Returns all metrics. */
export function metricsText(
  { clients, results, roster, server }: ClassState,
  { boardConnections, lag }: Measured,
): string {
  let queued = 0;
  for (const { queuedBytes } of server.handlers.values()) queued += queuedBytes;
  const hits = { ...server.limitHits, ...roster.limitHits };
  const counts = clients.durations.cumulative();
  const all = counts[BOUNDS.length];
  const buckets: Samples = counts.map((count, i) => [
    `_bucket{le="${i < BOUNDS.length ? seconds(BOUNDS[i]) : "+Inf"}"}`,
    count,
  ]);
  return [
    family("connections", "gauge", "Clients that are connected.", [
      ["", server.handlers.size],
    ]),
    family("connections_accepted", "counter", "Clients that connected.", [
      ["_total", clients.accepted],
    ]),
    family("students", "gauge", "Students in the roster, each sid once.", [
      ["", roster.size],
    ]),
    family("roster_failing", "gauge", "1 if the roster cannot record, or 0.", [
      ["", roster.failure === undefined ? 0 : 1],
    ]),
    family("requests", "counter", "Requests, by result.", [
      ['_total{result="acknowledged"}', results.acknowledged],
      ['_total{result="refused"}', results.refused],
    ]),
    family(
      "limit_hits",
      "counter",
      "How often each limit was reached.",
      Object.entries(hits).map(([limit, count]) => [
        `_total{limit="${limit}"}`,
        count,
      ]),
    ),
    family(
      "request_duration_seconds",
      "histogram",
      "From the read of a request to its answer in the queue.",
      [...buckets, ["_count", all], ["_sum", clients.durations.sum]],
      "seconds",
    ),
    family("queue_bytes", "gauge", "Answers that clients have not accepted.", [
      ["", queued],
    ], "bytes"),
    family(
      "event_loop_lag_seconds",
      "gauge",
      "The worst delay of the event loop in the last 30 to 60 s.",
      [["", lag]],
      "seconds",
    ),
    family("board_connections", "gauge", "Connections of the board.", [
      ["", boardConnections],
    ]),
    "# EOF\n",
  ].join("");
}

/** A number as OpenMetrics has it in `le`: with a point. */
function seconds(bound: number): string {
  return Number.isInteger(bound) ? `${bound}.0` : String(bound);
}

function family(
  name: string,
  type: string,
  help: string,
  samples: Samples,
  unit?: string,
): string {
  const full = `rollcall_${name}`;
  const lines = [
    `# TYPE ${full} ${type}`,
    ...(unit ? [`# UNIT ${full} ${unit}`] : []),
    `# HELP ${full} ${help}`,
    ...samples.map(([suffix, value]) => `${full}${suffix} ${value}`),
  ];
  return lines.map((line) => `${line}\n`).join("");
}
