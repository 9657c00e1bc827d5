/**
 * Server-sent events: the pages that show the board are told of every change.
 *
 * @module
 */

import { closeOnce } from "../net.ts";
import type { Update } from "./class_state.ts";
import { type StreamTarget, writeAll } from "./http_response.ts";

/** The least time between two updates of a page, in milliseconds. */
const APART = 250;
/** The longest silence, in milliseconds. A page that hears nothing for longer connects again. */
const BEAT = 15_000;
/** How long a page may take to read an update, in milliseconds. */
const READ_TIME = 20_000;

const encoder = new TextEncoder();

const SIGN_OF_LIFE = encoder.encode("event: beat\ndata:\n\n");

/** An update for pages that know the same. `total` is how many names they know then. */
interface Made {
  bytes: Uint8Array<ArrayBuffer>;
  total: number;
}

/** What the streams send. */
export interface Source {
  /** What a page that knows so many names is sent. */
  updateAfter(known: number): Update;
}

/** The streams of all pages. */
export class Streams {
  #source: Source;
  /** Tells this run of the server from others, whose names a page may still show. */
  #epoch = crypto.randomUUID().slice(0, 8);
  #version = 0;
  #open = new Set<Stream>();
  #waiting = new Set<Stream>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #sentAt = -Infinity;
  /** The updates that were made of a version, by what the pages know. */
  #made = new Map<number, Made>();
  #madeAt = 0;

  /** Creates the streams of a source. */
  constructor(source: Source) {
    this.#source = source;
  }

  /** Notes that the source has changed. Pages are told within a quarter of a second. */
  changed(): void {
    this.#version++;
    if (this.#waiting.size > 0) this.#schedule();
  }

  #schedule(): void {
    const wait = Math.max(0, this.#sentAt + APART - performance.now());
    this.#timer ??= setTimeout(() => this.#wakeAll(), wait);
  }

  #wakeAll(): void {
    this.#timer = undefined;
    this.#sentAt = performance.now();
    for (const stream of this.#waiting) stream.wake();
  }

  /**
   * Sends updates on a connection until its peer, or the board, ends it. `lastId` is
   * that of the last event that the page has received.
   */
  async run(conn: StreamTarget, lastId = ""): Promise<void> {
    const [epoch, count] = lastId.split(".");
    let known = epoch === this.#epoch && /^\d{1,9}$/.test(count)
      ? Number(count)
      : undefined;
    const stream = new Stream(conn);
    this.#open.add(stream);
    try {
      let version = -1;
      while (!stream.isOver) {
        if (version !== this.#version) {
          version = this.#version;
          const { bytes, total } = this.#updateFor(known);
          await stream.write(bytes);
          known = total;
        } else await stream.write(SIGN_OF_LIFE);
        await this.#next(version, stream);
      }
    } finally {
      this.#open.delete(stream);
    }
  }

  /** An update, as bytes. Pages that know the same get the same bytes. */
  #updateFor(known: number | undefined): Made {
    if (this.#madeAt !== this.#version) this.#made.clear();
    this.#madeAt = this.#version;
    const key = known ?? -1;
    const made = this.#made.get(key);
    if (made) return made;
    const update = this.#source.updateAfter(known ?? 0);
    const total = update.from + update.names.length;
    const data = JSON.stringify({ ...update, reset: known === undefined });
    const event = `id: ${this.#epoch}.${total}\ndata: ${data}\n\n`;
    const result = { bytes: encoder.encode(event), total };
    this.#made.set(key, result);
    return result;
  }

  /** Resolves at the next round of updates, or when it is time for a sign of life. */
  async #next(version: number, stream: Stream): Promise<void> {
    const waiting = stream.wait(BEAT);
    this.#waiting.add(stream);
    if (version !== this.#version) this.#schedule();
    await waiting;
    this.#waiting.delete(stream);
  }

  /** Ends all streams. */
  close(): void {
    clearTimeout(this.#timer);
    for (const stream of this.#open) stream.end();
  }
}

/** The connection of one page. */
class Stream {
  #conn: StreamTarget;
  #isOver = false;
  #wake = () => {};

  constructor(conn: StreamTarget) {
    this.#conn = conn;
    void this.#noteEnd();
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Writes, and closes the connection if its peer does not read. */
  async write(bytes: Uint8Array): Promise<void> {
    const timer = setTimeout(() => closeOnce(this.#conn), READ_TIME);
    try {
      await writeAll(this.#conn, bytes);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Waits until {@linkcode wake} is called, or it is over, or so much time has passed. */
  async wait(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    this.#wake = resolve;
    if (!this.#isOver) await promise;
    clearTimeout(timer);
  }

  wake(): void {
    this.#wake();
  }

  /** Waits for the peer's end. It has nothing else to send. */
  async #noteEnd(): Promise<void> {
    try {
      await this.#conn.read(new Uint8Array(1));
    } catch {
      // It is gone.
    }
    this.end();
  }

  end(): void {
    this.#isOver = true;
    this.#wake();
  }
}
