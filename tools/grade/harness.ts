/**
 * The state of one check: its peers, the programs under test, and the requests
 * sent.
 *
 * @module
 */

import { Failure } from "../../lib/cli/program.ts";
import type { Message, MessageMap } from "../../lib/formats/formats.ts";
import { addressOf, bannerOf } from "./address.ts";
import { withPort } from "./command.ts";
import { Connections } from "./connections.ts";
import { exitOf } from "./complaint.ts";
import { Deadline } from "./deadline.ts";
import type { Side, Step, Wrong } from "./kit.ts";
import { Peer } from "./peer.ts";
import { stablePort } from "../processes/stable_port.ts";
import { listenAt, type Listener } from "./listener.ts";
import { clearPort, isLeft } from "./port.ts";
import { Program } from "./program.ts";
import { untilCalm, untilListening } from "./starting.ts";
import { StepFailed } from "./step_failed.ts";
import type { Subject } from "./subject.ts";
import type { Maker, Values } from "./values.ts";
import { Workplace } from "./workplace.ts";

/** Seconds that the program may take to connect. */
const CONNECT_LONGEST = 10;
/** Milliseconds between two looks at what has connected. */
const LOOK = 50;
/** Seconds to wait for the program's end after a connection ended. */
const EXIT = 1;

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
  /** The program's last acknowledgement. */
  acknowledgement: Message | undefined;
  /** The second half of a message whose first half was sent. */
  rest: Uint8Array = new Uint8Array();
  /** The port at which the server listens: the program, or the grader. */
  port: number;
  /** The port at which the first program was to listen. */
  #asked = 0;
  #subject: Subject;
  #maker: Maker;
  #student: Values = {};
  /**
   * Whether the program acknowledges nothing, as another check has found, but
   * prints the requests.
   */
  isSilent = false;
  /** Called when a program waits until the system frees its port, and when it goes on. */
  onWait: (isWaiting: boolean) => void = () => {};
  /** The checks that the program has failed. */
  failed: ReadonlySet<string> = new Set();
  #host = "127.0.0.1";
  #place: Workplace | undefined;
  #placing: Promise<Workplace> | undefined;
  #listener: Listener | undefined;
  #connections = new Connections(() => this.programs.values());
  #ending: Promise<void> | undefined;
  /** Aborts when the check is over. */
  #over = new AbortController();

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

  /** The port at which the program listens instead of the one that it was to listen at. */
  get moved(): { from: number; to: number } | undefined {
    const hasMoved = this.#asked !== 0 && this.port !== this.#asked;
    return hasMoved ? { from: this.#asked, to: this.port } : undefined;
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
    const { command, folder, port, share } = this.#subject;
    const isFirst = this.programs.size === 0;
    if (isFirst && !this.#listener && this.port !== 0) {
      await clearPort(this.port);
    }
    if (port === 0) this.port ||= stablePort(share);
    if (isFirst) this.#asked = this.port;
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
   * @throws {PortTaken} If another program listens at its port.
   */
  async start(name: string): Promise<void> {
    const isFirst = this.programs.size === 0;
    // A server without SO_REUSEADDR could not start there. Our own listener can,
    // so a client does not have to wait.
    if (isFirst && this.isSpawned && this.port !== 0) {
      await clearPort(this.port); // no use to wait for a port that is taken
      await isLeft(this.port, this.#over.signal, this.onWait);
    }
    const program = await this.spawn(name);
    if (!program) return;
    const limit = (seconds: number) => this.deadline(seconds);
    try {
      this.port = await untilListening(program, this.port, isFirst, limit);
    } catch (error) {
      // If another program took the port meanwhile, it is not this one's fault.
      if (isFirst && program.code !== undefined) await clearPort(this.port);
      throw error;
    }
    const banner = bannerOf(program.stdout.text);
    this.#host = await addressOf(banner?.host, this.port);
  }

  /** Waits until a program has read what a peer sent it, as {@linkcode Peer.untilRead} says. */
  async untilRead(
    peer: Peer,
    program: Program | undefined,
    isExact: boolean,
  ): Promise<void> {
    const isVisible = program && Deno.build.os === "linux";
    const isRunning = isVisible ? () => program.isRunning : undefined;
    await peer.untilRead(isRunning, isExact);
  }

  /** Waits until a program has read what it was sent and waits for something, or has ended. */
  async calm(program: Program): Promise<void> {
    for (const peer of this.peers.values()) {
      await this.untilRead(peer, program, true);
    }
    await untilCalm(program, (seconds) => this.deadline(seconds));
  }

  /** Returns a limit for what the programs must do. */
  deadline(seconds: number): Deadline {
    return new Deadline(seconds, () => {
      let waited = 0;
      for (const program of this.programs.values()) waited += program.waited;
      return waited;
    });
  }

  /** Listens at the port, so that the program can connect. */
  async listen(): Promise<void> {
    if (this.port !== 0) await clearPort(this.port);
    this.#listener = await listenAt(
      this.port,
      (socket) => this.#connections.add(socket),
    );
    this.port = this.#listener.port;
  }

  /** Takes the next connection. */
  async accept(name: string): Promise<void> {
    const due = "a connection";
    const deadline = this.deadline(CONNECT_LONGEST);
    for (;;) {
      const hasEnded = this.lastProgram?.code !== undefined;
      const isLate = deadline.left <= 0;
      const socket = this.#connections.take(hasEnded);
      if (socket) return void this.peers.set(name, new Peer(socket));
      if (hasEnded) {
        const got = `it ended ${exitOf(this.lastProgram!)}`;
        throw new StepFailed("exited", got, due);
      }
      if (isLate) {
        throw new StepFailed("nothing", `none in ${CONNECT_LONGEST} s`, due);
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
