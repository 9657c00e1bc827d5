/**
 * The scenarios of `deno task trace`.
 *
 * @module
 */

import { concat } from "@std/bytes/concat";
import { RawClient, ShippedClient, student } from "./clients.ts";
import { LIMITS } from "./limits.ts";
import { FAILURES, hostilePickle } from "./failures.ts";
import type { Scenario } from "./harness.ts";
import { twoServers } from "./two_servers.ts";

const twoClients: Scenario = {
  name: "two-clients",
  about:
    "Two clients are connected at the same time. The accept loop is free " +
    "again at once, and each client has a handler of its own.",
  ends: 1000,
  async play(harness) {
    const alice = new ShippedClient(harness, "Alice");
    const bob = new ShippedClient(harness, "Bob");
    const first = async () => {
      await alice.connect();
      await alice.ask(1);
      await harness.pause(60);
      await alice.leave();
    };
    const second = async () => {
      await harness.pause(5);
      await bob.connect();
      await bob.ask(2);
      await harness.pause(10);
      await bob.leave();
    };
    await Promise.all([first(), second()]);
  },
};

const pipelined: Scenario = {
  name: "pipelined",
  about: "A client sends five requests without waiting for answers. The " +
    "first read returns what has arrived: two whole requests and a part " +
    "of the third. Each batch is " +
    "recorded together, and answered in one write.",
  ends: 1000,
  async play(harness) {
    const alice = new RawClient(harness, "Alice");
    await alice.connect();
    const reading = alice.read();
    await harness.pause(10);
    const sids = [1, 2, 3, 4, 5];
    const requests = sids.map((sid) => alice.request(student(sid)));
    const all = concat(requests);
    const cut = requests[0].length + requests[1].length + 40;
    await alice.send(all.subarray(0, cut), "2 requests and a part");
    await alice.send(all.subarray(cut), "the rest of 5");
    await harness.pause(30);
    alice.leave();
    await reading;
  },
};

const contendedLock: Scenario = {
  name: "contended-lock",
  about:
    "Three handlers want to record at the same time, and recording takes " +
    "20 ms. The lock admits one handler at a time, first come, first served, " +
    "and it records for all who wait. Meanwhile the server accepts clients and reads requests.",
  recording: 20,
  ends: 1000,
  async play(harness) {
    const one = async (name: string, sid: number, ms: number) => {
      const client = new ShippedClient(harness, name);
      await harness.pause(ms);
      await client.connect();
      await client.ask(sid);
      await client.leave();
    };
    await Promise.all([
      one("Alice", 1, 0),
      one("Bob", 2, 3),
      one("Third", 3, 6),
    ]);
  },
};

const slowReader: Scenario = {
  name: "slow-reader",
  about: "Alice sends faster than she takes her answers. When more than 60 " +
    "bytes wait for her, her handler stops reading until her connection " +
    "has accepted all of them. " +
    "Bob notices nothing of it.",
  server: { softQueuedBytes: 60 },
  ends: 2000,
  async play(harness) {
    const alice = new RawClient(harness, "Alice", { capacity: 30 });
    const bob = new ShippedClient(harness, "Bob");
    const slow = async () => {
      await alice.connect();
      const reading = alice.read(25, 20);
      for (const sid of [10, 30, 50]) {
        await harness.pause(20);
        const sids = Array.from({ length: 12 }, (_, i) => sid + i);
        await alice.ask(...sids);
      }
      await harness.pause(150);
      alice.leave();
      await reading;
    };
    const quick = async () => {
      await harness.pause(60);
      await bob.connect();
      await bob.ask(1);
      await bob.leave();
    };
    await Promise.all([slow(), quick()]);
  },
};

const drain: Scenario = {
  name: "drain",
  about:
    "The server is asked to end while Alice is in the middle of a request " +
    "and Bob has just connected. Both get their answers before the server " +
    "closes the connections.",
  ends: 3000,
  async play(harness) {
    const alice = new RawClient(harness, "Alice");
    const bob = new ShippedClient(harness, "Bob");
    const slowly = async () => {
      await alice.connect();
      const reading = alice.read();
      await harness.pause(20);
      const request = alice.request(student(1));
      const size = Math.ceil(request.length / 6);
      for (let part = 1; part <= 6; part++) {
        const bytes = request.subarray(size * (part - 1), size * part);
        await alice.send(bytes, `part ${part} of 6 of a request`);
        await harness.pause(60);
      }
      await reading;
      alice.leave();
    };
    const late = async () => {
      await harness.pause(35);
      await bob.connect();
      await bob.ask(2);
    };
    const end = async () => {
      await harness.pause(38);
      await harness.shutdown();
    };
    await Promise.all([slowly(), late(), end()]);
  },
};

/** The scenarios that show how the server works, and that the pages draw. */
export const TOUR: readonly Scenario[] = [
  twoClients,
  pipelined,
  contendedLock,
  hostilePickle,
  slowReader,
  drain,
  twoServers,
];

/** All scenarios. */
export const SCENARIOS: readonly Scenario[] = [...TOUR, ...FAILURES, ...LIMITS];
