/**
 * A server and its clients on a simulated network, and what must always hold.
 *
 * @module
 */

import type { Limits } from "../../lib/limits.ts";
import type { Address, Network } from "../../lib/net.ts";
import { FORMATS, type WireFormat } from "../../lib/wire/formats.ts";
import { Server } from "../../server.ts";
import type { Random } from "../random.ts";
import { MoodyApplication, StudentApplication } from "./application.ts";
import type { SimulatedClock } from "./clock.ts";
import { BAD, type Behaviour, good } from "./clients.ts";
import { Dialogue } from "./dialogue.ts";
import { watchLock } from "./lock_watch.ts";
import { SimulatedNetwork } from "./network.ts";
import type { Manner } from "./pipe.ts";

/** Milliseconds for which anything may last that has no limit of its own. */
const LONGEST = 60_000;
/** Milliseconds that what is due may be late: reads, writes and flushes take their time. */
const LATE = 8_000;
/** Failed accepts in a second, at most: the server rests 100 ms, or until a client leaves. */
const ACCEPT_FAILURES = 20;

/** Takes each event of the story: when, who, what. */
export type Tell = (at: number, who: string, what: string) => void;

/** Everything of one simulation. */
export class World {
  readonly clock: SimulatedClock;
  readonly random: Random;
  readonly wire: WireFormat;
  readonly application: StudentApplication | MoodyApplication;
  readonly server: Server;
  readonly address: Address = { hostname: "127.0.0.1", port: 12_000 };
  readonly dialogues: Dialogue[] = [];
  /** Good clients that have not got all their answers. */
  readonly waiting = new Set<Dialogue>();
  /** Checks for the end, when nothing more happens. */
  readonly settled = new Set<() => void>();
  /** What was found wrong first. */
  found: string | undefined;
  /** Whether the server was asked to end. */
  ending = false;
  #cutOffAt = Infinity;
  /** Resolves when the server was asked to end. */
  readonly ended: Promise<void>;
  #end: () => void;
  #tell: Tell | undefined;
  #network: SimulatedNetwork;
  #limits: Limits;
  #failures: number[] = [];
  #shutDownEnded = false;

  /** Makes the world of a seed; nothing has happened yet. */
  constructor(clock: SimulatedClock, random: Random, tell?: Tell) {
    this.clock = clock;
    this.random = random;
    this.#tell = tell;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ended = promise;
    this.#end = resolve;
    this.#network = new SimulatedNetwork(clock, random);
    this.wire = random.pick(Object.values(FORMATS));
    const fault = (what: string) => this.fault(what);
    this.application = random.below(3) > 0
      ? new StudentApplication(clock, random, fault)
      : new MoodyApplication(clock, random);
    this.server = new Server({
      ...this.address,
      host: this.address.hostname,
      network: this.#network,
      wire: this.wire,
      clientHandler: this.application.clientHandler,
      log: (lines) => this.#print(lines),
      report: (line) => this.tell("stderr", line),
      ...this.#drawLimits(),
    });
    this.#limits = this.server.limits;
    watchLock(this.server.writeLock, fault);
  }

