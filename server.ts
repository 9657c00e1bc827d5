/**
 * The server: it accepts clients, and has a {@linkcode ClientHandler} serve each.
 *
 * @module
 */

import type { ClientHandler, ClientHandlerClass } from "./clienthandler.ts";
import { StudentHandler } from "./clienthandler.ts";
import type { StopSignals } from "./lib/cli/signals.ts";
import { ConnectionSet } from "./lib/connection/connection_set.ts";
import type { HandlerServer } from "./lib/connection/handler_server.ts";
import { shutDown } from "./lib/connection/shutdown.ts";
import { ignoringErrors, type OnEvent } from "./lib/events.ts";
import { DEFAULT_FORMAT, ProtocolError } from "./lib/formats/formats.ts";
import type { WireFormat } from "./lib/formats/formats.ts";
import { type LimitHits, type Limits, noLimitHits } from "./lib/limits.ts";
import { limitsOf } from "./lib/limits.ts";
import { Lock } from "./lib/lock.ts";
import type { Address, Connection, Listener, Network } from "./lib/net.ts";
import {
  addressOf,
  closeOnce,
  isClosedHere,
  isDisconnect,
  showAddress,
} from "./lib/net.ts";
import { printer, report } from "./lib/output.ts";
import { counted, reason } from "./lib/text.ts";

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
  /** Called for every client event. */
  onEvent?: OnEvent;
  /** Takes the results, a line each, instead of stdout. */
  log?: (lines: readonly string[]) => void;
  /** Takes everything else that the server reports, instead of stderr. */
  report?: (line: string) => void;
}

