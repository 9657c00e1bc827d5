/**
 * Restart after a crash.
 *
 * @module
 */

import { STUDENT } from "../../../clienthelper.ts";
import { Peer } from "../../../lib/testing/peer.ts";
import { listening, server } from "../../processes/program.ts";
import { stablePort } from "../../processes/stable_port.ts";
import { allOf, atMost } from "./figures.ts";
import type { Scenario } from "./scenario.ts";
import { quantile } from "./statistics.ts";

const RESTARTS = 100;
/** How many clients are connected when the server is killed. */
const CLIENTS = 20;
/** How long a restart may take before it counts as hung, in milliseconds. */
const LONGEST = 30_000;

/** Longest time from the kill to listening on a busy machine, in milliseconds. */
const AT_ONCE = 2000;

/** Kills the server while clients are connected, and starts it again on its port. */
export const kill9: Scenario = {
  name: "kill9",
  about:
    `${RESTARTS} times, SIGKILL ends a server with connected clients, and ` +
    "the next one starts at once on the same port: it listens",
  async measure(tell, stop) {
    let program = server("--port", `${stablePort()}`);
    const ms: number[] = [];
    let served = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;
    // The waits below reject when the program ends.
    const hangs = () => program.kill("SIGKILL");
    try {
      const port = Number(await listening(program));
      let peers = await connected(port);
      while (ms.length < RESTARTS && !stop.aborted) {
        const killed = program;
        const began = performance.now();
        killed.kill("SIGKILL");
        program = server("--port", `${port}`); // does not wait for the old one
        timer = setTimeout(hangs, LONGEST);
        await listening(program);
        ms.push(performance.now() - began);
        for (const peer of peers) peer[Symbol.dispose]();
        await killed.ended();
        peers = await connected(port);
        clearTimeout(timer);
        served += peers.length;
        if (ms.length % 10 === 0) tell(`${ms.length} restarts`);
      }
      for (const peer of peers) peer[Symbol.dispose]();
    } catch (error) {
      tell(`${error}: ${program.stderr.text}`);
    } finally {
      clearTimeout(timer);
      await program[Symbol.asyncDispose]();
    }
    return [
      allOf("restarts after which it listened", ms.length, RESTARTS),
      allOf("clients acknowledged after a restart", served, RESTARTS * CLIENTS),
      atMost(
        "from the kill to listening, median",
        quantile(ms, 0.5),
        AT_ONCE,
        "ms",
      ),
      atMost(
        "from the kill to listening, worst",
        quantile(ms, 1),
        AT_ONCE,
        "ms",
      ),
    ];
  },
};

/** Connects clients that stay. Each has had one request acknowledged. */
function connected(port: number): Promise<Peer[]> {
  const addr = { hostname: "127.0.0.1", port };
  return Promise.all(Array.from({ length: CLIENTS }, async () => {
    const peer = await Peer.greeted(addr);
    await peer.send(STUDENT);
    if (await peer.receive() !== 1) throw new Error("A client was refused");
    return peer;
  }));
}