  #drawLimits(): Partial<Limits> {
    const { random } = this;
    return {
      maxClients: random.pick([3, 100, 100]),
      requestTimeout: random.pick([1, 3]),
      softQueuedBytes: random.pick([50, 500, 5000]),
      queueTimeout: random.pick([1, 3]),
      maxQueuedBytes: 20_000,
      maxInvalidInRow: 100,
      grace: random.pick([0.3, 3, 10]),
    };
  }

  /** Whether the server may have cut connections off. */
  get cutOff(): boolean {
    return this.clock.now >= this.#cutOffAt;
  }

  /** Notes what is wrong. The simulation ends by it. */
  fault(what: string): void {
    this.tell("WRONG", what);
    this.found ??= what;
  }

  /** Tells one event of the story, if anyone listens. */
  tell(who: string, what: string): void {
    this.#tell?.(this.clock.now, who, what);
  }

  /** Waits for a while, of so many milliseconds at most. */
  pause(most: number): Promise<void> {
    const ms = this.random.below(most);
    return new Promise((resolve) => this.clock.schedule(ms, resolve));
  }

  #print(lines: readonly string[]): void {
    for (const line of lines) this.tell("stdout", line);
    if (!(this.application instanceof StudentApplication)) return;
    this.application.lines.push(...lines.filter((l) => l.startsWith("C")));
  }

  /** Starts the server, the clients, the faults, and the clock that ends it all. */
  start(): void {
    this.server.run().catch((error) => this.fault(`run() rejects: ${error}`));
    this.#watchConnections();
    const clients = 1 + this.random.below(7);
    for (let i = 1; i <= clients; i++) {
      const kind = this.random.below(2) === 0
        ? this.random.pick(Object.keys(BAD))
        : "good";
      const name = `client ${i} (${kind})`;
      this.#runClient(name, BAD[kind] ?? good);
    }
    if (this.random.below(3) === 0) this.#loseDescriptors();
    const early = this.random.below(2) === 0;
    if (early) {
      this.clock.schedule(this.random.below(1500), () => this.#shutDown());
    } else this.clock.schedule(LONGEST, () => this.#shutDown());
  }

  /** A client has all the answers that it wants. */
  content(dialogue: Dialogue): void {
    this.waiting.delete(dialogue);
    if (this.waiting.size > 0) return;
    // Those that misbehave have a little longer for it.
    this.clock.schedule(this.random.below(LATE), () => this.#shutDown());
  }

  async #runClient(name: string, behaviour: Behaviour): Promise<void> {
    const { wire, application, clock } = this;
    const fault = (what: string) => this.fault(what);
    const dialogue = new Dialogue(name, wire, application, clock, fault);
    this.dialogues.push(dialogue);
    if (behaviour === good) this.waiting.add(dialogue);
    await this.pause(500);
    await behaviour(this, dialogue);
    this.tell(name, "has done its part");
  }

  /** The network, as the client of a dialogue connects through it. */
  networkOf(dialogue: Dialogue): Pick<SimulatedNetwork, keyof Network> {
    const network = this.#network;
    const manner = (): Manner => ({
      capacity: this.random.pick([30, 300, 3000, 30_000]),
      delay: this.random.pick([0, 3, 30]),
      shortness: this.random.pick([0, 2, 5]),
    });
    return {
      listen: network.listen,
      connect: (options) => {
        network.nextName = dialogue.name;
        network.nextManners = [manner(), manner()];
        return network.connect(options);
      },
    };
  }

  #watchConnections(): void {
    this.#network.onConnect = (name, client, server) => {
      const dialogue = this.dialogues.find((d) => d.name === name)!;
      Object.assign(dialogue, { client, server });
      const fault = (what: string) => this.fault(`${name}: ${what}`);
      client.watcher = { fault, tell: (what) => this.tell(name, what) };
      server.watcher = {
        fault,
        offered: (bytes, at) => dialogue.offered(bytes, at),
        read: () => dialogue.noteRead(),
        written: () => dialogue.noteWritten(),
        ended: () => dialogue.noteEnd(),
        closed: () => {
          if (!this.cutOff) dialogue.checkEnd();
        },
        tell: (what) => this.tell(`server for ${name}`, what),
      };
      this.tell(name, "connects");
    };
  }

  /** For a while, the operating system has no descriptor for another client. */
  async #loseDescriptors(): Promise<void> {
    await this.pause(500);
    const listener = this.#network.listener!;
    listener.descriptors = false;
    this.tell("system", "has no more descriptors");
    await this.pause(1500);
    listener.descriptors = true;
    this.tell("system", "has descriptors again");
  }

  async #shutDown(): Promise<void> {
    if (this.ending) return;
    for (const { name } of this.waiting) {
      if (this.clock.now >= LONGEST) this.fault(`${name} waits for ever`);
    }
    this.ending = true;
    this.#end();
    this.tell("signal", "asks the server to end");
    const backlog = this.#network.listener!.backlog.map(({ name }) => name);
    const began = this.clock.now;
    const grace = this.#limits.grace * 1000;
    this.#cutOffAt = began + grace;
    await this.server.shutdown();
    this.tell("server", "has ended");
    if (this.clock.now - began > grace + 200) {
      this.fault(`the shutdown took ${this.clock.now - began} ms`);
    }
    if (this.server.handlers.size > 0) this.fault("handlers outlive it");
    this.settled.add(() => this.#checkRemains());
    this.#shutDownEnded = true;
    if (this.#network.listener!.descriptors) this.#checkBacklog(backlog);
  }

  /** Those who waited when the server was asked to end must have been let in. */
  #checkBacklog(names: readonly string[]): void {
    for (const { name, greeted, server } of this.dialogues) {
      if (names.includes(name) && !greeted && !server!.broken) {
        this.fault(`${name} waited in the backlog, and was not greeted`);
      }
    }
  }

  /** Checks how long a limit of seconds took to end a connection. */
  checkTime(
    { name }: Dialogue,
    limit: "requestTimeout" | "queueTimeout",
    ms: number,
  ): void {
    if (ms > this.#limits[limit] * 1000 + LATE) {
      this.fault(`${name} was ended by ${limit} after ${ms} ms`);
    }
  }

  /** What must hold at each step. */
  check(): void {
    const { maxClients, maxQueuedBytes, softQueuedBytes } = this.#limits;
    if (this.server.handlers.size > maxClients) {
      this.fault(`${this.server.handlers.size} clients, over ${maxClients}`);
    }
    for (const dialogue of this.dialogues) {
      const { queued, server } = dialogue;
      if (queued > maxQueuedBytes) this.fault(`${queued} bytes are queued`);
      const open = server && !server.isClosed;
      if (!open || queued <= softQueuedBytes) dialogue.fullSince = undefined;
      else dialogue.fullSince ??= this.clock.now;
      const since = dialogue.fullSince ?? this.clock.now;
      this.checkTime(dialogue, "queueTimeout", this.clock.now - since);
    }
    this.#checkAccepts();
  }

  #checkAccepts(): void {
    const failures = this.#network.listener?.failures ?? 0;
    while (this.#failures.length < failures) {
      this.#failures.push(this.clock.now);
    }
    const before = this.#failures.at(-ACCEPT_FAILURES - 1) ?? -Infinity;
    if (this.clock.now - before < 1000) {
      this.fault(`more than ${ACCEPT_FAILURES} failed accepts in a second`);
    }
  }

  /** What must hold when nothing more happens. */
  checkEnd(): void {
    if (!this.#shutDownEnded) this.fault("the shutdown never ends");
    for (const check of this.settled) check();
    if (this.application instanceof StudentApplication) {
      this.application.checkLines();
    }
  }

  #checkRemains(): void {
    const { handlers, writeLock } = this.server;
    if (handlers.size > 0) this.fault(`${handlers.size} handlers remain`);
    if (writeLock.locked || writeLock.waiting > 0) {
      this.fault("the lock is held");
    }
    if (this.clock.timers > 0) this.fault(`${this.clock.timers} timers remain`);
    for (const { name, server } of this.dialogues) {
      if (server && !server.isClosed) this.fault(`${name} remains connected`);
    }
  }
}
