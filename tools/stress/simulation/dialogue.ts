/**
 * The messages between one client and the server, checked as they are sent.
 *
 * @module
 */

import { isMessageMap } from "../../../lib/formats/format.ts";
import type { Message, WireFormat } from "../../../lib/formats/formats.ts";
import type { Application, Fault, Planned } from "./application.ts";
import type { SimulatedClock } from "../../../lib/testing/clock.ts";
import { TestReader } from "../../../lib/testing/messages.ts";
import type { SimulatedConnection } from "../../../lib/testing/connection.ts";

/** Whether an answer is the planned one. */
export function fits(answer: Message, planned: Planned): boolean {
  if (typeof planned.answer === "number") return answer === planned.answer;
  return isMessageMap(answer) && String(answer.error).includes(planned.answer);
}

/** Called with the events of each end. Missing if there is no listener. */
interface Tellers {
  client?: (what: string) => void;
  server?: (what: string) => void;
}

/** One connection, from the server's greeting to its end. */
export class Dialogue {
  readonly name: string;
  /** The requests, in the order in which they are sent. */
  readonly planned: Planned[] = [];
  /** Why the server may leave requests of this client unanswered. */
  excuse: string | undefined;
  /** The server's end, once it is connected. */
  server: SimulatedConnection | undefined;
  /** Since when more bytes than the soft limit have waited for the client. */
  fullSince: number | undefined;
  #application: Application;
  #clock: SimulatedClock;
  #fault: Fault;
  #tell: Tellers;
  /** Where each request ends in the client's bytes, and when the server read that far. */
  #ends: { at: number; readAt: number }[] = [];
  #reader: TestReader;
  #offered = 0;
  #greeting: Message | undefined;
  #greetedAt = Infinity;
  #pause: number;
  #answers = 0;
  /** When bytes began to wait for a write, and when the last of them was written. */
  #busy = { from: 0, to: 0 };
  #endedAt: number | undefined;

  /** Creates a dialogue without messages. */
  constructor(
    name: string,
    wire: WireFormat,
    application: Application,
    clock: SimulatedClock,
    fault: Fault,
    tell: Tellers,
  ) {
    this.#tell = tell;
    this.name = name;
    this.#application = application;
    this.#clock = clock;
    this.#fault = (what) => fault(`${name}: ${what}`);
    this.#pause = wire.greetingPause ?? 0;
    this.#reader = new TestReader(wire);
  }

  /** Whether the server has sent its greeting. */
  get greeted(): boolean {
    return this.#greeting !== undefined;
  }

  /** How many answers the server has sent. */
  get answers(): number {
    return this.#answers;
  }

  /** How many bytes wait to be written to the client. */
  get queued(): number {
    return this.#offered - (this.server?.counts.written ?? 0);
  }

  /** Notes a request that the client is about to send, and its length in bytes. */
  plan(planned: Planned, length: number): void {
    const before = this.#ends.at(-1)?.at ?? 0;
    this.planned.push(planned);
    const { request, answer } = planned;
    this.#tell.client?.(`asks ${show(request)}, and expects ${show(answer)}`);
    this.#ends.push({ at: before + length, readAt: Infinity });
  }

  /** Notes which requests the server has read. */
  noteRead(): void {
    const { read } = this.server!.counts;
    for (let i = this.#ends.length - 1; i >= 0; i--) {
      const end = this.#ends[i];
      if (end.readAt < Infinity) break;
      if (end.at <= read) end.readAt = this.#clock.now;
    }
  }

  /** Notes bytes that the server passes to a write, after `at` bytes written before. */
  offered(bytes: Uint8Array, at: number): void {
    const fresh = bytes.subarray(Math.max(0, this.#offered - at));
    const { now } = this.#clock;
    // A writer that has more bytes goes on at once, which is not a pause.
    if (this.#busy.to >= 0 && this.#busy.to < now - 1) this.#busy.from = now;
    this.#busy.to = -1;
    this.#offered = Math.max(this.#offered, at + bytes.length);
    for (const message of this.#reader.decode(fresh)) this.#said(message);
  }

  /** Notes that the server has written bytes. */
  noteWritten(): void {
    if (this.queued > 0) return;
    this.#busy.to = this.#clock.now;
    this.#greetedAt = Math.min(this.#greetedAt, this.#clock.now);
  }

  /** Notes that the server has half-closed the connection. */
  noteEnd(): void {
    const { from, to } = this.#busy;
    // It stopped reading when it began to wait for its last write.
    this.#endedAt = to >= this.#clock.now - 1 ? from : this.#clock.now;
  }

  /** Checks the dialogue after the server has closed the connection. */
  checkEnd(): void {
    if (this.excuse || this.server!.broken) return;
    if (this.queued > 0) {
      this.#fault(`closed with ${this.queued} bytes of answers unwritten`);
    }
    const endedAt = this.#endedAt ?? this.#clock.now;
    const read = this.#ends.filter(({ readAt }) => readAt < endedAt).length;
    if (this.#answers < read) {
      this.#fault(
        `closed with ${read} requests read and ${this.#answers} answered`,
      );
    }
  }

  #said(message: Message): void {
    this.#tell.server?.(`says ${show(message)}`);
    if (this.#greeting === undefined) {
      this.#greeting = message;
      if (isMessageMap(message) && message.error) this.excuse = "rejected";
      else if (!isMessageMap(message) || !message.clientid) {
        this.#fault("the server does not speak first");
      }
      return;
    }
    const planned = this.planned[this.#answers];
    if (!planned || this.#ends[this.#answers].readAt === Infinity) {
      const error = isMessageMap(message) && message.error;
      if (error && this.excuse) return;
      return this.#fault(
        `${show(message)} answers a request that was not read`,
      );
    }
    if (!fits(message, planned)) {
      // The last error to a client that broke a rule may come at any time.
      if (isMessageMap(message) && this.excuse) return;
      return this.#fault(
        `answer ${this.#answers + 1} is ${show(message)} instead of ` +
          JSON.stringify(planned.answer),
      );
    }
    if (this.#clock.now - this.#greetedAt < this.#pause) {
      this.#fault(
        `an answer leaves sooner than ${this.#pause} ms after the greeting`,
      );
    }
    this.#application.checkAnswer(planned);
    this.#answers++;
  }
}

function show(message: Message): string {
  return JSON.stringify(
    message,
    (_, v) => typeof v === "bigint" ? `${v}` : v,
  );
}
