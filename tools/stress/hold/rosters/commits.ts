/**
 * The order of commits and answers, in what `strace` has written.
 *
 * @module
 */

/** What a trace shows. */
export interface Order {
  /** How many times a client was written to. */
  answers: number;
  /** How many of these writes began before a commit was on the disk that belongs to no earlier one. */
  early: number;
}

/** The calls that bring a write-ahead log to the disk, and those that write to a client. */
const FLUSH = /^(\d+) +(?:fsync|fdatasync)\(\d+<[^>]*-wal>/;
const RESUMED = /^(\d+) +<\.\.\. (?:fsync|fdatasync) resumed>/;
const ANSWER = /^\d+ +(?:write|writev|sendto|sendmsg)\(\d+<TCP/;

/** Reads a trace, with `-f -yy`, of a server with one client that waits for each answer. */
export function orderOf(trace: string): Order {
  const order = { answers: 0, early: 0 };
  /** The threads in which a flush has begun. */
  const flushing = new Set<string>();
  let flushed = false;
  for (const line of trace.split("\n")) {
    const [, begun] = line.match(FLUSH) ?? [];
    const [, resumed] = line.match(RESUMED) ?? [];
    if (begun && line.includes("<unfinished")) flushing.add(begun);
    else if (begun || (resumed && flushing.delete(resumed))) {
      if (/\) += 0\b/.test(line)) flushed = true;
    } else if (ANSWER.test(line)) {
      order.answers++;
      if (!flushed) order.early++;
      flushed = false;
    }
  }
  return order;
}
