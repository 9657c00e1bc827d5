/**
 * What the incomplete messages of all connections together hold in memory.
 *
 * @module
 */

/** Something that holds an incomplete message, and can let it go. */
export interface Holder {
  /** Drops the incomplete message, which is the largest. All together had more than `most` bytes. */
  evict(most: number): void;
}

/** The bytes of each holder that has any. One budget, since a process has one memory. */
const held = new Map<Holder, number>();
let total = 0;

/**
 * Sets how many bytes a holder has in memory. While all holders together have more
 * than `most`, those that have most are evicted, and not the one that came last. If
 * the servers of a process have different limits, the smallest counts.
 */
export function hold(holder: Holder, bytes: number, most: number): void {
  total += bytes - (held.get(holder) ?? 0);
  if (bytes > 0) held.set(holder, bytes);
  else held.delete(holder);
  while (total > most && held.size > 0) {
    const largest = largestHolder();
    total -= held.get(largest)!;
    held.delete(largest);
    largest.evict(most);
  }
}

function largestHolder(): Holder {
  const [first, ...others] = held;
  return others.reduce((a, b) => b[1] > a[1] ? b : a, first)[0];
}
