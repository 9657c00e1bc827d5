/**
 * The server: it accepts clients, and has a {@linkcode ClientHandler} serve each.
 *
 * @module
 */

import type { ClientHandler, ClientHandlerClass } from "./clienthandler.ts";
import { MaskedStudentHandler, StudentHandler } from "./clienthandler.ts";
import { freeId, whyFull } from "./lib/admission.ts";
import { Backlog } from "./lib/backlog.ts";
import { reason } from "./lib/text.ts";
import { exitWith, runProgram } from "./lib/cli/program.ts";
import { serverProgram, serveUntilStopped } from "./lib/cli/server_command.ts";
import type { ServerFlags } from "./lib/cli/server_command.ts";
import type { StopSignals } from "./lib/cli/signals.ts";
import { printer, report } from "./lib/output.ts";
import type { HandlerServer } from "./lib/handler_server.ts";
import { InFlight } from "./lib/connection/connection_set.ts";
import type { LimitCounts, Limits } from "./lib/limits.ts";
import { limitCounts, limitsOf } from "./lib/limits.ts";
import { Lock } from "./lib/lock.ts";
import type { Address, Connection, Listener, Network } from "./lib/net.ts";
import {
  addressOf,
  closeOnce,
  isClosedHere,
  isDisconnect,
  showAddress,
} from "./lib/net.ts";
import { safely } from "./lib/safely.ts";
import type { Watch } from "./lib/events.ts";
import { DEFAULT_FORMAT, type WireFormat } from "./lib/formats/formats.ts";

/** Options of a {@linkcode Server}. Each limit is one too. */
export interface ServerOptions extends Partial<Limits> {
  /** The address to listen at; `0.0.0.0` is all of them. @default {"127.0.0.1"} */
  host?: string;
  /** The port to listen at; 0 is any free one. @default {12000} */
  port?: number;
  /** The format of the messages. @default {pickle} */
  wire?: WireFormat;
  /** The class that serves a client: the application. @default {StudentHandler} */
  clientHandler?: ClientHandlerClass;
  /** What to listen on. @default {Deno} */
  network?: Network;
  /** Whether lines about single requests are left out. @default {false} */
  quiet?: boolean;
  /** Is told what happens to each client, as it happens. */
  watch?: Watch;
  /** Takes the results, a line each, instead of stdout. */
  log?: (lines: readonly string[]) => void;
  /** Takes whatever else is worth telling, instead of stderr. */
  report?: (line: string) => void;
}

/** Milliseconds to rest when there is no descriptor for the next client. */
const ACCEPT_REST = 100;
/** Milliseconds for which a shutdown answers clients that keep sending, at most. */
const DRAIN_LONGEST = 1000;
/** Milliseconds that handlers have to end once their connections were cut off. */
const CUT_OFF = 100;

/**
 * A TCP server for many clients at once. It knows nothing of what they send:
 * that is the handler's.
 *
 * @example
 * ```ts
 * import { Server } from "./server.ts";
 *
 * await using server = new Server({ port: 0 });
 * void server.run();
 * ```
 */
export class Server implements HandlerServer, AsyncDisposable {
  /** Clients that may wait to be accepted: the most that Linux takes by default, `net.core.somaxconn`. */
  static readonly MAX_NUM_CONN = 4096;

  /** The handler of each client that is being served, by the client's id. */
  readonly handlers: Map<number, ClientHandler> = new Map();
  /** The lock around what the handlers share. */
  readonly writeLock: Lock = new Lock();
  readonly wire: WireFormat;
  readonly limits: Readonly<Limits>;
  /** How often each limit was reached. */
  readonly reached: LimitCounts = limitCounts();
  readonly quiet: boolean;
  heard: number = -Infinity;
  readonly watch: Watch | undefined;
  readonly log: (lines: readonly string[]) => void;
  readonly report: (line: string) => void;
  #address: Address;
  #clientHandler: ClientHandlerClass;
  #network: Network;
  #listener: Listener | undefined;
  #accepting = Promise.resolve();
  #backlog = new Backlog();
  /** The handlers of all open connections, also of those being turned away. */
  #open = new InFlight<ClientHandler>();
  #shutdown: Promise<void> | undefined;

  /** Makes a server. {@linkcode run} starts it. */
  constructor(options: ServerOptions = {}) {
    this.#address = addressOf(options);
    this.#clientHandler = options.clientHandler ?? StudentHandler;
    this.#network = options.network ?? Deno;
    this.wire = options.wire ?? DEFAULT_FORMAT;
    this.limits = limitsOf(options);
    this.quiet = options.quiet ?? false;
    this.watch = options.watch && safely(options.watch);
    this.log = options.log ?? printer(this.limits, this.reached);
    this.report = safely(options.report ?? report);
  }

