/**
 * Whether a program has read what was sent to it: then the next bytes cannot
 * arrive together with them, however busy the machine is.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import { readProc } from "./proc.ts";

/** Milliseconds between two polls, and for how many a program may stay busy before its socket is looked at. */
const LOOK = 1;
const BUSY = 100;
/** Milliseconds to wait where the program is not visible: on an idle machine it has read by then. */
const UNSEEN = 10;

/** A connection, by the ports of its ends. */
export interface Ends {
  theirs: number;
  ours: number;
}

/**
 * Waits until the program has read all bytes of a connection, for at most `ms`.
 *
 * @param isRunning Whether a thread of the program runs now, if that is visible.
 * @param isExact Looks at the socket itself, which takes long on a machine with many sockets.
 * @returns Whether nothing is unread.
 */
export async function untilRead(
  ends: Ends,
  isRunning: (() => boolean) | undefined,
  ms: number,
  isExact: boolean,
): Promise<boolean> {
  if (!isRunning) {
    await delay(UNSEEN);
    return true;
  }
  const begin = performance.now();
  for (;;) {
    // Data wakes a thread that waits for it. If all threads sleep, it was read.
    const isBlocked = !isRunning();
    const gone = performance.now() - begin;
    if (isBlocked && !isExact) return true;
    if (isBlocked || gone > BUSY) {
      if ((unreadBytes(ends) ?? 0) === 0) return true;
      if (gone > ms) return false;
    }
    await delay(LOOK);
  }
}

/** Returns how many bytes are under way to the program or unread there, or `undefined` if its socket is not visible. */
function unreadBytes({ theirs, ours }: Ends): number | undefined {
  const [their, our] = [theirs, ours].map((port) =>
    `:${port.toString(16).toUpperCase().padStart(4, "0")}`
  );
  let underWay = 0;
  let unread: number | undefined;
  for (const table of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    if (unread !== undefined) break;
    for (const line of readProc(table).split("\n")) {
      // A number, both ends, the state, and how many bytes wait to be sent and to be read.
      const [, local, remote, , queues] = line.trim().split(/\s+/);
      if (local?.endsWith(our) && remote?.endsWith(their)) {
        underWay += Number.parseInt(queues.split(":")[0], 16);
      } else if (local?.endsWith(their) && remote?.endsWith(our)) {
        unread = Number.parseInt(queues.split(":")[1], 16);
      }
    }
  }
  return unread === undefined ? undefined : unread + underWay;
}
