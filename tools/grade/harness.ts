/**
 * The state of one check: its peers, the programs under test, and the requests
 * sent.
 *
 * @module
 */

import net from "node:net";
import { delay } from "@std/async/delay";
import { Failure } from "../../lib/cli/program.ts";
import type { MessageMap } from "../../lib/formats/formats.ts";
import { Changes } from "./changes.ts";
import { withPort } from "./command.ts";
import { addressOf, bannerOf, ownAddresses } from "./address.ts";
import { exitOf } from "./complaint.ts";
import { Deadline } from "./deadline.ts";
import type { Side, Step, Wrong } from "./kit.ts";
import { Peer } from "./peer.ts";
import { stablePort } from "../processes/stable_port.ts";
import { isLeft, listensAt, PortTaken, refuseTaken } from "./port.ts";
import { NotStarted, Program } from "./program.ts";
import type { Maker, Values } from "./values.ts";
import { Workplace } from "./workplace.ts";

/** The program under test: a command to start, or a running server. */
export type Subject =
  | { command: readonly string[]; folder: string; port: number }
  | { host: string; port: number };

/** Seconds that the program may take to start, or to connect. */
const START_LONGEST = 10;
/** Seconds to wait for the first line once the port listens. */
const BANNER = 0.5;
/** Milliseconds after which a running program is assumed to listen, on systems where its sockets are not visible. */
const UNSEEN = 3000;
/** Milliseconds between two polls of the port, at first and at most. A poll takes long on a machine with many sockets. */
const LOOK = 50;
const LOOK_LONGEST = 500;
/** Milliseconds between two polls of a program's threads. */
const CALM_LOOK = 20;
/** How many polls in a row must find it blocked: then it has done what it had to. */
const CALM_LOOKS = 3;
/** Seconds that it gets for that, at most. */
const CALM = 1;
/** Seconds to wait for the program's end after a connection ended. */
const EXIT = 1;

/** A step failed. */
export class StepFailed extends Error {
  /** The class's name, as in `error.name`. */
  override name = "StepFailed";

  constructor(
    readonly wrong: Wrong,
    /** What was observed, and what was expected, in words. */
    readonly got: string,
    readonly due: string,
    readonly peer?: Peer,
  ) {
    super(got);
  }
}

/** Runs a verb of the kit. `who` is the peer or the program, `value` the verb's argument in the step. */
export type Verb = (
  harness: Harness,
  who: string,
  value: unknown,
  step: Step,
) => void | Promise<void>;

/** The peers and programs of one check. Disposing it ends all of them. */
export class Harness implements AsyncDisposable {
  /** The peers, by name. */
  readonly peers = new Map<string, Peer>();
  readonly programs = new Map<string, Program>();
  /** All requests sent so far, in order. */
  readonly sent: MessageMap[] = [];
  /** The second half of a message whose first half was sent. */
  rest: Uint8Array = new Uint8Array();
  /** The port at which the server listens: the program, or the grader. */
  port: number;
  #subject: Subject;
  #maker: Maker;
  #student: Values = {};
  /**
   * Whether the program acknowledges nothing, as another check has found, but
   * prints the requests.
   */
  isSilent = false;
  /** The checks that the program has failed. */
  failed: ReadonlySet<string> = new Set();
  #host = "127.0.0.1";
  #place: Workplace | undefined;
  #listeners: net.Server[] = [];
  #waiting: net.Socket[] = [];
  #connections = new Changes();
  #ending: Promise<void> | undefined;

  /** @param side What the program is. */
  constructor(subject: Subject, maker: Maker, readonly side: Side) {
    this.#subject = subject;
    this.#maker = maker;
    this.port = subject.port;
  }

  /** The host at which peers connect to the program: where it says that it listens. */
  get host(): string {
    return "host" in this.#subject ? this.#subject.host : this.#host;
  }

