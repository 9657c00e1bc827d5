/**
 * The lab's handler, which also reports its use of the lock and the roster.
 *
 * @module
 */

import {
  type ClientHandlerClass,
  StudentHandler,
} from "../../../clienthandler.ts";
import { counted } from "../../../lib/text.ts";
import { type Guard, Lock } from "../../../lib/lock.ts";
import { MemoryStore } from "../../../lib/students/memory.ts";
import { Roster } from "../../../lib/students/roster.ts";
import type { Batch } from "../../../lib/students/row.ts";
import type { Recorded } from "../../../lib/students/store.ts";
import type { Student } from "../../../lib/students/student.ts";
import type { Harness } from "./harness.ts";
import { handlerOf, LOCK, ROSTER } from "./story.ts";

/** The `sid` of the student that the roster fails to record. */
export const UNRECORDABLE = "lost";

/** A store like a file: it reads all, takes its time, and writes all back. */
class TracedStore extends MemoryStore {
  #harness: Harness;
  #written: readonly Student[] = [];

  constructor(harness: Harness) {
    super();
    this.#harness = harness;
  }

  override async record(
    batches: readonly Batch[],
  ): Promise<readonly Recorded[]> {
    const { recording = 0 } = this.#harness.scenario;
    const students = batches.flatMap((batch) => batch.students);
    const before = this.#written;
    const sids = short(students.map(({ sid }) => sid));
    this.#harness.tell(ROSTER, `has ${before.length}, adds ${sids}`);
    if (recording > 0) await this.#harness.pause(recording);
    if (students.some(({ sid }) => sid === UNRECORDABLE)) {
      this.#harness.tell(ROSTER, "fails: the disk is full");
      throw new Error("The disk is full");
    }
    this.#written = [...before, ...students];
    const rows = counted(this.#written.length, "row");
    this.#harness.tell(ROSTER, `writes ${rows}`);
    return students.map(() => "recorded");
  }
}

/** Some numbers of students, shown shortly. */
function short(sids: readonly unknown[]): string {
  if (sids.length <= 3) return sids.join(", ");
  return `${sids[0]} to ${sids.at(-1)}`;
}

/** A lock that reports when one handler waits for it, holds it, and releases it. */
class TracedLock extends Lock {
  #lock: Lock;
  #harness: Harness;
  #name: string;

  constructor(lock: Lock, harness: Harness, name: string) {
    super();
    this.#lock = lock;
    this.#harness = harness;
    this.#name = name;
  }

  override async acquire(options?: { signal?: AbortSignal }): Promise<Guard> {
    const asked = this.#harness.clock.now;
    const { waiting } = this.#lock;
    const acquiring = this.#lock.acquire(options);
    if (this.#lock.waiting > waiting) this.#tell("waits");
    const guard = await acquiring;
    const held = this.#harness.clock.now;
    const waited = held > asked ? `, after ${held - asked} ms` : "";
    this.#tell(`holds it${waited}`);
    const release = () => {
      this.#tell(`held it ${this.#harness.clock.now - held} ms`);
      guard.release();
    };
    return { release, [Symbol.dispose]: release };
  }

  override tryAcquire(): undefined {} // so that the handler calls `acquire`, which reports

  #tell(what: string): void {
    this.#harness.tell(LOCK, `${this.#name} ${what}`);
  }
}

/** The lab's handler for the clients of a harness. */
export function tracedStudentHandler(harness: Harness): ClientHandlerClass {
  const roster = new Roster(new TracedStore(harness));
  return class extends StudentHandler {
    protected override readonly roster = roster;
    readonly #client = harness.names.get(this.clientId)!;

    override get writeLock(): Lock {
      return new TracedLock(super.writeLock, harness, this.#client);
    }

    protected override log(lines: readonly string[]): void {
      const numbers = lines.map((line) => line.replace(/^.*sid: /, ""));
      harness.tell(handlerOf(this.#client), `prints ${short(numbers)}`);
    }
  };
}
