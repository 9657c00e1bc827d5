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
import { type HttpRequest, parseRequest, readHead } from "./http_request.ts";
import {
  bytesOf,
  type HttpResponse,
  textResponse,
  writeAll,
} from "./http_response.ts";
import { AcceptRate, Places } from "./places.ts";

/** How long a client may take to send its request, in milliseconds. */
const REQUEST_TIME = 5_000;
/** How long a page may take to be made, in milliseconds. */
const ANSWER_TIME = 10_000;
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
/** How many connections without a place may get an error at the same time. Further ones are closed at once. */
const MOST_REJECTED = 32;

const FOR_BROWSERS = "The board is a web page: open it in a browser. " +
  "The lab's clients connect to the server's port, which is another one";
const NOT_HTTP = textResponse(
  400,
  `This is not a request of HTTP/1.1. ${FOR_BROWSERS}`,
);
const TOO_LATE = textResponse(
  408,
  `No request came within ${REQUEST_TIME / 1000} s. ${FOR_BROWSERS}`,
);
const TOO_SLOW = textResponse(
  503,
  `This page was not ready within ${ANSWER_TIME / 1000} s. Try again`,
);
const NO_PLACE = textResponse(
  503,
  "The board has no place for another page now. " +
    "Close one on your machine, and open this one again",
  { "retry-after": "5" },
);

/** Answers a request. */
export type HttpHandler = (
  request: HttpRequest,
) => HttpResponse | Promise<HttpResponse>;

/** Serves HTTP on a port of its own. */
export class HttpServer {
  #handle: HttpHandler;
  #listener: Deno.TcpListener | undefined;
  #open = new Set<Accepted>();
  /** Connections without a place, until their error is sent. */
  #rejected = new Set<Accepted>();
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
    for (const conn of [...this.#open, ...this.#rejected]) closeOnce(conn);
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
    const hasPlace = this.#places.take(address);
    if (!hasPlace && this.#rejected.size >= MOST_REJECTED) {
      return closeOnce(conn);
    }
    const open = hasPlace ? this.#open : this.#rejected;
    open.add(conn);
    try {
      conn.setNoDelay();
      await this.#answer(conn, hasPlace);
      await linger(conn);
    } catch {
      // The client is gone, or took too long: nothing is left to say.
    } finally {
      closeOnce(conn);
      open.delete(conn);
      if (hasPlace) this.#places.giveBack(address);
    }
  }

  async #answer(conn: Deno.TcpConn, hasPlace: boolean): Promise<void> {
    const head = await within(REQUEST_TIME, readHead(conn));
    const request = parseRequest(head ?? "");
    let response = head === undefined ? TOO_LATE : NOT_HTTP;
    if (request && hasPlace) {
      const handled = Promise.resolve(this.#handle(request));
      response = await within(ANSWER_TIME, handled) ?? TOO_SLOW;
    } else if (request) response = NO_PLACE;
    if (request?.method === "HEAD") {
      response = { ...response, stream: undefined, isHead: true };
    }
    const bytes = await bytesOf(response);
    const timer = setTimeout(() => closeOnce(conn), RESPONSE_TIME);
    await writeAll(conn, bytes).finally(() => clearTimeout(timer));
    await response.stream?.(conn);
  }
}

/** Resolves as `work` does; to `undefined` if that takes too long. */
async function within<T>(ms: number, work: Promise<T>): Promise<T | undefined> {
  const late = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => late.resolve(undefined), ms);
  try {
    return await Promise.race([work, late.promise]);
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
