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
import { drawLimits } from "./draw.ts";
import { Dialogue } from "./dialogue.ts";
import { checkShutdown } from "./promises.ts";
import type { SimulatedNetwork } from "../../../lib/testing/network.ts";
import type { SimulatedWorld } from "../../../lib/testing/world.ts";

/** How long anything without a limit of its own may last, in milliseconds. */
const LONGEST = 60_000;
/** The longest time from the end of the good clients to the shutdown, in milliseconds. */
const LEISURE = 8_000;
/** How late a timeout may be, in milliseconds, because reads and writes take time. */
const LATE = 2_000;

/** Acts as a client, until it is done or cannot continue. */
export type Behaviour = (trial: Trial, dialogue: Dialogue) => Promise<void>;

/** The clients of a simulation: the good one, and the bad ones by what they do. */
export interface Behaviours {
  good: Behaviour;
  bad: Readonly<Record<string, Behaviour>>;
}

/** The server and the clients of one simulation. */
export class Trial {
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
  /** Whether the server was asked to end, and whether it has. */
  ending = false;
  ended = false;
  #world: SimulatedWorld;
  #shutdown = Promise.withResolvers<void>();
  #endingAt = Infinity;
  #closesAt = Infinity;
  /** Resolves when the server is asked to end. */
  readonly signalled: Promise<void>;
  #signal: () => void;

  /** Creates the server in a world, before the first event. */
  constructor(world: SimulatedWorld) {
    const { clock, random, network } = this.#world = world;
    this.clock = clock;
    this.random = random;
    this.network = network;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.signalled = promise;
    this.#signal = resolve;
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
  }

  /** Whether the server may close connections at once. */
  get mayClose(): boolean {
    return this.clock.now >= this.#closesAt;
  }

  /** How many answers the server has sent to all clients. */
  get answers(): number {
    return this.dialogues.reduce((sum, { answers }) => sum + answers, 0);
  }

  /** Milliseconds since the server was asked to end. Negative before that. */
  get endingFor(): number {
    return this.clock.now - this.#endingAt;
  }

  /** Reports what is wrong, and so ends the simulation. */
  fault(why: string): void {
    this.#world.fault(why);
  }

  /** Reports one event, if someone listens. */
  tell(who: string, what: string): void {
    this.#world.tell(who, what);
  }

  /** Waits for a random time below `most` milliseconds. */
  pause(most: number): Promise<void> {
    return this.#world.pause(most);
  }

  /** Runs a check at the end, when nothing more can happen. */
  atEnd(check: () => void): void {
    this.#world.atEnd(check);
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

  /** Runs the server and the clients, with faults and a shutdown at random times, until all have ended. */
  async run({ good, bad }: Behaviours): Promise<void> {
    const { application, wire, server: { limits } } = this;
    this.tell("world", `${application.name} in ${wire.name}`);
    this.tell("world", `limits ${JSON.stringify(limits)}`);
    this.server.run().catch((error) => this.fault(`run() rejects: ${error}`));
    this.#observeConnections();
    const running: Promise<void>[] = [];
    const count = 1 + this.random.below(7);
    for (let i = 1; i <= count; i++) {
      const kind = this.random.below(2) === 0
        ? this.random.pick(Object.keys(bad))
        : "good";
      const name = `client ${i} (${kind})`;
      running.push(this.#runClient(name, kind, bad[kind] ?? good));
    }
    if (this.random.below(3) === 0) this.#loseDescriptors();
    if (this.waiting.size === 0) this.#shutDownWithin(LEISURE);
    // Shut down at a random time, or when the good clients are done.
    if (this.random.below(2) === 0) this.#shutDownWithin(1500);
    else this.clock.schedule(LONGEST, () => this.#shutDown());
    await Promise.all([this.#shutdown.promise, ...running]);
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

  async #runClient(
    name: string,
    kind: string,
    behaviour: Behaviour,
  ): Promise<void> {
    const { wire, application, clock } = this;
    const fault = (what: string) => this.fault(what);
    const dialogue = new Dialogue(name, wire, application, clock, fault, {
      client: this.#world.teller(name),
      server: this.#world.teller(`server for ${name}`),
    });
    this.dialogues.push(dialogue);
    if (kind === "good") this.waiting.add(dialogue);
    await this.pause(500);
    await behaviour(this, dialogue);
    this.tell(name, "is done");
  }

  /** Returns the network through which the client of a dialogue connects. */
  networkOf({ name }: Dialogue): Pick<SimulatedNetwork, keyof Network> {
    return this.network.through(name);
  }

  #observeConnections(): void {
    this.network.onConnect = (name, client, server) => {
      const dialogue = this.dialogues.find((d) => d.name === name)!;
      dialogue.server = server;
      const fault = (what: string) => this.fault(`${name}: ${what}`);
      client.observer = { fault, tell: this.#world.teller(name) };
      server.observer = {
        fault,
        offered: (bytes, at) => dialogue.offered(bytes, at),
        read: () => this.#noteRead(dialogue),
        written: () => dialogue.noteWritten(),
        ended: () => dialogue.noteEnd(),
        // A connection over a limit is closed first, then reported.
        closed: () => this.clock.schedule(0, () => this.#checkEnd(dialogue)),
        tell: this.#world.teller(`server for ${name}`),
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
    this.#shutdown.resolve();
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
