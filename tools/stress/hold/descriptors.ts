/**
 * A server with fewer file descriptors than clients.
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
/** How many clients leave at a time, to make room for others. */
const LEAVING = 10;
/** How long the server is observed while no descriptor is free, in seconds. */
const WATCHED = 5;
/** How many accepts may fail per second. */
const FAILED_ACCEPTS = 20;
/** How much of one core the server may use while it waits, in percent. */
const PROCESSOR = 10;
/** How long waiting clients may take to be greeted once there is room, in milliseconds. */
const LET_IN = 1000;

/** Without a free descriptor, a server serves its clients, and waits without spinning. */
export const descriptors: Scenario = {
  name: "descriptors",
  about:
    "400 clients, 60 descriptors: it serves those it can, without spinning",
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
      allOf("connected clients that were answered", answered, served),
      ...calm,
      atMost("until 10 waiting clients are greeted", ms, LET_IN, "ms"),
      allOf("clients greeted in the end", crowd.greeted.length, CLIENTS),
      alive(server.process),
    ];
  },
};

/** Observes the server while clients wait and it has no descriptor for them. */
async function watchWaiting(
  { pid }: Child,
  tell: (line: string) => void,
  stop: AbortSignal,
): Promise<Figure[]> {
  const before = processorSeconds(pid);
  await delay(WATCHED * 1000, { signal: stop });
  const share = (processorSeconds(pid) - before) / WATCHED * 100;
  // A loop that spins takes a whole core, which shows even without strace.
  const figures = [atMost("processor, of one core", share, PROCESSOR, "%")];
  try {
    const rate = await failedAccepts(pid, stop) / WATCHED;
    figures.push(
      atMost("failed accepts a second", rate, FAILED_ACCEPTS, ""),
    );
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    tell("failed accepts are not counted: strace is not installed");
  }
  return figures;
}

/**
 * Returns how many calls of `accept` fail because no descriptor is free.
 *
 * @throws {Deno.errors.NotFound} If strace is not installed.
 */
async function failedAccepts(pid: number, stop: AbortSignal): Promise<number> {
  const what = ["-f", "-qq", "-e", "trace=accept,accept4", "-p", `${pid}`];
  const strace = new Child("strace", what, stop);
  {
    await using _strace = strace;
    await delay(WATCHED * 1000, { signal: stop });
    // strace ends by itself only if it may not trace the process.
    if (strace.ended) await strace.line();
  }
  return strace.complaints.filter((line) => line.includes("EMFILE")).length;
}

function alive({ ended }: Child): Figure {
  const measured = ended ? "no" : "yes";
  return { what: "alive in the end", measured, bound: "yes", holds: !ended };
}
