/**
 * A server that has too few descriptors for the clients that come.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import { stalled } from "../../tests/peers.ts";
import { Child } from "./child.ts";
import { Crowd } from "./crowd.ts";
import { allOf, atMost, mustBe } from "./figures.ts";
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
    const calm = await watchWaiting(server.process, stop);
    const answered = await crowd.answers();
    const ms = await crowd.replace(LEAVING);
    tell("letting all others in, 10 at a time");
    while (crowd.greeted.length < CLIENTS) await crowd.replace(LEAVING);
    return [
      allOf("clients it has that were answered", answered, served),
      ...calm,
      atMost("until 10 of those waiting are greeted", ms, LET_IN, "ms"),
      allOf("greeted in the end", crowd.greeted.length, CLIENTS),
      mustBe(
        "alive",
        server.process.ended ? "no" : "yes",
        !server.process.ended,
      ),
    ];
  },
};

/** What the server does while clients wait and it has no descriptor for them. */
async function watchWaiting(
  { pid }: Child,
  stop: AbortSignal,
): Promise<Figure[]> {
  const before = processorSeconds(pid);
  await delay(WATCHED * 1000, { signal: stop });
  const share = (processorSeconds(pid) - before) / WATCHED * 100;
  const failed = await failedAccepts(pid, stop) / WATCHED;
  return [
    atMost("failed accepts a second, by strace", failed, FAILED_ACCEPTS, ""),
    atMost("processor, of one core", share, PROCESSOR, "%"),
  ];
}

/** How many system calls to accept a client failed for want of a descriptor. */
async function failedAccepts(pid: number, stop: AbortSignal): Promise<number> {
  const what = ["-f", "-qq", "-e", "trace=accept,accept4", "-p", `${pid}`];
  const strace = new Child("strace", what, stop);
  {
    await using _strace = strace;
    await delay(WATCHED * 1000, { signal: stop });
  }
  return strace.complaints.filter((line) => line.includes("EMFILE")).length;
}
