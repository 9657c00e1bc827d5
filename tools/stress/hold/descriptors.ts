/**
 * A server that has too few descriptors for the clients that come.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import { stalled } from "../../../lib/testing/soon.ts";
import { Child } from "../../processes/child.ts";
import { Crowd } from "./crowd.ts";
import { allOf, atMost } from "./figures.ts";
import { processorSeconds } from "./processes.ts";
import type { Figure, Scenario } from "./scenario.ts";
import { cappedServer } from "./servers.ts";

const DESCRIPTORS = 60;
const CLIENTS = 400;
/** Clients that leave, for as many to be let in. */
const LEAVING = 10;
/** Seconds for which the server is watched while it has no descriptor left. */
const WATCHED = 5;
/** Accepts that may fail, a second. */
const FAILED_ACCEPTS = 20;
/** Percent of one core that waiting for a descriptor may take. */
const PROCESSOR = 10;
/** Milliseconds that those who wait may go on waiting once there is room. */
const LET_IN = 1000;

/** A server without descriptors serves those that it has, and waits for the rest calmly. */
export const descriptors: Scenario = {
  name: "descriptors",
  about: "400 clients, 60 descriptors: it serves those it can, calmly",
  async measure(tell, stop): Promise<Figure[]> {
    await using server = await cappedServer(DESCRIPTORS, stop);
    await using crowd = new Crowd(server.address, CLIENTS);
    await crowd.greetings(1);
    await stalled(() => crowd.greeted.length);
    const served = crowd.greeted.length;
    tell(`${served} of ${CLIENTS} clients were greeted`);
    const calm = await watchWaiting(server.process, tell, stop);
    const answered = await crowd.answers();
    const ms = await crowd.replace(LEAVING);
    tell("letting all others in, 10 at a time");
    while (crowd.waiting > 0) await crowd.replace(LEAVING);
    return [
      allOf("clients it has that were answered", answered, served),
      ...calm,
      atMost("until 10 of those waiting are greeted", ms, LET_IN, "ms"),
      allOf("greeted in the end", crowd.greeted.length, CLIENTS),
      alive(server.process),
    ];
  },
};

/** What the server does while clients wait and it has no descriptor for them. */
async function watchWaiting(
  { pid }: Child,
  tell: (line: string) => void,
  stop: AbortSignal,
): Promise<Figure[]> {
  const before = processorSeconds(pid);
  await delay(WATCHED * 1000, { signal: stop });
  const share = (processorSeconds(pid) - before) / WATCHED * 100;
  // A loop that spins takes all of a core: that shows also without strace.
  const figures = [atMost("processor, of one core", share, PROCESSOR, "%")];
  try {
    const rate = await failedAccepts(pid, stop) / WATCHED;
    figures.push(
      atMost("failed accepts a second", rate, FAILED_ACCEPTS, ""),
    );
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    tell("failed accepts are not counted: there is no strace");
  }
  return figures;
}

/**
 * How many system calls to accept a client fail for want of a descriptor.
 *
 * @throws {Deno.errors.NotFound} If there is no strace to count them.
 */
async function failedAccepts(pid: number, stop: AbortSignal): Promise<number> {
  const what = ["-f", "-qq", "-e", "trace=accept,accept4", "-p", `${pid}`];
  const strace = new Child("strace", what, stop);
  {
    await using _strace = strace;
    await delay(WATCHED * 1000, { signal: stop });
    // It ends by itself only where it may not watch.
    if (strace.ended) await strace.line();
  }
  return strace.complaints.filter((line) => line.includes("EMFILE")).length;
}

function alive({ ended }: Child): Figure {
  const measured = ended ? "no" : "yes";
  return { what: "alive in the end", measured, bound: "yes", holds: !ended };
}
