/**
 * One shutdown of a server under load, and what both sides saw of it.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import {
  type ClientHandlerClass,
  StudentHandler,
} from "../../clienthandler.ts";
import type { Address } from "../../lib/net.ts";
import type { Roster } from "../../lib/roster/roster.ts";
import type { Student } from "../../lib/roster/student.ts";
import { Server } from "../../server.ts";
import { originOf, PipeliningClient } from "./pipelining_client.ts";

/** Clients that are served when the shutdown begins. */
const CLIENTS = 50;
/** Requests that each of them keeps unanswered, in turn. */
const WINDOWS = [16, 256, 1024];
/** Clients that wait to be accepted when the shutdown begins. */
const LATECOMERS = 20;
/** Requests recorded when the shutdown begins. */
const MID_LOAD = 5000;
/** Seconds that the shutdown may take. */
const GRACE = 5;
/** Milliseconds by which a busy machine may be late with that. */
const TOLERANCE = 500;

/** What one restart came to. All but the first four must be 0. */
export interface Restart {
  /** Requests that were recorded. */
  requests: number;
  /** Acknowledgements that clients read. */
  acks: number;
  /** Requests that were sent when the server had ceased to read. */
  tooLate: number;
  /** Milliseconds that the shutdown took. */
  ms: number;
  /** Times that a client had more acknowledgements than requests recorded. */
  unrecorded: number;
  /** Recorded requests that were not printed. */
  unprinted: number;
  /** Requests that were recorded before one that was sent earlier. */
  disordered: number;
  /** Requests that the server read, and whose answer did not come. */
  unanswered: number;
  /** Answers that are no acknowledgement. */
  refused: number;
  /** Clients whose connection broke instead of ending: another could have lost answers by that. */
  resets: number;
  /** Clients in the backlog, as the shutdown began, that were not greeted. */
  ungreeted: number;
  /** Whether something of the server was there after its grace. */
  outlived: number;
}

/** Counts what is recorded, by client. */
class CountingRoster implements Roster {
  readonly recorded = new Counts();
  disordered = 0;
  readonly midLoad = Promise.withResolvers<void>();

  async record(students: readonly Student[]): Promise<void> {
    await delay(0); // as for a disk: others have a turn meanwhile
    for (const { sid } of students) {
      const { id, n } = originOf(Number(sid));
      if (n !== this.recorded.of(id)) this.disordered++;
      this.recorded.add(id, 1);
    }
    if (this.recorded.total >= MID_LOAD) this.midLoad.resolve();
  }

  read(): Promise<undefined> {
    return Promise.resolve(undefined);
  }
}

/** A number for each client. */
class Counts {
  total = 0;
  #byId = new Map<number, number>();

  of(id: number): number {
    return this.#byId.get(id) ?? 0;
  }

  add(id: number, count: number): void {
    this.#byId.set(id, this.of(id) + count);
    this.total += count;
  }
}

/** Handlers that count what they read. */
function countingHandler(
  shared: CountingRoster,
  received: Counts,
): ClientHandlerClass {
  return class extends StudentHandler {
    protected override readonly roster: Roster = shared;

    protected override async receive() {
      const requests = await super.receive();
      received.add(this.clientId, requests?.length ?? 0);
      return requests;
    }
  };
}

/** Starts a server, loads it, and shuts it down in the middle of that. */
export async function restartUnderLoad(): Promise<Restart> {
  const roster = new CountingRoster();
  const received = new Counts();
  let printed = -1; // the line that it listens is of no request
  const server = new Server({
    port: 0,
    grace: GRACE,
    clientHandler: countingHandler(roster, received),
    log: (lines) => printed += lines.length,
    report: () => {},
  });
  const running = server.run();
  const { addr } = server;
  const clients = await Promise.all(
    Array.from(
      { length: CLIENTS },
      (_, i) => PipeliningClient.connect(addr, WINDOWS[i % WINDOWS.length]),
    ),
  );
  let unrecorded = 0;
  const load = (client: PipeliningClient) =>
    client.run(() => {
      if (client.acknowledged > roster.recorded.of(client.id)) unrecorded++;
    });
  const loads = clients.map(load);
  await roster.midLoad.promise;

  const arriving = latecomers(addr);
  const begun = performance.now();
  const ended = server.shutdown();
  const late = await arriving;
  loads.push(...late.map(load));
  await Promise.all([ended, running]);
  const ms = performance.now() - begun;
  const outlived = ms > GRACE * 1000 + TOLERANCE ||
    server.handlers.size > 0 || server.writeLock.locked;
  await Promise.all(loads);

  const everybody = [...clients, ...late];
  const sum = (count: (client: PipeliningClient) => number) =>
    everybody.reduce((total, client) => total + count(client), 0);
  const owed = ({ id, acknowledged, otherAnswers }: PipeliningClient) =>
    received.of(id) - acknowledged - otherAnswers;
  return {
    requests: roster.recorded.total,
    acks: sum(({ acknowledged }) => acknowledged),
    tooLate: sum(({ id, sent }) => sent - received.of(id)),
    ms,
    unrecorded,
    unprinted: roster.recorded.total - printed,
    disordered: roster.disordered,
    unanswered: sum((client) => Math.abs(owed(client))),
    refused: sum(({ otherAnswers }) => otherAnswers),
    resets: sum((client) => client.wasReset ? 1 : 0),
    ungreeted: LATECOMERS - late.filter(({ greeted }) => greeted).length,
    outlived: outlived ? 1 : 0,
  };
}

/**
 * Connects. The kernel has taken all of them into the backlog when this returns
 * its promise, and no turn was given in which the server could accept one.
 */
async function latecomers(addr: Address): Promise<PipeliningClient[]> {
  const arriving = Array.from(
    { length: LATECOMERS },
    () => PipeliningClient.connect(addr, WINDOWS[0]),
  );
  const settled = await Promise.allSettled(arriving);
  return settled.filter((one) => one.status === "fulfilled")
    .map(({ value }) => value);
}
