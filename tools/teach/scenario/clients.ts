/**
 * The clients of a scenario.
 *
 * @module
 */

import { Client } from "../../../client.ts";
import { concat } from "@std/bytes/concat";
import { counted } from "../../../lib/text.ts";
import { addressOf, type Network } from "../../../lib/net.ts";
import { isMessageMap } from "../../../lib/formats/format.ts";
import { ConnectionEnded } from "../../../lib/formats/formats.ts";
import type { Message, MessageMap } from "../../../lib/formats/formats.ts";
import type { SimulatedConnection } from "../../../lib/testing/connection.ts";
import { encode, TestReader, writeAll } from "../../../lib/testing/messages.ts";
import { PLAIN, type Profile } from "../../../lib/testing/pipe.ts";
import type { Harness } from "./harness.ts";

/** The request of a student with this number. */
export function student(sid: Message): MessageMap {
  return { student_name: "Alice Brown", github_username: "abrown", sid };
}

/** Returns a message of the server as short text. */
function show(message: Message): string {
  if (!isMessageMap(message)) return String(message);
  return Object.values(message).join();
}

/** Whether a message answers a request, and is neither a greeting nor a refusal. */
function isAnswer(message: Message): boolean {
  return !isMessageMap(message);
}

function isGreeting(message: Message): boolean {
  return isMessageMap(message) && "clientid" in message;
}

/**
 * Joins words. If the last word is repeated more than three times, it is shown
 * once, with a count.
 */
function shortly(words: readonly string[]): string {
  const last = words.at(-1)!;
  const others = words.slice(0, words.findLastIndex((it) => it !== last) + 1);
  const times = words.length - others.length;
  if (times <= 3) return words.join(", ");
  return [...others, `${last} (${times} times)`].join(", ");
}

/** Reports messages that arrive together as one event. */
class Received {
  #words: string[] = [];
  #tell: (words: string) => void;

  constructor(tell: (words: string) => void) {
    this.#tell = tell;
  }

  add(word: string): void {
    // All messages of one read arrive before the next turn of the event loop.
    if (this.#words.push(word) === 1) {
      setImmediate(() => this.flush());
    }
  }

  flush(): void {
    if (this.#words.length > 0) this.#tell(shortly(this.#words.splice(0)));
  }
}

/** A client of the shipped kind. */
export class ShippedClient {
  #harness: Harness;
  #name: string;
  #client: Client;
  #greeted = true;
  #waiting = 0;
  #received: Received;

  /** Has not done anything yet. `port` is that of its server. */
  constructor(harness: Harness, name: string, port?: number) {
    this.#harness = harness;
    this.#name = name;
    harness.add(this);
    const network = harness.network.through(name);
    this.#client = new Client({ network, port, wire: harness.server.wire });
    this.#received = new Received((words) => this.#tell(`gets ${words}`));
  }

  /** Connects, and waits for the greeting. */
  async connect(): Promise<void> {
    this.#tell("connects");
    this.#greeted = false;
    try {
      const greeting = await this.#client.connect() ?? null;
      this.#greeted = true;
      const refused = isMessageMap(greeting) && "error" in greeting;
      const said = show(greeting);
      this.#tell(refused ? `is refused: ${said}` : `is greeted, as ${said}`);
    } catch (error) {
      this.#greeted = true;
      this.#failed(error);
    }
  }

  /** Sends requests of students with these numbers, and waits for all answers. */
  async ask(...sids: readonly Message[]): Promise<void> {
    await this.send(...sids.map(student));
  }

  /** Sends requests without waiting between them, then waits for all answers. */
  async send(...requests: readonly Message[]): Promise<void> {
    this.#tell(`sends ${counted(requests.length, "request")}`);
    const answers = requests.map(async (request) => {
      this.#waiting++;
      const answer = await this.#client.request(request);
      this.#waiting--;
      this.#received.add(show(answer));
    });
    const failed = (await Promise.allSettled(answers))
      .find(({ status }) => status === "rejected");
    this.#received.flush();
    if (failed) this.#failed((failed as PromiseRejectedResult).reason);
  }