/** Milliseconds to wait when there is no descriptor for the next client. */
const ACCEPT_REST = 100;
/** A failure to accept is reported if there was no other for so many milliseconds. */
const REPORT_REST = 10_000;
/** The first id for clients whose source port is already in use as an id. */
const FIRST_FREE_ID = 65_536;

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
  /** The lab's name for the backlog: how many clients may wait to be accepted. This is the most that Linux allows by default, `net.core.somaxconn`. */
  static readonly MAX_NUM_CONN = 4096;

  /** The handler of each client that is being served, by the client's id. */
  readonly handlers: Map<number, ClientHandler> = new Map();
  /** The lock around what the handlers share: for students, the roster and the printed lines. */
  readonly writeLock: Lock = new Lock();
  readonly wire: WireFormat;
  readonly limits: Readonly<Limits>;
  /** How often each limit was reached. */
  readonly limitHits: LimitHits = noLimitHits();
  readonly quiet: boolean;
  readonly onEvent: OnEvent | undefined;
  readonly log: (lines: readonly string[]) => void;
  readonly report: (line: string) => void;
  #address: Address;
  #clientHandler: ClientHandlerClass;
  #network: Network;
  #listener: Listener | undefined;
  /** When a client last came, and when accepting last failed, on the clock of `performance.now()`. */
  #acceptedAt = -Infinity;
  #acceptFailedAt = -Infinity;
  /** The handlers of all open connections, also of those that were rejected. */
  #open = new ConnectionSet<ClientHandler>();
  #shutdown: Promise<void> | undefined;

  /** Makes a server. {@linkcode run} starts it. */
  constructor(options: ServerOptions = {}) {
    this.#address = addressOf(options);
    this.#clientHandler = options.clientHandler ?? StudentHandler;
    this.#network = options.network ?? Deno;
    this.wire = options.wire ?? DEFAULT_FORMAT;
    this.limits = limitsOf(options);
    this.quiet = options.quiet ?? false;
    this.onEvent = options.onEvent && ignoringErrors(options.onEvent);
    this.log = options.log ?? printer(this.limits, this.limitHits);
    this.report = ignoringErrors(options.report ?? report);
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

  /** The accept loop. A failure may cost one client, but never the loop. */
  async acceptClients(): Promise<void> {
    const listener = this.#listening();
    for (;;) {
      try {
        const conn = await listener.accept();
        this.#acceptedAt = performance.now();
        // Not awaited: each client is a task of its own, as the lab teaches.
        void this.handler(conn, conn.remoteAddr);
      } catch (error) {
        if (isClosedHere(error)) return; // by the shutdown
        if (isDisconnect(error)) continue; // the client left while it waited
        // Most likely out of descriptors: a client that leaves frees one.
        this.#reportAcceptFailure(error);
        await this.#open.waitForOne(ACCEPT_REST);
      }
    }
  }

  #reportAcceptFailure(error: unknown): void {
    const now = performance.now();
    const isNews = now - this.#acceptFailedAt > REPORT_REST;
    this.#acceptFailedAt = now;
    if (isNews) this.report(`Cannot accept clients: ${reason(error)}`);
  }

  /** The task of one client: makes its handler, and runs it to its end. Never rejects. The lab's name. */
  async handler(conn: Connection, addr: Address): Promise<void> {
    let handler: ClientHandler | undefined;
    try {
      handler = new this.#clientHandler(this, conn, addr);
      this.#open.add(handler);
      this.onEvent?.(handler.clientId, { type: "accepted" });
      const error = this.#admissionError(addr.hostname);
      if (error) return await handler.reject(error);
      this.handlers.set(handler.clientId, handler);
      await handler.run();
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
    // One that was rejected may have the id of one that was not.
    if (this.handlers.get(clientId) === handler) this.handlers.delete(clientId);
  }

  freeClientId(port: number): number {
    if (!this.handlers.has(port)) return port;
    let id = FIRST_FREE_ID;
    while (this.handlers.has(id)) id++;
    return id;
  }

  /** Why the server takes no further client from this address; `undefined` if it does. */
  #admissionError(ip: string): ProtocolError | undefined {
    const { maxClients, maxClientsPerAddress } = this.limits;
    if (this.handlers.size >= maxClients) {
      const why = `The server is full: it has ${counted(maxClients, "client")}`;
      return new ProtocolError(why, { limit: "maxClients" });
    }
    if (maxClientsPerAddress === 0) return undefined;
    let same = 0;
    for (const { clientIp } of this.handlers.values()) {
      if (clientIp === ip) same++;
    }
    if (same < maxClientsPerAddress) return undefined;
    const why =
      `The server has ${counted(same, "client")} from your address, ` +
      "and takes no more";
    return new ProtocolError(why, { limit: "maxClientsPerAddress" });
  }

  /**
   * Ends the server without loss: pending connections are accepted, received
   * requests are answered, then every connection closes, at the latest after
   * the grace time. A second call waits for the same end.
   */
  shutdown(): Promise<void> {
    return this.#shutdown ??= shutDown({
      open: this.#open,
      isListening: this.#listener !== undefined,
      acceptIdleFor: () => {
        const rested = this.#acceptFailedAt + ACCEPT_REST;
        return performance.now() - Math.max(this.#acceptedAt, rested);
      },
      stopAccepting: () => this.#stopAccepting(),
      close: () => {
        this.limitHits.grace += this.#open.size;
        this.close();
      },
      onError: this.#reportEnding,
    }, this.limits.grace * 1000);
  }

  /** Ends the server at once: all connections are closed. */
  close(): void {
    this.#stopAccepting();
    this.#open.each((handler) => handler.close(), this.#reportEnding);
  }

  #reportEnding = (error: unknown): void => {
    this.report(`Ending: ${reason(error)}`);
  };

  #stopAccepting(): void {
    if (this.#listener) closeOnce(this.#listener);
    this.#open.wake(); // the accept loop, if it waits for a descriptor
  }

  /** Ends the server as {@linkcode shutdown} does: for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }
}

/** The command line of the server. Returns its exit code. */
export async function main(
  args: readonly string[],
  signals: StopSignals,
): Promise<number> {
  // Loaded here, so that `import { Server }` loads no command line.
  const { runServer } = await import("./lib/cli/server_command.ts");
  return await runServer(args, signals, ({ roster, line, ...options }) => {
    const clientHandler = StudentHandler.with(roster, line);
    return new Server({ ...options, clientHandler });
  });
}

if (import.meta.main) {
  const { exitWith } = await import("./lib/cli/program.ts");
  await exitWith(main);
}
