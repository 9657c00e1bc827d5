/**
 * What the board knows of a class.
 *
 * @module
 */

import type { ServerEvent } from "../events.ts";
import type { Batch } from "../students/row.ts";
import type { Roster } from "../students/roster.ts";
import type { Recorded } from "../students/store.ts";
import { Clients } from "./clients.ts";
import { type Counted, reasonOf, Reasons, rosterReasonOf } from "./reasons.ts";
import { type Shown, Wall } from "./wall.ts";

/** Where clients connect. */
export interface ConnectTo {
  /** The server's addresses for clients, the likeliest first. */
  readonly addresses: readonly string[];
  /** The port. */
  readonly port: number;
  /** Whether clients must speak TLS. */
  readonly tls: boolean;
}

/** What a page that knows the first `from` names is sent. */
export interface Update {
  /** Where clients connect. It changes with the network. */
  readonly connectTo: ConnectTo;
  /** Clients that are connected. */
  readonly connected: number;
  /** Students who passed, each `sid` counted once. */
  readonly passed: number;
  /** Requests and students that were refused. */
  readonly refused: number;
  /** The most frequent reasons. */
  readonly reasons: readonly Counted[];
  /** How many names come before `names`. */
  readonly from: number;
  /** The names that the page does not know. */
  readonly names: readonly Shown[];
}

/** The part of a server that the board looks at. */
export interface WatchedServer {
  /** The clients that are connected, by their ids. */
  readonly handlers: ReadonlyMap<
    number,
    { readonly clientIp: string; readonly queuedBytes: number }
  >;
  /** How often each limit was reached. */
  readonly limitHits: Readonly<Record<string, number>>;
}

/** The reasons on the page. */
const MOST_REASONS = 4;

/** Follows a class, by the events of the server and the results of the roster. */
export class ClassState {
  /** The names of those who passed. */
  readonly wall: Wall = new Wall();
  /** Why requests were refused. */
  readonly reasons: Reasons = new Reasons();
  /** Who is connected. */
  readonly clients: Clients = new Clients();
  /** What is recorded. */
  readonly roster: Roster;
  /** How many requests had each result. */
  readonly results = { acknowledged: 0, refused: 0 };
  #server: WatchedServer | undefined;
  #passedBefore = 0;
  #connectTo: () => ConnectTo;
  #changed: () => void;

  /**
   * Follows what is recorded in a roster. `connectTo` returns where clients connect,
   * and `changed` is called for every change that a page shows.
   */
  constructor(
    roster: Roster,
    connectTo: () => ConnectTo,
    changed: () => void,
  ) {
    this.roster = roster;
    this.#connectTo = connectTo;
    this.#changed = changed;
    roster.onResults = (batch, results) => this.#noteResults(batch, results);
  }

  /** How many students passed in earlier runs. */
  get passedBefore(): number {
    return this.#passedBefore;
  }

  /** Adds the students of an earlier run to the wall. */
  async load(): Promise<void> {
    for await (const row of this.roster.readAll()) this.wall.add(row);
    this.#passedBefore = this.passed;
  }

  /** The server; there is none before it is created. */
  get server(): WatchedServer {
    if (!this.#server) throw new Error("There is no server yet");
    return this.#server;
  }

  set server(server: WatchedServer) {
    this.#server = server;
  }

  /** Notes an event of a client. */
  noteEvent(client: number, event: ServerEvent): void {
    this.clients.note(client, event);
    if (event.type === "refused") this.#refuse(reasonOf(event.error));
    else if (event.type === "accepted" || event.type === "closed") {
      this.#changed();
    }
  }

  #noteResults(
    { students, origin }: Batch,
    results: readonly Recorded[],
  ): void {
    let last: string | null | undefined;
    results.forEach((result, i) => {
      if (result !== "recorded" && "refused" in result) {
        const { refused } = result;
        const name = students[i].student_name;
        this.clients.noteRefused(origin.clientId, name, refused);
        this.#refuse(rosterReasonOf(refused));
        return;
      }
      this.results.acknowledged++;
      last = students[i].student_name;
      if (this.wall.add(students[i])) this.#changed();
    });
    if (last !== undefined) this.clients.noteStudent(origin.clientId, last);
  }

  #refuse(reason: string): void {
    this.results.refused++;
    this.reasons.add(reason);
    this.#changed();
  }

  /** How many students passed. All who send no number have one sid, but may be several students. */
  get passed(): number {
    return this.roster.size + Math.max(0, this.wall.withoutNumber - 1);
  }

  /** Returns what has changed for a page that knows so many names. */
  updateAfter(known: number): Update {
    const names = this.wall.after(known);
    return {
      connectTo: this.#connectTo(),
      connected: this.server.handlers.size,
      passed: this.passed,
      refused: this.reasons.total,
      reasons: this.reasons.top(MOST_REASONS),
      from: this.wall.total - names.length,
      names,
    };
  }
}
