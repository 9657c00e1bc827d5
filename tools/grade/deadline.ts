/**
 * Time limits that do not depend on how busy the machine is.
 *
 * @module
 */

import type { Changes } from "./changes.ts";
import { readProc, threadsOf } from "./proc.ts";

/** Milliseconds to wait once more at the end, for data that is there already. */
const LAST = 20;
/** How many times longer a limit can get, on a machine that has no time for the program. */
const MOST = 6;

/**
 * Measures for how long a program waited for a processor. Always 0 on systems
 * other than Linux.
 */
export class ProcessorWaits {
  /** Seconds in which a thread of the program, or of the grader, waited for a processor. */
  seconds = 0;
  #before = new Map<string, number>();
  #at = performance.now();

  /** Measures what was waited since the last call. Call it often. */
  look(pids: readonly number[]): void {
    const now = performance.now();
    let longest = 0;
    const waited = new Map<string, number>();
    for (const pid of ["self", ...pids]) {
      for (const thread of threadsOf(pid)) {
        const path = `/proc/${pid}/task/${thread}/schedstat`;
        const ns = Number(readProc(path).split(" ")[1]);
        if (!(ns >= 0)) continue; // it has ended, or the kernel does not count
        waited.set(path, ns);
        longest = Math.max(longest, ns - (this.#before.get(path) ?? ns));
      }
    }
    this.seconds += Math.min(longest / 1e9, (now - this.#at) / 1000);
    this.#before = waited;
    this.#at = now;
  }
}

/**
 * A limit for what a program must do. Time in which the program waits for a
 * processor does not count, so a slow machine fails no program.
 */
export class Deadline {
  #ms: number;
  #waited: () => number;
  #begin = performance.now();
  #before: number;

  /** @param waited For how many seconds the program has waited for a processor so far. */
  constructor(seconds: number, waited: () => number) {
    this.#ms = seconds * 1000;
    this.#waited = waited;
    this.#before = waited();
  }

  /** Milliseconds that are left. */
  get left(): number {
    const waited = (this.#waited() - this.#before) * 1000;
    const gone = performance.now() - this.#begin;
    return this.#ms - Math.max(gone - waited, gone / MOST);
  }

  /** Waits until `holds` returns true, or no time is left. Resolves to its last result. */
  async until(changes: Changes, holds: () => boolean): Promise<boolean> {
    while (this.left > 0) {
      if (await changes.until(holds, this.left)) return true;
    }
    return await changes.until(holds, LAST);
  }
}
