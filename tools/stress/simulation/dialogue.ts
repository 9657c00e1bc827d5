/**
 * What one client and the server say to each other, checked as it is said.
 *
 * @module
 */

import { isMessageMap } from "../../../lib/formats/format.ts";
import type { Message, WireFormat } from "../../../lib/formats/formats.ts";
import type { Application, Fault, Planned } from "./application.ts";
import type { SimulatedClock } from "../../../lib/testing/clock.ts";
import { TestReader } from "../../../lib/testing/messages.ts";
import type { SimulatedConnection } from "../../../lib/testing/connection.ts";

/** Whether an answer is what was planned. */
export function fits(answer: Message, planned: Planned): boolean {
  if (typeof planned.answer === "number") return answer === planned.answer;
  return isMessageMap(answer) && String(answer.error).includes(planned.answer);
}

/** Called with what each end says. They are missing if there is no listener. */
interface Tellers {
  client?: (what: string) => void;
  server?: (what: string) => void;
}

/** One connection, from the server's greeting to its end. */
export class Dialogue {
  readonly name: string;
  /** The requests, in the order in which they are sent. */
  readonly planned: Planned[] = [];
  /** Why the server may leave requests of this client without an answer. */
  excuse: string | undefined;
  /** The server's end, once it is connected. */
  server: SimulatedConnection | undefined;
  /** When more than the soft limit began to wait for the client. */
  fullSince: number | undefined;
  #application: Application;
  #clock: SimulatedClock;
  #fault: Fault;
  #tell: Tellers;
  /** Where each request ends in all that the client sends, and when the server read that. */
  #ends: { at: number; readAt: number }[] = [];
  #reader: TestReader;
  #offered = 0;
  #greeting: Message | undefined;
  #greetedAt = Infinity;
  #pause: number;
  #answers = 0;
  /** When bytes began to wait for being written, and when none did any more. */
  #busy = { from: 0, to: 0 };
  #endedAt: number | undefined;

  /** Nothing is said yet. */
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
    this.#pause = wire.greetingPause;
    this.#reader = new TestReader(wire);
  }

  /** Whether the server has spoken. */
  get greeted(): boolean {
    return this.#greeting !== undefined;
  }

  /** Answers that the server has given. */
  get answers(): number {
    return this.#answers;
  }

  /** Bytes that wait for the client to take them. */
  get queued(): number {
    return this.#offered - (this.server?.counts.written ?? 0);
  }

  /** Notes a request that the client is about to send, of so many bytes. */
  plan(planned: Planned, length: number): void {
    const before = this.#ends.at(-1)?.at ?? 0;
    this.planned.push(planned);
    const { request, answer } = planned;
    this.#tell.client?.(`asks ${show(request)}, and expects ${show(answer)}`);
    this.#ends.push({ at: before + length, readAt: Infinity });
  }

  /** The server reads: which requests does it have now? */
  noteRead(): void {
    const { read } = this.server!.counts;
    for (let i = this.#ends.length - 1; i >= 0; i--) {
      const end = this.#ends[i];
      if (end.readAt < Infinity) break;
      if (end.at <= read) end.readAt = this.#clock.now;
    }
  }

  /** The server offers bytes to a write; those before `at` were written. */
  offered(bytes: Uint8Array, at: number): void {
    const fresh = bytes.subarray(Math.max(0, this.#offered - at));
    const { now } = this.#clock;
    // A writer that has more goes on at once: that is no pause.
    if (this.#busy.to >= 0 && this.#busy.to < now - 1) this.#busy.from = now;
    this.#busy.to = -1;
    this.#offered = Math.max(this.#offered, at + bytes.length);
    for (const message of this.#reader.decode(fresh)) this.#said(message);
  }

  /** The server has written bytes. */
  noteWritten(): void {
    if (this.queued > 0) return;
    this.#busy.to = this.#clock.now;
    this.#greetedAt = Math.min(this.#greetedAt, this.#clock.now);
  }

  /** The server says that it sends no more. */
  noteEnd(): void {
    const { from, to } = this.#busy;
    // It gave up reading when it began to wait for the last bytes to be taken.
    this.#endedAt = to >= this.#clock.now - 1 ? from : this.#clock.now;
  }

  /** The server has closed its end. */
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
      if (isMessageMap(message) && message.error) this.excuse = "turned away";
      else if (!isMessageMap(message) || !message.clientid) {
        this.#fault("the server does not speak first");
      }
      return;
    }
    const planned = this.planned[this.#answers];
    if (!planned || this.#ends[this.#answers].readAt === Infinity) {
      const error = isMessageMap(message) && message.error;
      if (error && this.excuse) return;
      return this.#fault(`${show(message)} answers what was not read`);
    }
    if (!fits(message, planned)) {
      // The last word to a client that broke a rule may come at any time.
      if (isMessageMap(message) && this.excuse) return;
      return this.#fault(
        `answer ${this.#answers + 1} is ${show(message)}, and not ` +
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
