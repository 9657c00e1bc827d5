/**
 * Two servers that use one database.
 *
 * @module
 */

import {
  type ClientHandlerClass,
  StudentHandler,
} from "../../../clienthandler.ts";
import { counted } from "../../../lib/text.ts";
import { MemoryStore } from "../../../lib/students/memory.ts";
import { Roster } from "../../../lib/students/roster.ts";
import type { Batch } from "../../../lib/students/row.ts";
import type { Recorded } from "../../../lib/students/store.ts";
import type { Sid } from "../../../lib/students/student.ts";
import { ShippedClient } from "./clients.ts";
import type { Harness, Scenario } from "./harness.ts";
import { DATABASE } from "./story.ts";

const SECOND_PORT = 12_001;
/** How long the database takes for a command, in milliseconds. */
const COMMAND = 10;

/** A database in a program of its own. It carries out one command after the other. */
class Database {
  #harness: Harness;
  #requests = new Map<Sid, number>();

  constructor(harness: Harness) {
    this.#harness = harness;
  }

  /** Returns how many requests of a student it has. */
  async read(sid: Sid): Promise<number> {
    await this.#harness.pause(COMMAND);
    const count = this.#requests.get(sid) ?? 0;
    this.#harness.tell(DATABASE, `is read: ${counted(count, "request")}`);
    return count;
  }

  /** Sets how many requests of a student it has. */
  async write(sid: Sid, count: number): Promise<void> {
    await this.#harness.pause(COMMAND);
    this.#requests.set(sid, count);
    this.#harness.tell(DATABASE, `has ${counted(count, "request")}`);
  }

  /** Adds requests of a student, in one command. */
  async add(sid: Sid, count: number): Promise<void> {
    await this.#harness.pause(COMMAND);
    const sum = (this.#requests.get(sid) ?? 0) + count;
    this.#requests.set(sid, sum);
    this.#harness.tell(DATABASE, `has ${counted(sum, "request")}`);
  }
}

/** Counts requests in the database. The lock of its server is held meanwhile. */
class SharedStore extends MemoryStore {
  #database: Database;

  constructor(database: Database) {
    super();
    this.#database = database;
  }

  override async record(
    batches: readonly Batch[],
  ): Promise<readonly Recorded[]> {
    const students = batches.flatMap((batch) => batch.students);
    for (const { sid } of students) {
      await this.#database.add(sid, 1);
    }
    return students.map(() => "recorded");
  }
}

const databases = new WeakMap<Harness, Database>();

/** Returns the handlers of one server. Each server has a roster of its own, in the same database. */
function handlers(harness: Harness): ClientHandlerClass {
  const database = databases.get(harness) ?? new Database(harness);
  databases.set(harness, database);
  const roster = new Roster(new SharedStore(database));
  return class extends StudentHandler {
    protected override readonly roster = roster;
    protected override log(): void {}
  };
}

/** Alice and Bob send the same student at the same time, each to another server. */
export const twoServers: Scenario = {
  name: "two-servers",
  about:
    "Two servers use one database, and each has its own lock. At the same " +
    "time, Alice sends the student 1 to the first, and Bob to the second. The " +
    "database counts the requests.",
  clientHandler: handlers,
  ends: 1000,
  async play(harness) {
    const second = harness.newServer(handlers(harness), SECOND_PORT);
    void second.run();
    const clients = [
      new ShippedClient(harness, "Alice"),
      new ShippedClient(harness, "Bob", SECOND_PORT),
    ];
    await Promise.all(clients.map(async (client) => {
      await client.connect();
      await client.ask(1);
      await client.leave();
    }));
    await second.shutdown();
  },
};
