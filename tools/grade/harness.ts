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
import { withPort } from "./command.ts";
import { Connections } from "./connections.ts";
import { exitOf } from "./complaint.ts";
import type { Step, Wrong } from "./kit.ts";
import { Peer } from "./peer.ts";
import { stablePort } from "../processes/stable_port.ts";
import { clearPort, isLeft, listensAt, PortTaken } from "./port.ts";
import { NotStarted, Program } from "./program.ts";
import type { Maker, Values } from "./values.ts";
import { Workplace } from "./workplace.ts";

/** The program under test: a command to start, or a running server. */
export type Subject =
  | { command: readonly string[]; folder: string; port: number }
  | { host: string; port: number };

/** Seconds that the program may take to start, or to connect. */
const START_LONGEST = 10;
/** Milliseconds to wait for the first line once the port listens. */
const BANNER = 500;
/** Milliseconds after which a running program is assumed to listen, on systems where its sockets are not visible. */
const UNSEEN = 3000;
/** Milliseconds between two polls while waiting for the program to listen. */
const LOOK = 50;
/** Milliseconds to wait for the program's end after a connection ended. */
const EXIT = 1000;

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
  /** The host in the program's first line. */
  #shownHost = "127.0.0.1";
  #place: Workplace | undefined;
  #placing: Promise<Workplace> | undefined;
  #listener: net.Server | undefined;
  #connections = new Connections(() => this.programs.values());
  #ending: Promise<void> | undefined;
  /** Aborts when the check is over. */
  #over = new AbortController();

  constructor(subject: Subject, maker: Maker) {
    this.#subject = subject;
    this.#maker = maker;
    this.port = subject.port;
  }

  /** The host at which peers connect to the program. */
  get host(): string {
    return "host" in this.#subject ? this.#subject.host : "127.0.0.1";
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

  /**
   * Starts the program, and does not wait until it listens.
   *
   * @throws {NotStarted} If it cannot be started.
   */
  async spawn(name: string): Promise<Program | undefined> {
    if (!("command" in this.#subject)) return undefined;
    const { command, folder, port } = this.#subject;
    const isFirst = this.programs.size === 0;
    if (isFirst && !this.#listener && this.port !== 0) {
      await clearPort(this.port);
    }
    if (port === 0) this.port ||= stablePort();
    this.#placing ??= Workplace.of(folder, this.#over.signal);
    this.#place = await this.#placing;
    this.#over.signal.throwIfAborted();
    const program = new Program(withPort(command, this.port), this.#place);
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
    // A server without SO_REUSEADDR could not start there. Our own listener can,
    // so a client does not have to wait.
    if (isFirst && this.isSpawned && this.port !== 0) {
      await isLeft(this.port, this.#over.signal);
    }
    const program = await this.spawn(name);
    if (!program) return;
    const due =
      `the first line, or a program that listens at port ${this.port}`;
    const banner = () => BANNER_LINE.exec(program.stdout.text);
    const isUp = () => banner() !== null || program.code !== undefined;
    const begin = performance.now();
    while (!await program.changes.until(isUp, LOOK)) {
      const ms = performance.now() - begin;
      const listens = Deno.build.os === "linux"
        ? listensAt(this.port)
        : ms > UNSEEN; // assumed, since the sockets are not visible
      if (listens) {
        await program.changes.until(isUp, BANNER);
        break;
      }
      if (ms > START_LONGEST * 1000) {
        throw new StepFailed("nothing", `neither in ${START_LONGEST} s`, due);
      }
    }
    if (program.code !== undefined) {
      if (program.excess) throw new StepFailed(program.excess, "it ended", due);
      if (isFirst) {
        throw new NotStarted(
          `The program ended before it listened, ${exitOf(program)}`,
        );
      }
      throw new StepFailed("exited", `it ended ${exitOf(program)}`, due);
    }
    const line = banner();
    if (!line) return;
    const [, host, digits] = line;
    this.#shownHost = host;
    const port = Number(digits);
    if (port > 0 && port < 65_536) this.port = port;
    // Some programs print the line before they listen.
    while (Deno.build.os === "linux" && !listensAt(this.port)) {
      if (performance.now() - begin > START_LONGEST * 1000) {
        throw new StepFailed(
          "nothing",
          "the first line, but the program does not listen",
          due,
        );
      }
      await delay(LOOK);
    }
  }

  /** Listens at the port, so that the program can connect. */
  async listen(): Promise<void> {
    if (this.port !== 0) await clearPort(this.port);
    this.#listener = net.createServer(
      { allowHalfOpen: true },
      (socket) => this.#connections.add(socket),
    );
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#listener.once("listening", resolve).once("error", reject);
    this.#listener.listen(this.port, "127.0.0.1");
    try {
      await promise;
    } catch {
      throw new PortTaken(this.port);
    }
    this.port = (this.#listener.address() as net.AddressInfo).port;
  }

  /** Takes the next connection. */
  async accept(name: string): Promise<void> {
    const due = "a connection";
    const end = performance.now() + START_LONGEST * 1000;
    for (;;) {
      const hasEnded = this.lastProgram?.code !== undefined;
      const isLate = performance.now() > end;
      const socket = this.#connections.take(hasEnded);
      if (socket) return void this.peers.set(name, new Peer(socket));
      if (hasEnded) {
        const got = `it ended ${exitOf(this.lastProgram!)}`;
        throw new StepFailed("exited", got, due);
      }
      if (isLate) {
        throw new StepFailed("nothing", `none in ${START_LONGEST} s`, due);
      }
      // While the connections that are there are not the program's, it waits.
      const { changes, areThere } = this.#connections;
      await changes.until(() => !areThere && this.#connections.areThere, LOOK);
    }
  }

  /** Returns what ended: only the connection, or the whole program. */
  async wrongOfEnd(): Promise<Wrong> {
    const program = this.lastProgram;
    const hasEnded = () => program!.code !== undefined;
    return program && await program.changes.until(hasEnded, EXIT)
      ? "exited"
      : "end";
  }

  /** Ends all programs and connections. It resets the connections, so that none occupies the port in the next check. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#ending ??= this.#end();
  }

  async #end(): Promise<void> {
    this.#over.abort(new Failure("Stopped"));
    for (const peer of this.peers.values()) peer.reset();
    this.#connections.end();
    this.#listener?.close();
    await Promise.all(
      Array.from(this.programs.values(), (it) => it[Symbol.asyncDispose]()),
    );
    const place = await this.#placing?.catch(() => undefined);
    await place?.[Symbol.asyncDispose]();
  }
}

/** The lab's first line. */
const BANNER_LINE = /^Listening at (\S+)\/(\d+)\r?$/m;