  /** Listens, then serves clients until {@linkcode shutdown} has ended. */
  async run(): Promise<void> {
    this.listen();
    await this.acceptClients();
    await this.#shutdown;
  }

  /**
   * Binds the address, and listens.
   *
   * @throws {Deno.errors.AddrInUse} If another program listens there.
   */
  listen(): void {
    if (this.#shutdown) throw new Error("The server was shut down");
    const tcpBacklog = Server.MAX_NUM_CONN;
    this.#listener = this.#network.listen({ ...this.#address, tcpBacklog });
    this.log([`Listening at ${showAddress(this.addr)}`]);
  }

  /** The address it listens at. @throws {Error} If it does not. */
  get addr(): Address {
    return this.#listening().addr;
  }

  #listening(): Listener {
    if (!this.#listener) throw new Error("The server is not listening");
    return this.#listener;
  }

  /** The accept loop. A failure costs one client, never the loop. */
  async acceptClients(): Promise<void> {
    const listener = this.#listening();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#accepting = promise;
    for (;;) {
      try {
        const conn = await listener.accept();
        this.#backlog.noteAccepted();
        // The task is the method that makes the handler, as the lab teaches.
        void this.handler(conn, conn.remoteAddr);
      } catch (error) {
        if (isClosedHere(error)) return resolve(); // by the shutdown
        if (isDisconnect(error)) continue; // the client left while it waited
        // Most likely out of descriptors: a client that leaves frees one.
        const why = `Cannot accept clients: ${reason(error)}`;
        if (this.#backlog.isNews()) this.report(why);
        await this.#backlog.blockedUntil(this.#open.oneEnds(ACCEPT_REST));
      }
    }
  }

  /** Makes the handler of one client, and runs it to its end. Never rejects. */
  async handler(conn: Connection, addr: Address): Promise<void> {
    let handler: ClientHandler | undefined;
    try {
      handler = new this.#clientHandler(this, conn, addr);
      this.#open.add(handler);
      this.watch?.(handler.clientId, { what: "accepted" });
      const full = whyFull(this.handlers, addr.hostname, this.limits);
      if (full) return await handler.turnAway(full);
      this.handlers.set(handler.clientId, handler);
      const running = handler.run();
      if (this.#shutdown) handler.drain();
      await running;
    } catch (error) {
      this.report(`${showAddress(addr)} handler failed: ${reason(error)}`);
    } finally {
      closeOnce(conn);
      if (handler) this.#forget(handler);
    }
  }

  #forget(handler: ClientHandler): void {
    this.#open.delete(handler);
    const { clientId } = handler;
    // One that was turned away may have the id of one that was not.
    if (this.handlers.get(clientId) === handler) this.handlers.delete(clientId);
  }

  freeClientId(port: number): number {
    return freeId(this.handlers, port);
  }

  /**
   * Ends the server without loss: clients that wait are still accepted, what
   * was read is answered, then every connection closes, at the latest after
   * the grace time. A second call waits for the same end.
   */
  shutdown(): Promise<void> {
    return this.#shutdown ??= this.#drain();
  }

  async #drain(): Promise<void> {
    const end = performance.now() + this.limits.grace * 1000;
    this.#tellAll((handler) => handler.drain());
    const backlog = this.#listener ? this.limits.grace * 500 : 0; // half of it, at most
    await Promise.all([this.#backlog.empty(backlog), this.#settle(end)]);
    if (this.#listener) closeOnce(this.#listener);
    await this.#accepting;
    await this.#settle(end);
    await this.#open.allEnd(end - performance.now());
    this.reached.grace += this.#open.size;
    this.close();
    await this.#open.allEnd(CUT_OFF);
  }

  /** Ends the server at once: connections are cut off. */
  close(): void {
    if (this.#listener) closeOnce(this.#listener);
    this.#tellAll((handler) => handler.close());
  }

  /** Has all handlers read no more once those that can have ended. */
  async #settle(end: number): Promise<void> {
    await this.#open.allEnd(Math.min(DRAIN_LONGEST, end - performance.now()));
    this.#tellAll((handler) => handler.stop());
  }

  #tellAll(tell: (handler: ClientHandler) => void): void {
    this.#open.each(tell, (error) => this.report(`Ending: ${reason(error)}`));
  }

  /** Ends the server as {@linkcode shutdown} does: for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }
}

/** The command line of the server. Returns its exit code. */
export function main(
  args: readonly string[],
  signals: StopSignals,
): Promise<number> {
  const run = (flags: ServerFlags) => {
    const clientHandler = flags.maskSid ? MaskedStudentHandler : StudentHandler;
    const server = new Server({ ...flags, clientHandler });
    return serveUntilStopped(server, flags, signals);
  };
  return runProgram(serverProgram(run), args);
}

if (import.meta.main) await exitWith(main);
