/**
 * The server: it accepts clients and creates a {@linkcode ClientHandler} for each.
 *
 * @module
 */

import type { ClientHandlerClass } from "./clienthandler.ts";
import { ClientHandler, StudentHandler } from "./clienthandler.ts";
import type { StopSignals } from "./lib/cli/signals.ts";
import { Acceptor } from "./lib/connection/acceptor.ts";
import { Admission } from "./lib/connection/admission.ts";
import { pollEventLoop } from "./lib/connection/fairness.ts";
import { ConnectionSet } from "./lib/connection/connection_set.ts";
import type {
  HandlerServer,
  Reported,
} from "./lib/connection/handler_server.ts";
import { isInHandler, runHandler } from "./lib/connection/handler_scope.ts";
import { serverNetwork } from "./lib/connection/network.ts";
import type { ServerNetwork } from "./lib/connection/network_options.ts";
import { shutDown } from "./lib/connection/shutdown.ts";
import type { CloseReason, OnEvent, ServerEvent } from "./lib/events.ts";
import { ignoringErrors } from "./lib/events.ts";
import { DEFAULT_FORMAT } from "./lib/formats/formats.ts";
import type { Message, WireFormat } from "./lib/formats/formats.ts";
import { type LimitHits, type Limits, noLimitHits } from "./lib/limits.ts";
import { limitsOf } from "./lib/limits.ts";
import { Lock } from "./lib/lock.ts";
import type { Address, Connection, Network } from "./lib/net.ts";
import { addressOf, closeOnce, showAddress } from "./lib/net.ts";
import { isClosedHere, isDisconnect } from "./lib/net.ts";
import { printer, reportAbout } from "./lib/output.ts";
import { reason } from "./lib/text.ts";

export type * from "./lib/connection/network_options.ts";
export type { CloseReason, OnEvent, Reported, ServerEvent, StopSignals };

/** Options of a {@linkcode Server}. Each limit is an option, too. */
export interface ServerOptions<In = Message, Out = In>
  extends Partial<Limits>, ServerNetwork {
  /** The address to listen on; `0.0.0.0` means all addresses. By default 127.0.0.1. */
  host?: string;
  /** The port to listen on; 0 means any free port. By default 12000. */
  port?: number;
  /** The format of the messages. By default pickle, the lab's. */
  wire?: WireFormat<In, Out>;
  /** The application: a handler class, with one instance per client. By default {@linkcode StudentHandler}. */
  clientHandler?: ClientHandlerClass<In, Out>;
  /** Whether to omit the lines about accepted requests and about clients that leave. */
  quiet?: boolean;
  /** Called for every client event. */
  onEvent?: OnEvent;
  /** Receives the lines of results, instead of stdout. */
  log?: (lines: readonly string[]) => void;
  /** Receives every other line that the server reports, instead of stderr. stderr shows the first about each address, and counts the others. */
  report?: (line: string, about?: Reported) => void;
}

/** Options of a server whose messages are not {@linkcode Message}. It needs both `wire` and `clientHandler`. */
export type TypedServerOptions<In, Out> =
  & ServerOptions<In, Out>
  & Required<Pick<ServerOptions<In, Out>, "wire" | "clientHandler">>;

/** The lab's application. Its messages are `Message`. */
const LAB: unknown = { wire: DEFAULT_FORMAT, clientHandler: StudentHandler };

/** The handler of a rejected client: it only sends the error. The application's handler is not created. */
class RejectedClient<In, Out> extends ClientHandler<In, Out> {
  protected override processRequest(): undefined {}
}

/** How long to wait after a failure to accept, in milliseconds. */
const ACCEPT_REST = 100;
/** The first id for clients whose source port is already in use as an id. */
const FIRST_FREE_ID = 65_536;

/**
 * A TCP server for many concurrent clients. Their handlers interpret what they send.
 *
 * @example
 * ```ts
 * import { Server } from "@rollcall/rollcall";
 *
 * await using server = new Server({ port: 0 });
 * void server.run();
 * ```
 */
