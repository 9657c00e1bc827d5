/**
 * A polite client beside attackers. The server has a core of its own, and the
 * attackers share the other one with the polite client, which comes first there.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import { FORMATS } from "../../../lib/formats/formats.ts";
import type { Child } from "../../processes/child.ts";
import { atMost, some } from "./figures.ts";
import { type Load, startLoad } from "./loads/load.ts";
import { residentBytes } from "./processes.ts";
import type { Figure } from "./scenario.ts";
import { onCore, type RunningServer, shippedServer } from "./servers.ts";
import { quantile } from "./statistics.ts";

const MEBIBYTE = 2 ** 20;
/** How long the polite client warms up the server, in seconds. */
const WARM_UP = 3;
const SERVER_CORE = 0;
const OTHER_CORE = 1;
/** How much the attackers are put behind others: the most that `nice` allows. */
const NICENESS = 19;

/** The attackers: several processes that run the same load. */
export interface Attack {
  load: Load;
  /** The polite client. @default {"polite"} */
  client?: "polite" | "newcomers";
  /** How many processes. */
  processes: number;
  /** Arguments of each. */
  args?: string[];
  /** How long the attack lasts, in seconds. */
  seconds: number;
  /** The format of the messages. @default {"pickle"} */
  wire?: keyof typeof FORMATS;
  /** Further flags of the server. */
  flags?: string[];
}

/** What the polite client reports: the latency of each request since the last report, in milliseconds. */
export interface Polite {
  /** Of requests on one connection. */
  same: number[];
  /** Of requests on a fresh connection each time, with connecting, but without closing. */
  fresh: number[];
  /** Requests that were not acknowledged. */
  failed: number;
}

/** What was measured. */
export interface Attacked extends Polite {
  /** How long the format holds back the first answer, in milliseconds. */
  pause: number;
  /** How much the server's resident memory grew at most, in MiB. */
  growth: number;
  /** The most resident memory of the server, in MiB. */
  resident: number;
  /** What each attacker reported in the end. */
  reports: unknown[];
}

/** Lets attackers loose on a server, and measures a polite client meanwhile. */
export async function attacked(
  attack: Attack,
  stop: AbortSignal,
): Promise<Attacked> {
  const { load, client = "polite", processes, args = [], seconds } = attack;
  const { wire = "pickle", flags = [] } = attack;
  const core = onCore(SERVER_CORE);
  const all = ["--wire", wire, ...flags];
  await using server = await shippedServer(stop, core, all);
  const { address } = server;
  const aside = onCore(OTHER_CORE);
  await using polite = await startLoad(client, address, stop, [wire], aside);
  await delay(WARM_UP * 1000, { signal: stop });
  await polite.ask();
  const before = residentBytes(server.process.pid);
  const behind = onCore(OTHER_CORE, NICENESS);
  const attackers: Child[] = [];
  try {
    for (let i = 0; i < processes; i++) {
      attackers.push(await startLoad(load, address, stop, args, behind));
    }
    await polite.ask(); // what follows is measured with all attackers at work
    const resident = await watch(server, seconds, stop);
    const measured: Polite = JSON.parse(await polite.ask());
    const reports = [];
    for (const each of attackers) reports.push(JSON.parse(await each.ask()));
    const growth = (resident - before) / MEBIBYTE;
    const pause = FORMATS[wire].greetingPause ?? 0;
    return {
      ...measured,
      pause,
      growth,
      resident: resident / MEBIBYTE,
      reports,
    };
  } finally {
    for (const each of attackers) await each[Symbol.asyncDispose]();
  }
}

/** Watches a server. Resolves to the most resident memory that it had. */
async function watch(
  { process }: RunningServer,
  seconds: number,
  stop: AbortSignal,
): Promise<number> {
  let most = 0;
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end) {
    await delay(50, { signal: stop });
    most = Math.max(most, residentBytes(process.pid));
  }
  return most;
}

/** Returns the figures of the polite client: its longest times, and what failed. The greeting's pause is no waiting time. */
export function politeFigures(
  { same, fresh, failed, pause }: Attacked,
  bounds: { p50?: number; p99?: number; longest?: number },
): Figure[] {
  const figures = [some("requests measured", same.length + fresh.length)];
  for (const [where, all] of Object.entries({ same, fresh })) {
    if (all.length === 0) continue; // that client sends none there
    const at = (what: string, q: number, bound: number | undefined) => {
      if (bound === undefined) return;
      const label = `polite client, ${where} connection, ${what}`;
      const left = quantile(all, q) - (all === fresh ? pause : 0);
      figures.push(atMost(label, left, bound, "ms"));
    };
    at("p50", 0.5, bounds.p50);
    at("p99", 0.99, bounds.p99);
    at("longest", 1, bounds.longest);
  }
  figures.push(atMost("requests not acknowledged", failed, 0, ""));
  return figures;
}
