/**
 * One shutdown of a server under load, and what both sides saw of it.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import {
  type ClientHandlerClass,
  StudentHandler,
} from "../../../clienthandler.ts";
import type { Address } from "../../../lib/net.ts";
import type { Recorded, Roster } from "../../../lib/students/roster.ts";
import type { Student } from "../../../lib/students/student.ts";
import { Server } from "../../../server.ts";
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

/** What recording is like: it is waited for, or done at once, or holds up everybody. */
export const ROSTERS = ["on disk", "in memory", "computing"] as const;

/** One of them. */
export type RosterKind = typeof ROSTERS[number];

/** Milliseconds for which a roster that computes does so: with 50 clients, a turn takes 250. */
const COMPUTING = 5;

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
  readonly #kind: RosterKind;
  readonly recorded = new Counts();
  disordered = 0;
  readonly midLoad = Promise.withResolvers<void>();

  constructor(kind: RosterKind) {
    this.#kind = kind;
  }

  async record(students: readonly Student[]): Promise<readonly Recorded[]> {
    if (this.#kind === "on disk") await delay(0); // others have a turn meanwhile
    if (this.#kind === "computing") compute(COMPUTING);
    for (const { sid } of students) {
      const { id, n } = originOf(Number(sid));
      if (n !== this.recorded.of(id)) this.disordered++;
      this.recorded.add(id, 1);
    }
    if (this.recorded.total >= MID_LOAD) this.midLoad.resolve();
    return students.map(() => "recorded");
  }

  read(): Promise<undefined> {
    return Promise.resolve(undefined);
  }
}

function compute(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
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

/** What is seen of one server and its clients. */
class Observer {
  readonly roster: CountingRoster;
  /** Requests that handlers read. */
  readonly received = new Counts();
  #printed = 0;
  #unrecorded = 0;
  #clients: PipeliningClient[] = [];

  constructor(kind: RosterKind) {
    this.roster = new CountingRoster(kind);
  }

  /** A server that is observed. */
  server(): Server {
    return new Server({
      port: 0,
      grace: GRACE,
      clientHandler: observedHandler(this),
      log: (lines) => this.#printed += lines.length,
      report: () => {},
    });
  }

  /** Runs a client to its end. */
  async load(client: PipeliningClient): Promise<void> {
    this.#clients.push(client);
    await client.run(() => {
      const recorded = this.roster.recorded.of(client.id);
      if (client.acknowledged > recorded) this.#unrecorded++;
    });
  }

  /** What it came to, once all clients have ended. */
  tally() {
    const { recorded, disordered } = this.roster;
    const sum = (count: (client: PipeliningClient) => number) =>
      this.#clients.reduce((total, client) => total + count(client), 0);
    return {
      requests: recorded.total,
      acks: sum(({ acknowledged }) => acknowledged),
      tooLate: sum(({ id, sent }) => sent - this.received.of(id)),
      unrecorded: this.#unrecorded,
      unprinted: recorded.total + 1 - this.#printed, // one says that it listens
      disordered,
      unanswered: sum(({ id, acknowledged, otherAnswers }) =>
        Math.abs(this.received.of(id) - acknowledged - otherAnswers)
      ),
      refused: sum(({ otherAnswers }) => otherAnswers),
      resets: sum(({ wasReset }) => wasReset ? 1 : 0),
    };
  }
}

/** Handlers whose reading and recording is observed. */
function observedHandler({ roster, received }: Observer): ClientHandlerClass {
  return class extends StudentHandler {
    protected override readonly roster: Roster = roster;

    protected override async receive() {
      const requests = await super.receive();
      received.add(this.clientId, requests?.length ?? 0);
      return requests;
    }
  };
}

/** Starts a server, loads it, and shuts it down in the middle of that. */
export async function restartUnderLoad(kind: RosterKind): Promise<Restart> {
  const observer = new Observer(kind);
  const server = observer.server();
  const running = server.run();
  const { addr } = server;
  const clients = await Promise.all(
    Array.from(
      { length: CLIENTS },
      (_, i) => PipeliningClient.connect(addr, WINDOWS[i % WINDOWS.length]),
    ),
  );
  const loads = clients.map((client) => observer.load(client));
  await observer.roster.midLoad.promise;

  const arriving = latecomers(addr);
  const began = performance.now();
  const ended = server.shutdown();
  const late = await arriving;
  loads.push(...late.map((client) => observer.load(client)));
  await Promise.all([ended, running]);
  const ms = performance.now() - began;
  const outlived = ms > GRACE * 1000 + TOLERANCE ||
    server.handlers.size > 0 || server.writeLock.locked;
  await Promise.all(loads);
  return {
    ...observer.tally(),
    ms,
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