  /**
   * Whether the grader started the program. If not, the network in between,
   * such as a container's, can change port numbers.
   */
  get isSpawned(): boolean {
    return "command" in this.#subject;
  }

  /** The values of the kit's `$` names, with the student made up last. */
  get values(): Values {
    return {
      ...this.#student,
      host: this.#shownHost,
      port: this.port,
      canary: this.#place?.canary ?? "",
    };
  }

  /** The host in the program's first line. */
  get #shownHost(): string {
    const first = this.programs.values().next().value;
    return (first && bannerOf(first.stdout.text)?.host) ?? "127.0.0.1";
  }

  /** Returns the values for the next message, with a new student. */
  newValues(): Values {
    this.#student = this.#maker.student();
    return this.values;
  }

  /** Returns the peer with this name. */
  peer(name: string): Peer {
    const peer = this.peers.get(name);
    if (!peer) throw new Error(`The kit has no peer ${name} yet`);
    return peer;
  }

  /** The program started last. */
  get lastProgram(): Program | undefined {
    return [...this.programs.values()].at(-1);
  }

  /** Returns the program with this name. */
  program(name: string): Program {
    const program = this.programs.get(name);
    if (!program) throw new Error(`The kit has no program ${name} yet`);
    return program;
  }

  /** Whether something exists at the canary's path. */
  async hasCanary(): Promise<boolean> {
    return await this.#place?.hasCanary() ?? false;
  }

  /** Waits until no connection of an earlier program occupies the port. */
  async portIsFree(): Promise<void> {
    if (this.isSpawned && this.port !== 0) await isLeft(this.port);
  }

  /**
   * Starts the program, and does not wait until it listens.
   *
   * @throws {NotStarted} If it cannot be started.
   */
  async spawn(name: string): Promise<Program | undefined> {
    if (!("command" in this.#subject)) return undefined;
    const { command, folder, port } = this.#subject;
    const isFirst = this.programs.size === 0;
    if (isFirst && this.#listeners.length === 0 && this.port !== 0) {
      refuseTaken(this.port);
    }
    if (port === 0) {
      this.port = this.port || stablePort();
    }
    this.#place ??= await Workplace.of(folder);
    if (this.#ending) {
      await this.#place[Symbol.asyncDispose]();
      throw new Failure("Stopped");
    }
    const program = new Program(
      withPort(command, this.port),
      this.#place.folder,
    );
    this.programs.set(name, program);
    return program;
  }

  /**
   * Starts the program, and waits until it listens.
   *
   * @throws {StepFailed} If it does not listen.
   * @throws {NotStarted} If it ends before it listens, and is the first in this check.
   */
  async start(name: string): Promise<void> {
    const isFirst = this.programs.size === 0;
    const program = await this.spawn(name);
    if (!program) return;
    const due =
      `the first line, or a program that listens at port ${this.port}`;
    const banner = () => bannerOf(program.stdout.text);
    const isUp = () => banner() !== undefined || program.code !== undefined;
    const begin = performance.now();
    const deadline = this.deadline(START_LONGEST);
    for (let look = LOOK; !await program.changes.until(isUp, look);) {
      look = Math.min(2 * look, LOOK_LONGEST);
      const listens = Deno.build.os === "linux"
        ? listensAt(this.port)
        : performance.now() - begin > UNSEEN; // assumed, since the sockets are not visible
      if (listens) {
        await this.deadline(BANNER).until(program.changes, isUp);
        break;
      }
      if (deadline.left <= 0) {
        throw new StepFailed("nothing", `neither in ${START_LONGEST} s`, due);
      }
    }
    this.port = banner()?.port || this.port;
    // Some programs print the line before they listen.
    while (
      Deno.build.os === "linux" && !listensAt(this.port) &&
      program.code === undefined
    ) {
      if (deadline.left <= 0) {
        const got = "the first line, but the program does not listen";
        throw new StepFailed("nothing", got, due);
      }
      await delay(LOOK);
    }
    await this.calm(program);
    if (program.code !== undefined) {
      if (program.excess) throw new StepFailed(program.excess, "it ended", due);
      // A program that printed its first line has started.
      if (isFirst && !banner()) {
        throw new NotStarted(
          `The program ended before it listened, ${exitOf(program)}`,
        );
      }
      throw new StepFailed("exited", `it ended ${exitOf(program)}`, due);
    }
    this.#host = await addressOf(banner()?.host, this.port);
  }

  /** Waits until a program waits for something, or has ended. A program that never waits is not waited for. */
  async calm(program: Program): Promise<void> {
    const deadline = this.deadline(CALM);
    let calm = 0;
    while (
      Deno.build.os === "linux" && calm < CALM_LOOKS && deadline.left > 0 &&
      program.code === undefined
    ) {
      await delay(CALM_LOOK);
      calm = program.isRunning ? 0 : calm + 1;
    }
  }

  /** Returns a limit for what the programs must do. */
  deadline(seconds: number): Deadline {
    return new Deadline(seconds, () => {
      let waited = 0;
      for (const program of this.programs.values()) waited += program.waited;
      return waited;
    });
  }

  /** Listens at the port, at all loopback addresses and names of this machine, so that the program can connect. */
  async listen(): Promise<void> {
    const onSocket = (socket: net.Socket) => {
      socket.on("error", () => {}); // until a peer takes it over
      this.#waiting.push(socket);
      this.#connections.note();
    };
    const [first, ...others] = await ownAddresses();
    const listener = await listenAt(first, this.port, onSocket);
    if (!listener) throw new PortTaken(this.port);
    this.#listeners.push(listener);
    this.port = (listener.address() as net.AddressInfo).port;
    for (const host of others) {
      // A machine without IPv6 has no ::1.
      const listener = await listenAt(host, this.port, onSocket);
      if (listener) this.#listeners.push(listener);
    }
  }

  /** Takes the next connection. */
  async accept(name: string): Promise<void> {
    const due = "a connection";
    const has = () => this.#waiting.length > 0;
    const deadline = this.deadline(START_LONGEST);
    while (!await this.#connections.until(has, LOOK)) {
      if (this.lastProgram?.code !== undefined) {
        const got = `it ended ${exitOf(this.lastProgram)}`;
        throw new StepFailed("exited", got, due);
      }
      if (deadline.left > 0) continue;
      throw new StepFailed("nothing", `none in ${START_LONGEST} s`, due);
    }
    this.peers.set(name, new Peer(this.#waiting.shift()!));
  }

  /** Returns what ended: only the connection, or the whole program. */
  async wrongOfEnd(): Promise<Wrong> {
    const program = this.lastProgram;
    const hasEnded = () => program!.code !== undefined;
    return program &&
        await this.deadline(EXIT).until(program.changes, hasEnded)
      ? "exited"
      : "end";
  }

  /** Ends all programs and connections. It resets the connections, so that none occupies the port in the next check. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#ending ??= this.#end();
  }

  async #end(): Promise<void> {
    for (const peer of this.peers.values()) peer.reset();
    for (const socket of this.#waiting) socket.resetAndDestroy();
    for (const listener of this.#listeners) listener.close();
    for (const program of this.programs.values()) {
      await program[Symbol.asyncDispose]();
    }
    await this.#place?.[Symbol.asyncDispose]();
  }
}

/** Listens at an address. Resolves to `undefined` if that is not possible. */
async function listenAt(
  host: string,
  port: number,
  onSocket: (socket: net.Socket) => void,
): Promise<net.Server | undefined> {
  const listener = net.createServer({ allowHalfOpen: true }, onSocket);
  const { promise, resolve } = Promise.withResolvers<boolean>();
  listener.once("listening", () => resolve(true));
  listener.once("error", () => resolve(false));
  listener.listen({ port, host, ipv6Only: true });
  return await promise ? listener : undefined;
}
