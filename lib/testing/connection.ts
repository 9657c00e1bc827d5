/**
 * One end of a simulated connection. It behaves as we have seen Deno's
 * connections behave: reads and writes may be partial or reject, and a second
 * close throws.
 *
 * @module
 */

import type { Accepted, Address } from "../net.ts";
import type { Random } from "./random.ts";
import type { SimulatedClock } from "./clock.ts";
import type { Item, Pipe } from "./pipe.ts";

/** Callbacks that observe one end. */
export interface Observer {
  /** A write was called with `bytes`, after `at` bytes were written. */
  offered?(bytes: Uint8Array, at: number): void;
  /** Something happened at this end, which `what` describes. */
  tell?(what: string): void;
  /** This end was used incorrectly, as `what` describes. */
  fault?(what: string): void;
  /** Bytes were read. */
  read?(): void;
  /** Bytes were written. */
  written?(): void;
  /** This end half-closed the connection. */
  ended?(): void;
  /** This end closed. */
  closed?(): void;
}

interface Pending {
  bytes: Uint8Array;
  /** Whether its completion is scheduled. */
  scheduled?: boolean;
  resolve(count: number | null): void;
  reject(error: Error): void;
}

/** The longest time that a call takes, in milliseconds. */
const CALL = 3;

/** One end of a connection. The other end has the two pipes exchanged. */
export class SimulatedConnection implements Accepted {
  readonly remoteAddr: Address;
  /** How many bytes this end has read and written. */
  readonly counts = { read: 0, written: 0 };
  /** Whether this end received or sent a reset. */
  broken = false;
  /** The callbacks that observe this end. */
  observer: Observer = {};
  #clock: SimulatedClock;
  #random: Random;
  #in: Pipe;
  #out: Pipe;
  #reading: Pending | undefined;
  #writing: Pending | undefined;
  #inEnded = false;
  #outEnded = false;
  #closed = false;

  /** Makes the end that reads from `into` and writes to `out`. */
  constructor(
    clock: SimulatedClock,
    random: Random,
    [into, out]: readonly [Pipe, Pipe],
    remoteAddr: Address,
  ) {
    this.#clock = clock;
    this.#random = random;
    this.#in = into;
    this.#out = out;
    this.remoteAddr = remoteAddr;
    into.onArrival = (item) => this.#arrived(item);
    out.onRoom = () => this.#tryWrite();
  }

  /** Whether this end is closed. */
  get isClosed(): boolean {
    return this.#closed;
  }

  read(into: Uint8Array): Promise<number | null> {
    if (this.#closed) return Promise.reject(new Deno.errors.BadResource());
    if (this.#reading) {
      this.observer.fault?.("reads while another read is pending");
    }
    return new Promise((resolve, reject) => {
      this.#reading = { bytes: into, resolve, reject };
      this.#tryRead();
    });
  }

  write(bytes: Uint8Array): Promise<number> {
    if (this.#closed) return Promise.reject(new Deno.errors.BadResource());
    if (this.#writing) {
      this.observer.fault?.("writes while another write is pending");
    }
    this.observer.offered?.(bytes, this.counts.written);
    return new Promise((resolve, reject) => {
      const taken = (count: number | null) => resolve(count ?? 0);
      this.#writing = { bytes, resolve: taken, reject };
      this.#tryWrite();
    });
  }

  closeWrite(): Promise<void> {
    if (this.#closed) return Promise.reject(new Deno.errors.BadResource());
    if (this.broken) return Promise.reject(new Deno.errors.NotConnected());
    if (!this.#outEnded) {
      this.#outEnded = true;
      this.observer.ended?.();
      this.observer.tell?.("half-closes the connection");
      this.#out.send("end");
    }
    return Promise.resolve();
  }

  close(): void {
    if (this.#closed) throw new Deno.errors.BadResource();
    this.#closed = true;
    const lost = this.#in.waiting;
    this.observer.tell?.(
      lost > 0 ? `closes with ${lost} bytes unread: a reset` : "closes",
    );
    this.#reading?.reject(new Deno.errors.Interrupted());
    this.#writing?.reject(new Deno.errors.Interrupted());
    this.#reading = this.#writing = undefined;
    if (lost > 0) this.#sendReset();
    else if (!this.#outEnded && !this.broken) this.#out.send("end");
    this.#outEnded = true;
    this.observer.closed?.();
  }

  /** Resets the connection, as when the program is killed. */
  reset(): void {
    this.observer.tell?.("resets the connection");
    this.#closed = true;
    this.#sendReset();
    this.#reading?.reject(new Deno.errors.Interrupted());
    this.#writing?.reject(new Deno.errors.Interrupted());
    this.#reading = this.#writing = undefined;
  }

  setNoDelay(): void {}

  #sendReset(): void {
    if (this.broken) return;
    this.broken = true;
    this.#in.drop();
    this.#out.send("reset");
  }

  #arrived(item: Item): void {
    if (item === "reset") {
      this.broken = true;
      this.#failWrite();
    } else if (item === "end") {
      this.#inEnded = true;
    } else if (this.#closed) {
      // No one will read it, so the sender gets a reset.
      this.#in.drop();
      this.#sendReset();
    }
    this.#tryRead();
  }

  get #readable(): boolean {
    return this.#in.waiting > 0 || this.#inEnded || this.broken;
  }

  #tryRead(): void {
    const reading = this.#reading;
    if (!reading || reading.scheduled || !this.#readable) return;
    // In Deno, a read of bytes that are there resolves without an event loop turn.
    const ms = this.#random.below(2 * CALL) - CALL;
    if (ms <= 0) return this.#completeRead();
    reading.scheduled = true;
    this.#clock.schedule(ms, () => this.#completeRead());
  }

  #completeRead(): void {
    const reading = this.#reading;
    if (!reading || !this.#readable) return;
    this.#reading = undefined;
    if (this.#in.waiting > 0) {
      const count = this.#in.read(reading.bytes);
      this.counts.read += count;
      this.observer.read?.();
      this.observer.tell?.(`reads ${count} bytes`);
      reading.resolve(count);
    } else if (this.broken) {
      this.observer.tell?.("finds the connection reset");
      reading.reject(new Deno.errors.ConnectionReset());
    } else {
      this.observer.tell?.("reads the end of the stream");
      reading.resolve(null);
    }
  }

  #tryWrite(): void {
    const writing = this.#writing;
    if (this.broken || this.#outEnded) this.#failWrite();
    else if (writing && !writing.scheduled && this.#out.room > 0) {
      writing.scheduled = true;
      const ms = this.#random.below(CALL);
      this.#clock.schedule(ms, () => this.#completeWrite());
    }
  }

  #completeWrite(): void {
    const writing = this.#writing;
    const most = Math.min(writing?.bytes.length ?? 0, this.#out.room);
    if (!writing || most <= 0) return;
    this.#writing = undefined;
    const count = this.#out.some(most);
    this.#out.send(writing.bytes.slice(0, count));
    this.counts.written += count;
    this.observer.written?.();
    this.observer.tell?.(`writes ${count} of ${writing.bytes.length} bytes`);
    writing.resolve(count);
  }

  #failWrite(): void {
    const writing = this.#writing;
    this.#writing = undefined;
    writing?.reject(new Deno.errors.BrokenPipe());
  }
}
