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
import type { Recorded, Roster } from "../../../lib/students/roster.ts";
import type { Student } from "../../../lib/students/student.ts";
import type { Harness } from "./harness.ts";
import { handlerOf, LOCK, ROSTER } from "./story.ts";

/** The `sid` of the student that the roster fails to record. */
export const UNRECORDABLE = "lost";

/** A roster like a file: it reads all, takes its time, and writes all back. */
function tracedRoster(harness: Harness): Roster {
  const { recording = 0 } = harness.scenario;
  let rows: readonly Student[] = [];
  return {
    async record(students: readonly Student[]): Promise<readonly Recorded[]> {
      const before = rows;
      harness.tell(
        ROSTER,
        `has ${before.length}, adds ${short(students.map(({ sid }) => sid))}`,
      );
      if (recording > 0) await harness.pause(recording);
      if (students.some(({ sid }) => sid === UNRECORDABLE)) {
        harness.tell(ROSTER, "fails: the disk is full");
        throw new Error("The disk is full");
      }
      rows = [...before, ...students];
      harness.tell(ROSTER, `writes ${counted(rows.length, "row")}`);
      return students.map(() => "recorded");
    },
    read: () => Promise.resolve(undefined),
  };
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

  #tell(what: string): void {
    this.#harness.tell(LOCK, `${this.#name} ${what}`);
  }
}

/** The lab's handler for the clients of a harness. */
export function tracedStudentHandler(harness: Harness): ClientHandlerClass {
  const roster = tracedRoster(harness);
  return class extends StudentHandler {
    protected override readonly roster: Roster = roster;
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
