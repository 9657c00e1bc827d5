/**
 * A server and its clients on a simulated network, and what must always hold.
 *
 * @module
 */

import type { Address, Network } from "../../../lib/net.ts";
import { FORMATS, type WireFormat } from "../../../lib/formats/formats.ts";
import { Server } from "../../../server.ts";
import type { Random } from "../../../lib/testing/random.ts";
import { MoodyApplication, StudentApplication } from "./application.ts";
import type { SimulatedClock } from "../../../lib/testing/clock.ts";
import { drawLimits, drawProfile } from "./draw.ts";
import { Dialogue } from "./dialogue.ts";
import { checkShutdown, checkTimers } from "./promises.ts";
import { checkLock } from "./lock_check.ts";
import { SimulatedNetwork } from "../../../lib/testing/network.ts";

/** How long anything without a limit of its own may last, in milliseconds. */
const LONGEST = 60_000;
/** The longest time from the end of the good clients to the shutdown, in milliseconds. */
const LEISURE = 8_000;
/** How late a timeout may be, in milliseconds, because reads and writes take time. */
const LATE = 2_000;

/** How long an abandoned pause may still last, in milliseconds. */
const SOON = 10;

/** Called for each event: when, who, what. */
export type Tell = (at: number, who: string, what: string) => void;

/** Acts as a client, until it is done or cannot continue. */
export type Behaviour = (world: World, dialogue: Dialogue) => Promise<void>;

/** The clients of a simulation: the good one, and the bad ones by what they do. */
export interface Behaviours {
  good: Behaviour;
  bad: Readonly<Record<string, Behaviour>>;
}

/** The server, the clients and the events of one simulation. */
export class World {
  readonly clock: SimulatedClock;
  readonly random: Random;
  readonly wire: WireFormat;
  readonly application: StudentApplication | MoodyApplication;
  readonly network: SimulatedNetwork;
  readonly server: Server;
  readonly address: Address = { hostname: "127.0.0.1", port: 12_000 };
  readonly dialogues: Dialogue[] = [];
  /** Good clients that still wait for answers. */
  readonly waiting = new Set<Dialogue>();
  /** Checks to run at the end, when nothing more happens. */
  readonly endChecks = new Set<() => void>();
  /** The first fault that was found. */
  found: string | undefined;
  /** Whether the server was asked to end, and whether it has. */
  ending = false;
  ended = false;
  /** How many clients are not done. */
  #running = 0;
  #endingAt = Infinity;
  #closesAt = Infinity;
  /** Resolves when the server is asked to end. */
  readonly signalled: Promise<void>;
  #signal: () => void;
  #tell: Tell | undefined;

  /** Creates the world of a seed, before the first event. */
  constructor(clock: SimulatedClock, random: Random, tell?: Tell) {
    this.clock = clock;
    this.random = random;
    this.#tell = tell;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.signalled = promise;
    this.#signal = resolve;
    this.network = new SimulatedNetwork(clock, random);
    this.wire = random.pick(Object.values(FORMATS));
    const fault = (what: string) => this.fault(what);
    this.application = random.below(3) > 0
      ? new StudentApplication(clock, random, fault)
      : new MoodyApplication(clock, random);
    this.server = new Server({
      ...this.address,
      host: this.address.hostname,
      network: this.network,
      wire: this.wire,
      clientHandler: this.application.clientHandler,
      log: (lines) => this.#print(lines),
      report: (line) => this.#report(line),
      ...drawLimits(random),
    });
    checkLock(this.server.writeLock, fault);
  }

  /** Whether the server may close connections at once. */
  get mayClose(): boolean {
    return this.clock.now >= this.#closesAt;
  }

  /** Milliseconds since the server was asked to end. Negative before that. */
  get endingFor(): number {
    return this.clock.now - this.#endingAt;
  }

  /** Reports what is wrong, and so ends the simulation. */
  fault(what: string): void {
    this.tell("WRONG", what);
    this.found ??= what;
  }

  /** Reports one event, if there is a listener. */
  tell(who: string, what: string): void {
    this.#tell?.(this.clock.now, who, what);
  }

