/**
 * The server: it accepts clients and creates a {@linkcode ClientHandler} for each.
 *
 * @module
 */

import type { ClientHandler, ClientHandlerClass } from "./clienthandler.ts";
import { RejectedClient, StudentHandler } from "./clienthandler.ts";
import type { StopSignals } from "./lib/cli/signals.ts";
import { ConnectionSet } from "./lib/connection/connection_set.ts";
import type { HandlerServer } from "./lib/connection/handler_server.ts";
import { isInHandlerOf } from "./lib/connection/handler_scope.ts";
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

/** Options of a {@linkcode Server}. Each limit is an option, too. */
export interface ServerOptions extends Partial<Limits> {
  /** The address to listen on; `0.0.0.0` means all addresses. @default {"127.0.0.1"} */
  host?: string;
  /** The port to listen on; 0 means any free port. @default {12000} */
  port?: number;
  /** The format of the messages. @default {pickle} */
  wire?: WireFormat;
  /** The application: a handler class, with one instance per client. @default {StudentHandler} */
  clientHandler?: ClientHandlerClass;
  /** The network to listen on. @default {Deno} */
  network?: Network;
  /** Whether to omit the lines about accepted requests and about clients that leave. @default {false} */
  quiet?: boolean;
  /** Called for every client event. */
  onEvent?: OnEvent;
  /** Receives the lines of results, instead of stdout. */
  log?: (lines: readonly string[]) => void;
  /** Receives every other line that the server reports, instead of stderr. */
  report?: (line: string) => void;
}

/** How long to wait after a failure to accept, in milliseconds. */
const ACCEPT_REST = 100;
/** A failure to accept so soon after the last one is not reported, in milliseconds. */
const REPORT_REST = 10_000;
/** The first id for clients whose source port is already in use as an id. */
const FIRST_FREE_ID = 65_536;

/**
 * A TCP server for many concurrent clients. It does not interpret what they
 * send: that is the handler's task.
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
  /**
   * How many clients may wait to be accepted (the backlog). The name is the
   * lab's. The value is the default maximum of Linux, `net.core.somaxconn`.
   */
  static readonly MAX_NUM_CONN = 4096;

  /** The handlers of the clients being served, by client id. */
  readonly handlers: Map<number, ClientHandler> = new Map();
  /**
   * The lock that protects what handlers share: for students, the roster and
   * the printed lines.
   */
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
  /**
   * When the server last accepted a client, and when it last failed to, in
   * `performance.now()` time.
   */
  #acceptedAt = -Infinity;
  #acceptFailedAt = -Infinity;
  /** The handlers of all open connections, including those of rejected clients. */
  #open = new ConnectionSet<ClientHandler>();
  #shutdown: Promise<void> | undefined;

  /** Creates a server. {@linkcode run} starts it. */
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

  /** Listens, then serves clients until {@linkcode shutdown} has finished. */
  async run(): Promise<void> {
    this.listen();
    await this.acceptClients();
    await this.#shutdown;
  }

  /**
   * Binds the address and starts to listen.
   *
   * @throws {Deno.errors.AddrInUse} If another program listens on the address.
   */
  listen(): void {
    if (this.#shutdown || this.#listener) {
      throw new Error("A server listens only once: create a new one");
    }
    const tcpBacklog = Server.MAX_NUM_CONN;
    this.#listener = this.#network.listen({ ...this.#address, tcpBacklog });
    this.log([`Listening at ${showAddress(this.addr)}`]);
  }

  /** The address the server listens on. @throws {Error} If it is not listening. */
  get addr(): Address {
    return this.#listening().addr;
  }

  #listening(): Listener {
    if (!this.#listener) throw new Error("The server is not listening");
    return this.#listener;
  }

  /** The accept loop. An error may lose one client but never ends the loop. */
  async acceptClients(): Promise<void> {
    const listener = this.#listening();
    for (;;) {
      try {
        const conn = await listener.accept();
        this.#acceptedAt = performance.now();
        // Not awaited: each client has its own task, as the lab teaches.
        void this.handler(conn, conn.remoteAddr);
      } catch (error) {
        if (isClosedHere(error)) return; // by `shutdown` or `close`
        if (isDisconnect(error)) continue; // the client left while it waited
        // The process is probably out of file descriptors. A client that leaves
        // frees one.
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

  /**
   * The task of one client: creates its handler and runs it. Never rejects. The
   * name is the lab's.
   */
  async handler(conn: Connection, addr: Address): Promise<void> {
    let handler: ClientHandler | undefined;
    try {
      const error = this.#admissionError(addr.hostname);
      const Handler = error ? RejectedClient : this.#clientHandler;
      handler = new Handler(this, conn, addr);
      this.#open.add(handler);
      this.onEvent?.(handler.clientId, { type: "accepted" });
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
    // A rejected client may have the same id as a client being served.
    if (this.handlers.get(clientId) === handler) this.handlers.delete(clientId);
  }

  freeClientId(port: number): number {
    if (!this.handlers.has(port)) return port;
    let id = FIRST_FREE_ID;
    while (this.handlers.has(id)) id++;
    return id;
  }

  /**
   * Returns why a client from this address is rejected; `undefined` if it is
   * not.
   */
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
   * Ends the server without losing requests: pending connections are accepted,
   * received requests are answered, then every connection closes, at the latest
   * after the grace time. In a handler, it resolves at once: a handler that waited
   * for the end would wait for itself.
   */
  shutdown(): Promise<void> {
    this.#shutdown ??= shutDown({
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
    return isInHandlerOf(this) ? Promise.resolve() : this.#shutdown;
  }

  /** Ends the server at once: closes the listener and all connections. */
  close(): void {
    this.#stopAccepting();
    this.#open.each((handler) => handler.close(), this.#reportEnding);
  }

  #reportEnding = (error: unknown): void => {
    this.report(`Error while ending: ${reason(error)}`);
  };

  #stopAccepting(): void {
    if (this.#listener) closeOnce(this.#listener);
    this.#open.wake(); // the accept loop, if it waits for a file descriptor
  }

  /** Calls {@linkcode shutdown} at the end of an `await using` block. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }
}

/** Runs the command line of the server. Resolves to its exit code. */
export async function main(
  args: readonly string[],
  signals: StopSignals,
): Promise<number> {
  // Loaded here, so that `import { Server }` does not load the command line.
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
