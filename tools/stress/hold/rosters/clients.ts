/**
 * Clients that send students without end.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import { Client } from "../../../../client.ts";
import { STUDENT } from "../../../../clienthelper.ts";
import type { Message } from "../../../../lib/formats/format.ts";
import { isMessageMap } from "../../../../lib/formats/format.ts";
import type { Student } from "../../../../lib/students/student.ts";
import { soon } from "../../../../lib/testing/soon.ts";
import type { Ledger } from "./ledger.ts";

/** How many requests a client sends at once: one value for each client in turn. */
const DEPTHS = [1, 2, 8, 32];
/** How long a client waits until it connects again, in milliseconds. */
const RECONNECT = 20;
/** How many `sid` there are that all clients send, each with a name of its own. */
const SHARED = 20;
/** A new student comes with every fourth of a client's rounds: fewer rows are read faster. */
const ROUNDS = 4;

/** A request without a `sid`. */
export const INVALID: Message = {
  student_name: "Bob Chen",
  github_username: "bchen",
};

/** What clients do. */
export interface RosterClientsOptions {
  /** How many clients there are. */
  count: number;
  /** The number of the first one, which its students have in their names. */
  first?: number;
  /** The port of the server, on this machine. */
  port: number;
  /** Notes what is sent and acknowledged. */
  ledger: Ledger;
  /** Milliseconds between two batches of a client. */
  pause: number;
  /** Whether the last request of every fifth batch is invalid, so that a wrong order is noticed. */
  invalid?: boolean;
}

/** Clients that send students until they are stopped. They connect again if the server ends. */
export class RosterClients implements AsyncDisposable {
  /** How many requests were refused because the roster could not record. */
  refused = 0;
  /** Answers that do not belong to their request, or say something else. */
  readonly unexpected: string[] = [];
  /** How many connections have ended. */
  ended = 0;
  /** The longest time from a request to its answer, in milliseconds. */
  longest = 0;
  #options: RosterClientsOptions;
  #stop = new AbortController();
  #acknowledged = Promise.withResolvers<void>();
  #running: Promise<unknown>;

  /** Starts the clients. */
  constructor(options: RosterClientsOptions) {
    this.#options = options;
    const { count, first = 0 } = options;
    this.#running = Promise.all(
      Array.from({ length: count }, (_, i) => this.#run(first + i)),
    );
  }

  /** Resolves when the next request is acknowledged. */
  async acknowledges(): Promise<void> {
    this.#acknowledged = Promise.withResolvers();
    await soon(this.#acknowledged.promise, () => "acknowledgement");
  }

  async #run(number: number): Promise<void> {
    const students = studentsOf(number);
    const depth = DEPTHS[number % DEPTHS.length];
    while (!this.#isStopped) {
      const { port } = this.#options;
      await using client = new Client({ port });
      try {
        await this.#connect(client);
        for (let batch = 1; !this.#isStopped; batch++) {
          await this.#exchange(client, students, depth, batch % 5 === 0);
          await this.#rest(Math.random() * 2 * this.#options.pause);
        }
      } catch {
        this.ended++;
        await this.#rest(RECONNECT);
      }
    }
  }

  async #connect(client: Client): Promise<void> {
    const greeting = await client.connect();
    if (greeting && isMessageMap(greeting)) {
      this.#options.ledger.connect(Number(greeting.clientid));
    }
  }

  /** Sends a batch, and waits for its answers. @throws If the connection ends. */
  async #exchange(
    client: Client,
    students: Iterator<Student, never>,
    depth: number,
    withInvalid: boolean,
  ): Promise<void> {
    const answers = Array.from(
      { length: depth },
      () => this.#request(client, students.next().value),
    );
    if (this.#options.invalid && withInvalid) {
      answers.push(this.#requestInvalid(client));
    }
    const settled = await Promise.allSettled(answers);
    const failed = settled.find((it) => it.status === "rejected");
    if (failed) throw failed.reason;
  }

  async #request(client: Client, student: Student): Promise<void> {
    const { ledger } = this.#options;
    ledger.send(student);
    const began = performance.now();
    const answer = await client.request(student);
    this.longest = Math.max(this.longest, performance.now() - began);
    if (answer === 1) {
      ledger.acknowledge(student);
      this.#acknowledged.resolve();
    } else if (/^The roster cannot record you now: ./.test(errorOf(answer))) {
      this.refused++;
    } else this.unexpected.push(JSON.stringify(answer));
  }

  async #requestInvalid(client: Client): Promise<void> {
    const answer = await client.request(INVALID);
    if (/^sid is missing/.test(errorOf(answer))) return;
    this.unexpected.push(JSON.stringify(answer));
  }

  get #isStopped(): boolean {
    return this.#stop.signal.aborted;
  }

  #rest(ms: number): Promise<void> {
    return delay(ms, { signal: this.#stop.signal }).catch(() => {});
  }

  /** Stops the clients, after the answers to what they have sent. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }
}

/** Returns the error of an answer, or no text. */
function errorOf(answer: Message): string {
  return isMessageMap(answer) ? String(answer.error) : "";
}

/** Students of one client: new ones, repeated ones, and those whom others send, too. */
function* studentsOf(client: number): Generator<Student, never> {
  const name = `Client ${client} "李" \u{1f393}`;
  for (let n = 0;; n++) {
    if (n % ROUNDS === 0) {
      const sid = client * 1_000_000 + n;
      yield { student_name: `${name} ${n}`, github_username: null, sid };
    }
    yield STUDENT; // the same for all clients
    const shared = n % SHARED;
    yield { student_name: name, github_username: "other\0name", sid: shared };
    const own = [`a${client}`, null, 10n ** 20n, `b${client}`];
    yield { student_name: name, github_username: "", sid: own[n % 4] };
  }
}

/** Milliseconds between two requests of {@linkcode measureInvalid}. */
const EVERY = 20;
/** How many invalid requests are sent on a connection, which the server closes after 16. */
const INVALID_IN_ROW = 10;

/** Sends invalid requests until `stop` aborts. Resolves to the latency of each, in milliseconds. */
export async function measureInvalid(
  port: number,
  stop: AbortSignal,
): Promise<number[]> {
  const latencies: number[] = [];
  while (!stop.aborted) {
    await using client = new Client({ port });
    await client.connect();
    for (let i = 0; i < INVALID_IN_ROW && !stop.aborted; i++) {
      await delay(EVERY, { signal: stop }).catch(() => {});
      const began = performance.now();
      const answer = await client.request(INVALID);
      latencies.push(performance.now() - began);
      if (!/^sid is missing/.test(errorOf(answer))) {
        throw new Error(`An invalid request got ${JSON.stringify(answer)}`);
      }
    }
  }
  return latencies;
}