  /** Ends the connection. */
  async leave(): Promise<void> {
    this.#tell("leaves");
    await this.#client.close();
  }

  /** Tells what it still waits for, at the end. */
  reportUnfinished(): void {
    if (!this.#greeted) this.#tell("still waits for a greeting");
    if (this.#waiting > 0) {
      this.#tell(`still waits for ${counted(this.#waiting, "answer")}`);
    }
  }

  #failed(error: unknown): void {
    const why = error instanceof ConnectionEnded
      ? "the connection ended"
      : error;
    const missed = counted(this.#waiting, "answer");
    this.#waiting = 0;
    this.#tell(`misses ${missed}: ${why}`);
  }

  #tell(what: string): void {
    this.#harness.tell(this.#name, what);
  }
}

/** A client that can send any bytes. */
export class RawClient {
  #harness: Harness;
  #name: string;
  #network: Network;
  #conn: SimulatedConnection | undefined;
  #reading = false;
  #ended = false;
  #answers = 0;
  #expected = 0;

  /** Has not done anything yet. */
  constructor(harness: Harness, name: string, back?: Partial<Profile>) {
    this.#harness = harness;
    this.#name = name;
    harness.add(this);
    this.#network = harness.network.through(name, PLAIN, {
      ...PLAIN,
      ...back,
    });
  }

  /** Connects. */
  async connect(): Promise<void> {
    this.#tell("connects");
    await this.#network.connect(addressOf({}));
    this.#conn = this.#harness.connections.get(this.#name)!;
  }

  /** Sends bytes, and says what they are. */
  async send(bytes: Uint8Array, what: string): Promise<void> {
    this.#tell(`sends ${what}`);
    try {
      await writeAll(this.#conn!, bytes);
    } catch {
      // The server has ended the connection.
    }
  }

  /** Returns the bytes of a request, and counts it as one that needs an answer. */
  request(request: Message): Uint8Array {
    this.#expected++;
    return encode([request], this.#harness.server.wire);
  }

  /** Sends requests of students with these numbers, without waiting for answers. */
  async ask(...sids: readonly Message[]): Promise<void> {
    const bytes = sids.map((sid) => this.request(student(sid)));
    await this.send(concat(bytes), counted(sids.length, "request"));
  }

  /**
   * Reads until the server ends the connection, and reports the messages. Each
   * read takes at most `bytes` bytes, and waits `every` milliseconds before it.
   */
  async read(bytes = Infinity, every = 0): Promise<void> {
    const received = new Received((words) => this.#tell(`gets ${words}`));
    const reader = new TestReader(this.#harness.server.wire);
    this.#reading = true;
    try {
      for (;;) {
        if (every > 0) await this.#harness.pause(every);
        const messages = await reader.read(this.#conn!, bytes);
        if (messages === undefined) break;
        for (const message of messages) {
          if (isGreeting(message)) {
            this.#tell(`is greeted, as ${show(message)}`);
          } else received.add(show(message));
        }
        this.#answers += messages.filter(isAnswer).length;
      }
      received.flush();
      this.#end("sees the end");
    } catch {
      received.flush();
      if (!this.#ended) this.#end("finds the connection reset");
    }
  }

  /** Ends the connection in good order. */
  leave(): void {
    this.#end("leaves");
    this.#conn!.close();
  }

  /** Resets the connection. */
  reset(): void {
    this.#end("resets the connection");
    this.#conn!.reset();
  }

  /** Tells that it is still there, at the end. */
  reportUnfinished(): void {
    if (this.#ended || !this.#conn) return;
    const { handlers } = this.#harness.server;
    const names = [...handlers.keys()].map((id) => this.#harness.names.get(id));
    const served = names.includes(this.#name) ? ", and is still served" : "";
    this.#end(this.#reading ? "still reads" : `never read${served}`);
  }

  #end(what: string): void {
    this.#ended = true;
    const answers = `${this.#answers} of ${counted(this.#expected, "answer")}`;
    this.#tell(this.#expected > 0 ? `${what}, with ${answers}` : what);
  }

  #tell(what: string): void {
    this.#harness.tell(this.#name, what);
  }
}