  /** Returns a callback for events of `who`. `undefined` without a listener, to build no text. */
  #teller(who: string): ((what: string) => void) | undefined {
    return this.#tell && ((what) => this.tell(who, what));
  }

  /** Waits for a random time below `most` milliseconds. */
  pause(most: number): Promise<void> {
    const ms = this.random.below(most);
    return new Promise((resolve) => this.clock.schedule(ms, resolve));
  }

  #print(lines: readonly string[]): void {
    for (const line of lines) this.tell("stdout", line);
    if (!(this.application instanceof StudentApplication)) return;
    this.application.lines.push(...lines.filter((l) => l.startsWith("C")));
  }

  #report(line: string): void {
    this.tell("stderr", line);
    const [, port, limit] = line.match(/\/(\d+) .*\((\w+)\)$/) ?? [];
    const found = this.dialogues.find(({ server }) =>
      server?.remoteAddr.port === Number(port)
    );
    if (!found) return;
    found.excuse ??= `it went over ${limit}`;
    const mayMakeRoom = limit === "maxClients" && found.answers === 0;
    if (this.waiting.has(found) && !mayMakeRoom) {
      this.fault(`${found.name}, a good client, went over ${limit}`);
    }
  }

  /** Starts the server and the clients, and schedules the faults and the shutdown. */
  start({ good, bad }: Behaviours): void {
    const { application, wire, server: { limits } } = this;
    this.tell("world", `${application.name} in ${wire.name}`);
    this.tell("world", `limits ${JSON.stringify(limits)}`);
    this.server.run().catch((error) => this.fault(`run() rejects: ${error}`));
    this.#observeConnections();
    const clients = 1 + this.random.below(7);
    for (let i = 1; i <= clients; i++) {
      const kind = this.random.below(2) === 0
        ? this.random.pick(Object.keys(bad))
        : "good";
      const name = `client ${i} (${kind})`;
      this.#runClient(name, kind, bad[kind] ?? good);
    }
    if (this.random.below(3) === 0) this.#loseDescriptors();
    if (this.waiting.size === 0) this.#shutDownWithin(LEISURE);
    // Shut down at a random time, or when the good clients are done.
    if (this.random.below(2) === 0) this.#shutDownWithin(1500);
    else this.clock.schedule(LONGEST, () => this.#shutDown());
  }

  #shutDownWithin(ms: number): void {
    this.clock.schedule(this.random.below(ms), () => this.#shutDown());
  }

  /** Notes that a good client is done. */
  content(dialogue: Dialogue): void {
    this.waiting.delete(dialogue);
    // The bad clients go on for a little longer.
    if (this.waiting.size === 0) this.#shutDownWithin(LEISURE);
  }

  async #runClient(name: string, kind: string, behaviour: Behaviour) {
    const { wire, application, clock } = this;
    const fault = (what: string) => this.fault(what);
    const dialogue = new Dialogue(name, wire, application, clock, fault, {
      client: this.#teller(name),
      server: this.#teller(`server for ${name}`),
    });
    this.dialogues.push(dialogue);
    if (kind === "good") this.waiting.add(dialogue);
    this.#running++;
    await this.pause(500);
    await behaviour(this, dialogue);
    this.tell(name, "is done");
    this.#running--;
    this.#noteEnd();
  }

  /** Looks for leftover timers once the server and all clients have ended. */
  #noteEnd(): void {
    if (!this.ended || this.#running > 0) return;
    this.clock.schedule(SOON, () => checkTimers(this));
  }

  /** Returns the network through which the client of a dialogue connects. */
  networkOf({ name }: Dialogue): Pick<SimulatedNetwork, keyof Network> {
    const profiles = [
      drawProfile(this.random),
      drawProfile(this.random),
    ] as const;
    return this.network.through(name, profiles);
  }

  #observeConnections(): void {
    this.network.onConnect = (name, client, server) => {
      const dialogue = this.dialogues.find((d) => d.name === name)!;
      dialogue.server = server;
      const fault = (what: string) => this.fault(`${name}: ${what}`);
      client.observer = { fault, tell: this.#teller(name) };
      server.observer = {
        fault,
        offered: (bytes, at) => dialogue.offered(bytes, at),
        read: () => this.#noteRead(dialogue),
        written: () => dialogue.noteWritten(),
        ended: () => dialogue.noteEnd(),
        // A connection over a limit is closed first, then reported.
        closed: () => this.clock.schedule(0, () => this.#checkEnd(dialogue)),
        tell: this.#teller(`server for ${name}`),
      };
      this.tell(name, "connects");
    };
  }

  #noteRead(dialogue: Dialogue): void {
    dialogue.noteRead();
    const { name, queued, excuse } = dialogue;
    // A connection that is ending is read to its end, and the bytes are dropped.
    if (this.ending || excuse) return;
    const { softQueuedBytes } = this.server.limits;
    if (queued > softQueuedBytes + this.application.pendingBytes) {
      this.fault(`${name} is read though ${queued} bytes wait for it`);
    }
  }

  #checkEnd(dialogue: Dialogue): void {
    if (!this.mayClose) dialogue.checkEnd();
  }

  /** Leaves the operating system without free descriptors for a while. */
  async #loseDescriptors(): Promise<void> {
    await this.pause(500);
    const listener = this.network.listener!;
    listener.descriptors = false;
    this.tell("system", "has no more descriptors");
    await this.pause(1500);
    listener.descriptors = true;
    this.tell("system", "has descriptors again");
  }

  async #shutDown(): Promise<void> {
    if (this.ending) return;
    for (const { name } of this.waiting) {
      if (this.clock.now >= LONGEST) this.fault(`${name} waits forever`);
    }
    this.ending = true;
    this.#signal();
    this.tell("signal", "asks the server to end");
    const backlog = this.network.listener!.backlog.map(({ name }) => name);
    const began = this.#endingAt = this.clock.now;
    const grace = this.server.limits.grace * 1000;
    this.#closesAt = began + grace;
    if (this.random.below(8) === 0) this.#closeWithin(300);
    await this.server.shutdown();
    this.tell("server", "has ended");
    this.ended = true;
    if (!this.mayClose) this.#closesAt = Infinity; // the shutdown ended in time
    this.#noteEnd();
    checkShutdown(this, this.clock.now - began, backlog);
  }

  /** Sends a second signal, which ends the server at once. */
  #closeWithin(ms: number): void {
    this.clock.schedule(this.random.below(ms), () => {
      this.tell("signal", "asks the server to end at once");
      this.#closesAt = this.clock.now;
      this.server.close();
    });
  }

  /** Checks that a timeout ended a connection in time. */
  checkTime(
    { name }: Dialogue,
    limit: "requestTimeout" | "queueTimeout" | "idleTimeout",
    ms: number,
  ): void {
    const seconds = this.server.limits[limit];
    if (seconds > 0 && ms > seconds * 1000 + LATE) {
      this.fault(`${limit} did not end ${name} in time: ${ms} ms have passed`);
    }
  }
}
