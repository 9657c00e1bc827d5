/**
 * One shutdown of a server under load, observed on both sides.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import {
  type ClientHandlerClass,
  StudentHandler,
} from "../../../clienthandler.ts";
import type { Address } from "../../../lib/net.ts";
import { MemoryStore } from "../../../lib/students/memory.ts";
import { Roster } from "../../../lib/students/roster.ts";
import type { Batch } from "../../../lib/students/row.ts";
import type { Recorded } from "../../../lib/students/store.ts";
import { Server } from "../../../server.ts";
import { originOf, PipeliningClient } from "./pipelining_client.ts";

/** How many clients are served when the shutdown begins. */
const CLIENTS = 50;
/** How many requests a client keeps unanswered: one value for each client in turn. */
const WINDOWS = [16, 256, 1024];
/** How many clients wait to be accepted when the shutdown begins. */
const LATECOMERS = 20;
/** How many requests are recorded before the shutdown begins. */
const MID_LOAD = 5000;
/** The grace time of the shutdown, in seconds. */
const GRACE = 5;
/** How late the shutdown may be on a busy machine, in milliseconds. */
const TOLERANCE = 500;

/** How a roster's store records: asynchronously, at once, or by blocking the event loop. */
export const ROSTERS = ["on disk", "in memory", "computing"] as const;

/** A kind of roster. */
export type RosterKind = typeof ROSTERS[number];

/** How long a computing roster blocks per batch, in milliseconds: 250 for all 50 clients. */
const COMPUTING = 5;

/** The results of one restart. All but the first four must be 0. */
export interface Restart {
  /** How many requests were recorded. */
  requests: number;
  /** How many acknowledgements the clients read. */
  acks: number;
  /** How many requests were sent after the server had stopped reading. */
  tooLate: number;
  /** How long the shutdown took, in milliseconds. */
  ms: number;
  /** How often a client had more acknowledgements than recorded requests. */
  unrecorded: number;
  /** How many recorded requests were not printed. */
  unprinted: number;
  /** How many requests were not recorded in the order in which they were sent. */
  disordered: number;
  /** How many requests the server read but did not answer. */
  unanswered: number;
  /** How many answers were not acknowledgements. */
  refused: number;
  /** How many connections were reset: a reset can lose answers. */
  resets: number;
  /** How many clients that were in the backlog at the start were not greeted. */
  ungreeted: number;
  /** 1 if the server still had work after its grace time, else 0. */
  outlived: number;
}

/** A store that counts the recorded requests of each client. */
class CountingStore extends MemoryStore {
  readonly #kind: RosterKind;
  readonly recorded = new Counts();
  disordered = 0;
  readonly midLoad = Promise.withResolvers<void>();

  constructor(kind: RosterKind) {
    super();
    this.#kind = kind;
  }

  override async record(
    batches: readonly Batch[],
  ): Promise<readonly Recorded[]> {
    const students = batches.flatMap((batch) => batch.students);
    if (this.#kind === "on disk") await delay(0); // other handlers run meanwhile
    if (this.#kind === "computing") compute(COMPUTING);
    for (const { sid } of students) {
      const { id, n } = originOf(Number(sid));
      if (n !== this.recorded.of(id)) this.disordered++;
      this.recorded.add(id, 1);
    }
    if (this.recorded.total >= MID_LOAD) this.midLoad.resolve();
    return students.map(() => "recorded");
  }
}

function compute(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

/** A count for each client. */
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

/** Observes one server and its clients. */
class Observer {
  readonly store: CountingStore;
  /** Requests that handlers read. */
  readonly received = new Counts();
  #printed = 0;
  #unrecorded = 0;
  #clients: PipeliningClient[] = [];

  constructor(kind: RosterKind) {
    this.store = new CountingStore(kind);
  }

  /** Returns a server to observe. */
  server(): Server {
    return new Server({
      port: 0,
      grace: GRACE,
      clientHandler: observedHandler(this),
      log: (lines) => this.#printed += lines.length,
      report: () => {},
    });
  }

  /** Runs a client until its connection ends. */
  async load(client: PipeliningClient): Promise<void> {
    this.#clients.push(client);
    await client.run(() => {
      const recorded = this.store.recorded.of(client.id);
      if (client.acknowledged > recorded) this.#unrecorded++;
    });
  }

  /** Returns the counts, once all clients have ended. */
  tally() {
    const { recorded, disordered } = this.store;
    const sum = (count: (client: PipeliningClient) => number) =>
      this.#clients.reduce((total, client) => total + count(client), 0);
    return {
      requests: recorded.total,
      acks: sum(({ acknowledged }) => acknowledged),
      tooLate: sum(({ id, sent }) => sent - this.received.of(id)),
      unrecorded: this.#unrecorded,
      unprinted: recorded.total + 1 - this.#printed, // one line says that it listens
      disordered,
      unanswered: sum(({ id, acknowledged, otherAnswers }) =>
        Math.abs(this.received.of(id) - acknowledged - otherAnswers)
      ),
      refused: sum(({ otherAnswers }) => otherAnswers),
      resets: sum(({ wasReset }) => wasReset ? 1 : 0),
    };
  }
}

/** Returns a class of handlers whose reads and records are observed. */
function observedHandler({ store, received }: Observer): ClientHandlerClass {
  const roster = new Roster(store);
  return class extends StudentHandler {
    protected override readonly roster = roster;

    protected override async receive() {
      const requests = await super.receive();
      received.add(this.clientId, requests?.length ?? 0);
      return requests;
    }
  };
}

/** Starts a server, and shuts it down while clients send requests. */
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
  await observer.store.midLoad.promise;

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
 * Connects the clients of the backlog. When this returns its promise, the
 * kernel has queued all of them, and the event loop has not run, so the server has
 * accepted none.
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