export class Server<In = Message, Out = In>
  implements HandlerServer<In, Out>, AsyncDisposable {
  /** How many clients may wait to be accepted (the backlog): the default maximum of Linux. The name is the lab's. */
  static readonly MAX_NUM_CONN = 4096;

  /** The handlers of the clients being served, by client id. */
  readonly handlers: ReadonlyMap<number, ClientHandler<In, Out>>;
  /** The lock that protects what handlers share: for students, the roster and the printed lines. */
  readonly writeLock: Lock = new Lock();
  readonly wire: WireFormat<In, Out>;
  readonly limits: Readonly<Limits>;
  /** How often each limit was reached. */
  readonly limitHits: LimitHits = noLimitHits();
  readonly quiet: boolean;
  readonly onEvent: OnEvent | undefined;
  readonly log: (lines: readonly string[]) => void;
  readonly report: (line: string, about?: Reported) => void;
  #address: Address;
  #clientHandler: ClientHandlerClass<In, Out>;
  #network: Network;
  #admission: Admission<ClientHandler<In, Out>>;
  #acceptor: Acceptor | undefined;
  #nextFreeId = FIRST_FREE_ID;
  #isClosed = false;
  /** The handlers of all open connections, including those of rejected clients. */
  #open = new ConnectionSet<ClientHandler<In, Out>>();
  #shutdown: Promise<void> | undefined;

  /**
   * Creates a server. {@linkcode run} starts it.
   *
   * @throws {RangeError} If a limit is not a number of at least 0, or a time is longer than a timer can wait.
   * @throws {TypeError} If the certificate or its key is not in PEM, or they do not fit.
   */
  constructor(options?: ServerOptions);
  /** Creates a server whose messages are not {@linkcode Message}. */
  constructor(options: TypedServerOptions<In, Out>);
  constructor(options: Partial<TypedServerOptions<In, Out>> = {}) {
    const lab = LAB as TypedServerOptions<In, Out>;
    this.#address = addressOf(options);
    this.#clientHandler = options.clientHandler ?? lab.clientHandler;
    this.#network = serverNetwork(options);
    this.wire = options.wire ?? lab.wire;
    this.limits = limitsOf(options);
    this.#admission = new Admission(this.limits);
    this.handlers = this.#admission.served;
    this.quiet = options.quiet ?? false;
    this.onEvent = options.onEvent && ignoringErrors(options.onEvent);
    const log = options.log ?? printer(this.limits, this.limitHits);
    this.log = ignoringErrors(log);
    this.report = ignoringErrors(options.report ?? reportAbout);
  }

  /** Listens, then serves clients until {@linkcode shutdown} has finished. Throws what {@linkcode listen} throws. */
  async run(): Promise<void> {
    this.listen();
    await this.acceptClients();
    await this.#shutdown;
  }

  /**
   * Binds the address and starts to listen.
   *
   * @throws {Error} If it has listened before, or has been shut down.
   * @throws {Deno.errors.AddrInUse} If another program listens on the address.
   */
  listen(): void {
    if (this.#shutdown || this.#acceptor) {
      throw new Error("A server listens only once: create a new one");
    }
    const address = { ...this.#address, tcpBacklog: Server.MAX_NUM_CONN };
    this.#acceptor = new Acceptor(this.#network.listen(address));
    this.log([`Listening at ${showAddress(this.addr)}`]);
  }

  /**
   * The address the server listens on.
   *
   * @throws {Error} If it does not listen yet.
   */
  get addr(): Address {
    return this.#listening().listener.addr;
  }

  #listening(): Acceptor {
    if (!this.#acceptor) throw new Error("The server is not listening");
    return this.#acceptor;
  }

  /** The accept loop. An error may lose one client but never ends the loop. */
  async acceptClients(): Promise<void> {
    const acceptor = this.#listening();
    for (;;) {
      try {
        const conn = await acceptor.accept();
        // Not awaited: each client has its own task, as the lab teaches.
        void this.handler(conn, conn.remoteAddr);
      } catch (error) {
        if (isClosedHere(error)) return; // by `shutdown` or `close`
        if (isDisconnect(error)) continue; // the client left while it waited
        // Probably out of file descriptors: a client that leaves frees one.
        if (acceptor.noteFailure()) {
          this.report(`Cannot accept clients: ${reason(error)}`);
        }
        await this.#open.waitForOne(ACCEPT_REST);
      }
    }
  }

  /** The task of one client: creates its handler and runs it. Never rejects. The name is the lab's. */
  async handler(conn: Connection, addr: Address): Promise<void> {
    let handler: ClientHandler<In, Out> | undefined;
    try {
      if (this.#admission.admissionError(addr.hostname)) {
        await pollEventLoop(); // the end of another client may not be read yet
      }
      if (this.#isClosed) return;
      const error = this.#admission.makeRoom(addr.hostname);
      const Handler = error ? RejectedClient<In, Out> : this.#clientHandler;
      handler = new Handler(this, conn, addr);
      this.#open.add(handler);
      this.onEvent?.(handler.clientId, { type: "accepted", ip: addr.hostname });
      if (error) return await handler.reject(error);
      this.#admission.add(handler);
      await runHandler(this, handler);
    } catch (error) {
      this.report(`${showAddress(addr)} handler failed: ${reason(error)}`);
    } finally {
      ignoringErrors(() => handler?.close())(); // if its `run` has not done so
      closeOnce(conn);
      if (handler) this.#forget(handler);
    }
  }

  #forget(handler: ClientHandler<In, Out>): void {
    this.#open.delete(handler);
    this.#admission.delete(handler);
  }

  freeClientId(port: number): number {
    if (!this.#open.has(port)) return port;
    // Such ids are not used again: to search for a free one would be slow with many clients.
    return this.#nextFreeId++;
  }

  /**
   * Ends the server without losing requests: pending connections are accepted, received requests are answered, then
   * all connections close, at the latest after `grace` seconds. In a handler, which would wait for itself, it resolves at once.
   */
  shutdown(): Promise<void> {
    this.#shutdown ??= shutDown({
      open: this.#open,
      isListening: this.#acceptor !== undefined,
      acceptIdleFor: () => this.#acceptor?.idleFor ?? 0,
      stopAccepting: () => this.#stopAccepting(),
      close: () => {
        this.limitHits.grace += this.#open.size;
        this.close();
      },
      onError: this.#reportEnding,
    }, this.limits.grace * 1000);
    return isInHandler(this) ? Promise.resolve() : this.#shutdown;
  }

  /** Ends the server at once: closes the listener and all connections. */
  close(): void {
    this.#isClosed = true;
    this.#stopAccepting();
    this.#open.each((handler) => handler.close(), this.#reportEnding);
  }

  #reportEnding = (error: unknown): void => {
    this.report(`Error while ending: ${reason(error)}`);
  };

  #stopAccepting(): void {
    this.#acceptor?.close();
    this.#open.wake(); // the accept loop, if it waits for a file descriptor
  }

  /** Calls {@linkcode shutdown} at the end of an `await using` block. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }
}

/**
 * Runs the command line of the server. Resolves to its exit code.
 *
 * @example
 * ```ts
 * import { main } from "@rollcall/rollcall";
 *
 * const never = new AbortController().signal;
 * console.log(await main(["--version"], { stop: never, stopNow: never })); // 0
 * ```
 */
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
