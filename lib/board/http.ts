/**
 * A small HTTP server whose connections are limited.
 *
 * `Deno.serve` accepts any number of connections, as fast as they come: a flood of
 * them would use up the file descriptors that the lab's clients need, and the
 * processor. This one accepts so many and no more, and answers one GET on each
 * connection. It needs no more: a page is three of them.
 *
 * @module
 */

import {
  type Accepted,
  type Address,
  closeOnce,
  isClosedHere,
} from "../net.ts";
import {
  badRequest,
  type HttpRequest,
  parseRequest,
  readHead,
} from "./http_request.ts";
import { headOf, type HttpResponse, writeAll } from "./http_response.ts";
import { AcceptRate, Places } from "./places.ts";

/** How long a client may take to send its request, in milliseconds. */
const REQUEST_TIME = 5_000;
/** How long it may take to read a response, in milliseconds. */
const RESPONSE_TIME = 60_000;
/** How long to wait for its end afterwards, in milliseconds. */
const LINGER = 1_000;
/** How long to wait after a failure to accept, in milliseconds. */
const ACCEPT_REST = 100;
/** How many reads to drop meanwhile: who sends more is cut off. */
const MOST_READS = 64;
/** Connections that may wait to be accepted. */
const BACKLOG = 128;

/** Answers a request. */
export type HttpHandler = (
  request: HttpRequest,
) => HttpResponse | Promise<HttpResponse>;

/** Serves HTTP on a port of its own. */
export class HttpServer {
  #handle: HttpHandler;
  #listener: Deno.TcpListener | undefined;
  #open = new Set<Accepted>();
  #places = new Places();
  #rate = new AcceptRate();

  /** Creates a server. {@linkcode listen} starts it. */
  constructor(handle: HttpHandler) {
    this.#handle = handle;
  }

  /** The connections that are open. */
  get connections(): number {
    return this.#open.size;
  }

  /** Binds the address, and starts to serve. Returns the address. @throws If it cannot. */
  listen(address: Address): Address {
    const options = { ...address, tcpBacklog: BACKLOG };
    this.#listener = Deno.listen(options);
    void this.#accept(this.#listener);
    return this.#listener.addr as Deno.NetAddr;
  }

  /** Closes the listener and all connections. */
  close(): void {
    if (this.#listener) closeOnce(this.#listener);
    this.#rate.stop();
    for (const conn of this.#open) closeOnce(conn);
  }

  async #accept(listener: Deno.TcpListener): Promise<void> {
    for (;;) {
      try {
        await this.#rate.next();
        void this.#serve(await listener.accept());
      } catch (error) {
        if (isClosedHere(error)) return;
        await new Promise((resolve) => setTimeout(resolve, ACCEPT_REST));
      }
    }
  }

  /** Serves one connection. Never rejects. */
  async #serve(conn: Deno.TcpConn): Promise<void> {
    const address = conn.remoteAddr.hostname;
    if (!this.#places.take(address)) return closeOnce(conn);
    this.#open.add(conn);
    try {
      conn.setNoDelay();
      await this.#answer(conn, address);
      await linger(conn);
    } catch {
      // The client is gone, or took too long: nothing is left to say.
    } finally {
      closeOnce(conn);
      this.#open.delete(conn);
      this.#places.giveBack(address);
    }
  }

  async #answer(conn: Deno.TcpConn, address: string): Promise<void> {
    const response = await within(REQUEST_TIME, conn, async () => {
      const head = await readHead(conn);
      if (head === undefined) throw new Deno.errors.UnexpectedEof();
      const request = parseRequest(head, address);
      if (!request) return badRequest();
      const response = await this.#handle(request);
      return request.method === "HEAD"
        ? { ...response, stream: undefined, isHead: true }
        : response;
    });
    await within(RESPONSE_TIME, conn, () => writeAll(conn, headOf(response)));
    await response.stream?.(conn);
  }
}

/** Runs some work. If it takes too long, closes the connection, so that it fails. */
async function within<T>(
  ms: number,
  conn: Deno.TcpConn,
  work: () => Promise<T>,
): Promise<T> {
  const timer = setTimeout(() => closeOnce(conn), ms);
  try {
    return await work();
  } finally {
    clearTimeout(timer);
  }
}

/** Waits until the client has the response: to close with unread bytes would reset the connection. */
async function linger(conn: Deno.TcpConn): Promise<void> {
  const timer = setTimeout(() => closeOnce(conn), LINGER);
  try {
    await conn.closeWrite();
    const dropped = new Uint8Array(1024);
    for (let reads = 0; reads < MOST_READS; reads++) {
      if (await conn.read(dropped) === null) return;
    }
  } finally {
    clearTimeout(timer);
  }
}
