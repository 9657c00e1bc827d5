/**
 * TLS over any connection, for both the server and the client.
 *
 * It is Node's TLS. Deno's own is faster, but its `close()` does not free the
 * descriptor of a peer that has not shaken hands.
 *
 * @module
 */

import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import { TlsError } from "../formats/errors.ts";
import { closeOnce, type Connection } from "../net.ts";
import { LONGEST } from "./state.ts";
import { streamOver } from "./tls_stream.ts";

/** The most bytes of one write, which ends when the peer has accepted all of them. */
const LARGEST_WRITE = 65_536;
/** A TLS alert: the handshake failed. It is also how a peer without TLS recognizes TLS. */
const HANDSHAKE_FAILED = Uint8Array.of(0x15, 3, 3, 0, 2, 2, 40);

/** What the two sides of TLS do differently. */
export interface Side {
  /** Reads the first bytes of the peer, which begins, before the socket is made. */
  hello?(conn: Connection): Promise<Uint8Array>;
  /** Makes the socket. */
  secure(stream: Duplex): TLSSocket;
  /** The event that ends the handshake. */
  event: "secure" | "secureConnect";
}

/** A connection that encrypts all that goes through another one. */
export class TlsConnection implements Connection {
  #conn: Connection;
  #socket: TLSSocket | undefined;
  /** Why no more can be read or written. */
  #error: unknown;
  #hasEnded = false;
  #isClosed = false;
  /** Resumes a read that waits. */
  #wake = () => {};
  #isSecure = false;
  #handshake = Promise.withResolvers<TLSSocket>();
  #deadline: ReturnType<typeof setTimeout>;

  /** Begins the handshake over a connection. */
  constructor(conn: Connection, side: Side) {
    this.#conn = conn;
    this.#handshake.promise.catch(() => {}); // reads and writes throw it, too
    const seconds = LONGEST.handshake / 1000;
    this.#deadline = setTimeout(() => {
      this.#refuse(
        new TlsError(`The TLS handshake must end within ${seconds} s`),
      );
    }, LONGEST.handshake);
    void this.#begin(side);
  }

  async #begin({ hello, secure, event }: Side): Promise<void> {
    try {
      const first = await hello?.(this.#conn);
      if (this.#error !== undefined) return;
      const onError = (error: unknown) => this.#fail(error);
      const socket = secure(streamOver(this.#conn, first, onError));
      this.#socket = socket
        .on(event, () => this.#noteSecure(socket))
        .on("readable", () => this.#wake())
        .on("end", () => this.#noteEnd())
        .on("close", () => this.#noteEnd())
        .on(
          "error",
          ({ message }) => this.#refuse(new TlsError(`TLS failed: ${message}`)),
        );
    } catch (error) {
      this.#refuse(error);
    }
  }

  /** Resolves when the handshake is done. @throws {TlsError} If it fails. */
  get handshake(): Promise<unknown> {
    return this.#handshake.promise;
  }

  async read(into: Uint8Array): Promise<number | null> {
    const socket = await this.#handshake.promise;
    for (;;) {
      if (this.#error !== undefined) throw this.#error;
      const available = Math.min(socket.readableLength, into.length);
      // Without bytes, this is how the stream is asked for more.
      const bytes = socket.read(available || undefined);
      if (bytes !== null) {
        into.set(bytes);
        return bytes.length;
      }
      if (this.#hasEnded) return null;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  async write(bytes: Uint8Array): Promise<number> {
    const socket = await this.#handshake.promise;
    if (this.#error !== undefined) throw this.#error;
    const some = bytes.subarray(0, LARGEST_WRITE);
    await new Promise<void>((resolve, reject) => {
      socket.write(some, (error) => {
        if (error) reject(this.#error ?? error);
        else resolve();
      });
    });
    return some.length;
  }

  async closeWrite(): Promise<void> {
    const socket = await this.#handshake.promise;
    await new Promise<void>((resolve) => socket.end(() => resolve()));
  }

  close(): void {
    if (this.#isClosed) throw new Deno.errors.BadResource("It is closed");
    this.#isClosed = true;
    const isSecure = this.#isSecure && this.#error === undefined;
    this.#stop(new Deno.errors.Interrupted("The connection was closed"));
    if (!isSecure) return this.#release();
    // TLS has a message for the end. It is sent at once, unless the peer does not read.
    this.#socket?.end();
    setTimeout(() => this.#release());
  }

  setNoDelay(on?: boolean): void {
    this.#conn.setNoDelay?.(on);
  }

  setKeepAlive(on?: boolean): void {
    this.#conn.setKeepAlive?.(on);
  }

  #noteSecure(socket: TLSSocket): void {
    this.#isSecure = true;
    clearTimeout(this.#deadline);
    this.#handshake.resolve(socket);
  }

  #noteEnd(): void {
    this.#hasEnded = true;
    if (this.#isSecure) this.#wake();
    else this.#fail(new Deno.errors.UnexpectedEof("No TLS handshake"));
  }

  #fail(error: unknown): void {
    this.#stop(error);
    this.#release();
  }

  /** Lets all reads and writes fail. */
  #stop(error: unknown): void {
    this.#error ??= error;
    clearTimeout(this.#deadline);
    this.#handshake.reject(this.#error);
    this.#wake();
  }

  #release(): void {
    this.#socket?.destroy();
    closeOnce(this.#conn);
  }

  /** Fails because of the peer. One that has not shaken hands is told. */
  #refuse(error: unknown): void {
    const fail = () => this.#fail(error);
    if (this.#isSecure) fail();
    else this.#conn.write(HANDSHAKE_FAILED).then(fail, fail);
  }
}
