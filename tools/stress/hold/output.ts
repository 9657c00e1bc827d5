/**
 * Output that is not read, or cannot be written.
 *
 * @module
 */

import type { Message } from "../../../lib/formats/formats.ts";
import { STUDENT } from "../../../clienthelper.ts";
import { encode } from "../../../lib/testing/messages.ts";
import type { Peer } from "../../../lib/testing/peer.ts";
import { allOf, atMost, figuresOf } from "./figures.ts";
import { OutputServer, type Printed, type Reader } from "./output_server.ts";
import type { Figure, Scenario } from "./scenario.ts";

const CLIENTS = 10;
/** How many requests of each client are measured, one after another. */
const PROBES = 200;
/**
 * How long 99 of 100 of them may take at most, in milliseconds. A server that waits
 * for its output never answers.
 */
const LATENCY = 50;

/** Valid requests of each client. Their lines are more than the server buffers. */
const LONG_LINES: readonly Message[] = Array(1500).fill({
  ...STUDENT,
  student_name: "Alice Brown ".repeat(100),
});
/**
 * Invalid requests, of which stderr shows only a few. The valid ones in between keep
 * the server from closing the connection.
 */
const REFUSALS: readonly Message[] = Array.from(
  { length: 112 }, // 98 are invalid, fewer than `maxInvalid`
  (_, i) => i % 8 === 0 ? STUDENT : { student_name: "Bob Chen" },
);

/** How many refusals of one client the server shows. */
const SHOWN_REFUSALS = 3;

/** The server's report of dropped lines: how many, and on which stream. */
const NOT_SHOWN = /(\d+) lines? not shown on (\w+)/;

/** Lines that report more than a single event. */
const SUMMARY = /lines? not shown|Limits that were reached/;

/** What happens to a server's output, and what must hold. */
interface Case {
  name: string;
  stdout: Reader;
  stderr: Reader;
  requests: readonly Message[];
  /** Returns the figures of the printed lines, given how many requests were acknowledged. */
  reported(printed: Printed, acks: number): Figure[];
}

const CASES: readonly Case[] = [
  {
    name: "all is read",
    stdout: "reads",
    stderr: "reads",
    requests: LONG_LINES,
    reported: countedOnStdout,
  },
  {
    name: "stdout closed",
    stdout: "has closed",
    stderr: "reads",
    requests: LONG_LINES,
    reported: saidThatLost,
  },
  {
    name: "stdout stalled",
    stdout: "does not read",
    stderr: "reads",
    requests: LONG_LINES,
    reported: countedOnStdout,
  },
  {
    name: "stdout on a full disk",
    stdout: "is full",
    stderr: "reads",
    requests: LONG_LINES,
    reported: saidThatLost,
  },
  {
    name: "stderr closed",
    stdout: "reads",
    stderr: "has closed",
    requests: REFUSALS,
    reported: countedOnStdout,
  },
  {
    name: "stderr stalled",
    stdout: "reads",
    stderr: "does not read",
    requests: REFUSALS,
    reported: countedOnStderr,
  },
];

/** Serves clients while the server's output is blocked. */
export const output: Scenario = {
  name: "output",
  about: "stdout and stderr closed, stalled, or on a full disk: " +
    "all requests are answered, and lines that are not printed are counted",
  async measure(tell, stop) {
    const figures: Figure[] = [];
    for (const one of CASES) {
      if (stop.aborted) break;
      tell(one.name);
      figures.push(...figuresOf(one.name, await measureCase(one)));
    }
    return [
      allOf("cases", stop.aborted ? 0 : CASES.length, CASES.length),
      ...figures,
    ];
  },
};

async function measureCase(
  { stdout, stderr, requests, reported }: Case,
): Promise<Figure[]> {
  await using server = new OutputServer(stdout, stderr);
  const peers: Peer[] = [];
  for (let i = 0; i < CLIENTS; i++) peers.push(await server.client());
  const right = await Promise.all(peers.map((peer) => load(peer, requests)));
  const latencies = (await Promise.all(peers.map(probe))).flat();
  latencies.sort((a, b) => a - b);
  const printed = await server.ended();
  for (const peer of peers) peer[Symbol.dispose]();

  const valid = requests.filter(isValid).length;
  return [
    allOf(
      "requests answered correctly",
      right.reduce((sum, count) => sum + count, 0),
      CLIENTS * requests.length,
    ),
    atMost(
      "latency, p99",
      latencies[Math.ceil(latencies.length * 0.99) - 1],
      LATENCY,
      "ms",
    ),
    ...reported(printed, CLIENTS * (valid + PROBES)),
  ];
}

/** Pipelines all requests. Resolves to how many were answered correctly. */
async function load(
  peer: Peer,
  requests: readonly Message[],
): Promise<number> {
  const sent = peer.sendBytes(encode(requests));
  const answers = await peer.receiveSome(requests.length);
  await sent;
  return answers
    .filter((answer, i) => (answer === 1) === isValid(requests[i])).length;
}

/** Sends requests one after another. Resolves to their latencies, in milliseconds. */
async function probe(peer: Peer): Promise<number[]> {
  const latencies = [];
  for (let i = 0; i < PROBES; i++) {
    const began = performance.now();
    await peer.send(STUDENT);
    if (await peer.receive() !== 1) throw new Error("A request was refused");
    latencies.push(performance.now() - began);
  }
  return latencies;
}

function isValid(request: Message): boolean {
  return Object.hasOwn(request as object, "sid");
}

function countedOnStdout({ stdout, stderr }: Printed, acks: number): Figure[] {
  const shown = stdout.match(/^Connected: .+$/gm)?.length ?? 0;
  const counted = notShown(stderr, "stdout");
  return [accounted(acks, shown, counted)];
}

function countedOnStderr({ stderr }: Printed): Figure[] {
  const lines = stderr.trimEnd().split("\n");
  const shown = lines.filter((line) => !SUMMARY.test(line)).length;
  // For each client the first refusals, the number of the others, and that it left;
  // and a line for the signal.
  const due = CLIENTS * (SHOWN_REFUSALS + 2) + 1;
  return [accounted(due, shown, notShown(stderr, "stderr"))];
}

/** Returns the figure for the due lines: each must be printed or counted. */
function accounted(due: number, shown: number, counted: number): Figure {
  return {
    what: "lines printed + counted",
    measured: `${shown} + ${counted}`,
    bound: `${due}`,
    holds: shown + counted === due,
  };
}

/** Returns how many dropped lines of a stream the server reported. */
function notShown(stderr: string, stream: string): number {
  return stderr.split("\n")
    .map((line) => NOT_SHOWN.exec(line))
    .filter((reported) => reported?.[2] === stream)
    .reduce((sum, reported) => sum + Number(reported?.[1]), 0);
}

function saidThatLost({ stderr }: Printed, acks: number): Figure[] {
  const reported = stderr.match(/Nothing more is shown on stdout/g)?.length ??
    0;
  const counted = notShown(stderr, "stdout");
  return [
    allOf("reports of this on stderr", reported, 1),
    {
      what: "lines counted",
      measured: `${counted}`,
      bound: `${acks}, or 1 more for the first line`,
      holds: counted === acks || counted === acks + 1,
    },
  ];
}
