/**
 * The clients that are connected, as the instructor's page shows them.
 *
 * @module
 */

import type { ServerEvent } from "../events.ts";
import { PeerError } from "../formats/errors.ts";
import { cutToKeep } from "../text.ts";
import { Durations } from "./durations.ts";

/** What is known of a client. */
export interface ClientRecord {
  /** Its id. */
  readonly id: number;
  /** Its IP address. */
  readonly ip: string;
  /** When it connected, in milliseconds since 1970. */
  readonly since: number;
  /** When its last request came; 0 if none did. */
  lastAt: number;
  /** How many requests came. */
  requests: number;
  /** How many were refused. */
  refused: number;
  /** Why the last one was refused. */
  lastRefusal: string;
  /** The name in the last request that was acknowledged. */
  name: string | undefined;
  /** The name in the last request that was refused. */
  refusedName: string | undefined;
  /** When the requests that are under way were read, on the monotonic clock. */
  began: number;
  /** How many requests are under way. */
  underWay: number;
}

/** The most characters that are kept of a name and of a reason. The page cuts them further. */
const LONGEST_NAME = 100;
const LONGEST_REASON = 400;

/** Clients that left after a refusal, of which more than a count is kept. */
const MOST_LEFT = 50;

/** A client that left. */
export interface LeftClient extends Readonly<ClientRecord> {
  /** When it left, in milliseconds since 1970. */
  readonly leftAt: number;
  /** Whether a student with the same name was acknowledged after that. */
  hasPassed: boolean;
}

/** Follows the events of all clients. */
export class Clients {
  /** How long requests took, from the read to the answer in the queue. */
  readonly durations: Durations = new Durations();
  #records = new Map<number, ClientRecord>();
  #left: LeftClient[] = [];
  #accepted = 0;
  #withoutStudent = 0;

  /** How many connected. */
  get accepted(): number {
    return this.#accepted;
  }

  /** How many connections brought no student, and ended. */
  get endedWithoutStudent(): number {
    return this.#withoutStudent;
  }

  /** How many are connected and have brought no student. */
  get connectedWithoutStudent(): number {
    let count = 0;
    for (const { name } of this.#records.values()) {
      if (name === undefined) count++;
    }
    return count;
  }

  /** What is known of a client that is connected. */
  get(client: number): ClientRecord | undefined {
    return this.#records.get(client);
  }

  /** The last clients that left after a refusal, the last one first. */
  get leftRefused(): readonly LeftClient[] {
    return this.#left.toReversed();
  }

  /** Notes an event. All clients wait until it returns, so it does little. */
  note(client: number, event: ServerEvent): void {
    if (event.type === "accepted") {
      this.#accepted++;
      this.#records.set(client, newRecord(client, event.ip));
      return;
    }
    const record = this.#records.get(client);
    if (!record) return;
    if (event.type === "read" && event.messages > 0) {
      record.requests += event.messages;
      record.lastAt = Date.now();
      record.began = performance.now();
      record.underWay = event.messages;
    } else if (event.type === "queued" && record.underWay > 0) {
      // A clock is read once for a batch. Its requests are answered together.
      const seconds = (performance.now() - record.began) / 1000;
      this.durations.add(seconds, record.underWay);
      record.underWay = 0;
    } else if (event.type === "refused") {
      const { error } = event;
      const about = error instanceof PeerError ? error.about : undefined;
      this.#refuse(record, error.message, about);
    } else if (event.type === "closed") this.#end(record);
  }

  #refuse(record: ClientRecord, why: string, name?: string | null): void {
    record.refused++;
    record.lastRefusal = cutToKeep(why, LONGEST_REASON);
    if (name) record.refusedName = cutToKeep(name, LONGEST_NAME);
  }

  #end(record: ClientRecord): void {
    this.#records.delete(record.id);
    if (record.name === undefined) this.#withoutStudent++;
    if (record.refused === 0) return;
    this.#left.push({ ...record, leftAt: Date.now(), hasPassed: false });
    if (this.#left.length > MOST_LEFT) this.#left.shift();
  }

  /** Notes that a client's student was acknowledged. */
  noteStudent(client: number, name: string | null): void {
    const kept = cutToKeep(name ?? "None", LONGEST_NAME);
    const record = this.#records.get(client);
    if (record) record.name = kept;
    for (const left of this.#left) {
      if (left.refusedName === kept) left.hasPassed = true;
    }
  }

  /** Notes that the roster refused a client's student. */
  noteRefused(client: number, name: string | null, why: string): void {
    const record = this.#records.get(client);
    if (record) this.#refuse(record, why, name);
  }
}

function newRecord(id: number, ip: string): ClientRecord {
  return {
    id,
    ip,
    since: Date.now(),
    lastAt: 0,
    requests: 0,
    refused: 0,
    lastRefusal: "",
    name: undefined,
    refusedName: undefined,
    began: 0,
    underWay: 0,
  };
}
