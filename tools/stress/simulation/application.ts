/**
 * What the simulated clients ask for, and the handlers that answer.
 *
 * @module
 */

import { ClientHandler, StudentHandler } from "../../../clienthandler.ts";
import type { ClientHandlerClass } from "../../../clienthandler.ts";
import { MemoryStore } from "../../../lib/students/memory.ts";
import { Roster } from "../../../lib/students/roster.ts";
import type { Batch } from "../../../lib/students/row.ts";
import type { Message } from "../../../lib/formats/formats.ts";
import { isMessageMap } from "../../../lib/formats/format.ts";
import { RequestError } from "../../../lib/formats/formats.ts";
import type { Random } from "../../../lib/testing/random.ts";
import type { SimulatedClock } from "../../../lib/testing/clock.ts";

/** A request and its expected answer. */
export interface Planned {
  request: Message;
  /** The expected answer. A string means an error that contains it. */
  answer: number | string;
}

/** An application that the server runs. */
export interface Application {
  /** Its name, for the printed events. */
  name: string;
  /** The class of its handlers. */
  clientHandler: ClientHandlerClass;
  /** The most bytes of answers that one client's requests can add while it is being read. */
  pendingBytes: number;
  /** Returns a request that makes the handler fail. */
  planFailure(): Planned;
  /** Returns a request for a client to send. */
  plan(random: Random): Planned;
  /** Checks that an answer may be sent now. */
  checkAnswer(planned: Planned): void;
}

/** Reports what is wrong, and ends the simulation. */
export type Fault = (what: string) => void;

/** The `sid` of a student whom the store fails to record. */
const UNRECORDABLE = "lost";
/** The error that a client receives when its handler fails. */
const FAILED = "The server failed";
const STUDENT = { student_name: "Alice Brown", github_username: "abrown" };

/** How long recording or processing takes at most, in milliseconds. */
const SLOW = 30;
/** The most requests of one client that the moody application has under way. */
const MOST_PARALLEL = 4;
/** The most bytes of one of its answers. */
const LONGEST_ANSWER = 64;

/** The lab's application, with a slow store. */
export class StudentApplication implements Application {
  readonly name = "students";
  readonly clientHandler: ClientHandlerClass;
  readonly pendingBytes = 0;
  /** The `sid` of each student, in the order in which they were recorded. */
  readonly recorded = new Set<Message>();
  /** The printed lines, in order. */
  readonly lines: string[] = [];
  #nextSid = 1;
  #fault: Fault;

  /** Reports what is wrong to `fault`. */
  constructor(clock: SimulatedClock, random: Random, fault: Fault) {
    this.#fault = fault;
    const recorded = this.recorded;
    let recording = false;
    class SlowStore extends MemoryStore {
      override async record(batches: readonly Batch[]) {
        const students = batches.flatMap((batch) => batch.students);
        if (recording) fault("two handlers record at the same time");
        recording = true;
        const ms = random.below(SLOW);
        // A store may also record at once.
        if (ms > 5) await new Promise<void>((r) => clock.schedule(ms, r));
        recording = false;
        if (students.some(({ sid }) => sid === UNRECORDABLE)) {
          throw new Error("The disk is full");
        }
        for (const { sid } of students) recorded.add(sid);
        return await super.record(batches);
      }
    }
    this.clientHandler = StudentHandler.with(new Roster(new SlowStore()));
  }

  plan(random: Random): Planned {
    const sid = this.#nextSid++;
    switch (random.below(12)) {
      case 0:
        return { request: { sid }, answer: "student_name is missing" };
      case 1:
        return {
          request: { ...STUDENT, sid: 1.5 },
          answer: "sid must be an integer",
        };
      default:
        return { request: { ...STUDENT, sid }, answer: 1 };
    }
  }

  planFailure(): Planned {
    return { request: { ...STUDENT, sid: UNRECORDABLE }, answer: FAILED };
  }

  checkAnswer({ request, answer }: Planned): void {
    if (answer !== 1 || !isMessageMap(request)) return;
    const { sid } = request;
    if (!this.recorded.has(sid)) {
      this.#fault(`sid ${sid} is acknowledged before it is recorded`);
    }
    // Search from the end, because the line is recent.
    const end = `sid: ${sid}`;
    if (this.lines.findLast((line) => line.endsWith(end)) === undefined) {
      this.#fault(`sid ${sid} is acknowledged before it is printed`);
    }
  }

  /** Checks, at the end, that the lines have the students in the order of the roster. */
  checkLines(): void {
    const expected = [...this.recorded].map((sid) => `sid: ${sid}`);
    const printed = this.lines.map((line) => line.match(/sid: .*$/)?.[0]);
    const at = expected.findIndex((line, i) => line !== printed[i]);
    if (at >= 0 || printed.length !== expected.length) {
      this.#fault(`line ${at} is ${printed[at]}, and not ${expected[at]}`);
    }
  }
}

/**
 * Another application: it answers at once or later, refuses, or fails, and has
 * several requests of some clients under way.
 */
export class MoodyApplication implements Application {
  readonly name = "moods";
  readonly pendingBytes = MOST_PARALLEL * LONGEST_ANSWER;
  readonly clientHandler: ClientHandlerClass;
  #next = 1;

  /** Uses `clock` to delay answers. */
  constructor(clock: SimulatedClock, random: Random) {
    this.clientHandler = class extends ClientHandler {
      protected override readonly parallel = 1 + this.clientId % MOST_PARALLEL;

      protected override processRequest(
        request: Message,
      ): Message | Promise<Message> {
        const { mood, n } = request as { mood: string; n: number };
        if (mood === "refuse") throw new RequestError(`no ${n}`);
        if (mood === "fail") throw new Error(`a fault in ${n}`);
        if (mood === "now") return n;
        return new Promise((resolve, reject) => {
          clock.schedule(random.below(SLOW), () => {
            if (mood === "later") resolve(n);
            else reject(new RequestError(`no ${n}`));
          });
        });
      }
    };
  }

  plan(random: Random): Planned {
    const n = this.#next++;
    const mood = random.pick(["now", "now", "later", "refuse", "reject"]);
    const refused = mood === "refuse" || mood === "reject";
    return { request: { mood, n }, answer: refused ? `no ${n}` : n };
  }

  planFailure(): Planned {
    return { request: { mood: "fail", n: 0 }, answer: FAILED };
  }

  checkAnswer(): void {}
}
