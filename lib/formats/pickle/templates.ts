/**
 * Templates of earlier messages, so that similar messages need less parsing.
 *
 * @module
 */

/** The bytes between two values, as earlier messages had them. */
export interface Segment {
  /** The bytes. They include the key if a value follows. */
  readonly bytes: Uint8Array;
  /** The key of the value that follows; `undefined` at the end of the message. */
  readonly key: string | undefined;
  /** The segments that came after that value. */
  next: Segment[];
}

/** The most segments kept after the same value, since each is tried. */
const MOST_NEXT = 16;
/** The most segments in total. */
const MOST_SEGMENTS = 512;
/** The most bytes of a segment. */
const LONGEST_SEGMENT = 64;
/**
 * One in this many messages with an unknown template is learned, at random,
 * because learning is slow. A frequent template is soon learned; a rare one
 * costs little.
 */
const LEARNED = 16;

/**
 * The templates of one format, for the messages of all clients. A message with
 * an unknown template is parsed opcode by opcode, and its template may be learned.
 * Later messages with that template are only compared with it, from value to
 * value, which is faster. A client's messages are alike, and so are those of a
 * class.
 *
 * A client that keeps sending new templates displaces the others. Messages with
 * displaced templates are parsed opcode by opcode until these are learned
 * again.
 */
export class Templates {
  /** The empty segment before the first segment of every message. */
  readonly start: Segment = {
    bytes: new Uint8Array(),
    key: undefined,
    next: [],
  };
  #segments = 0;

  /**
   * Looks at the segments that follow the given one and its value. Returns the
   * one that the bytes from `at` up to `stop` begin with; `undefined` if there
   * is none.
   */
  next(
    { next }: Segment,
    bytes: Uint8Array,
    at: number,
    stop: number,
  ): Segment | undefined {
    for (const segment of next) {
      if (isAt(segment.bytes, bytes, at, stop)) return segment;
    }
  }

  /**
   * Learns the template of some of the messages that had an unknown one.
   *
   * @param bytes The bytes that contain the message.
   * @param keys The keys of its values.
   * @param cuts Where it begins, then where each value begins and ends.
   * @param end Where it ends.
   */
  learn(
    bytes: Uint8Array,
    keys: readonly string[],
    cuts: readonly number[],
    end: number,
  ): void {
    if (Math.random() * LEARNED >= 1) return;
    let segment = this.start;
    for (let i = 0; i <= keys.length; i++) {
      const from = cuts[2 * i];
      const to = i < keys.length ? cuts[2 * i + 1] : end;
      if (to - from > LONGEST_SEGMENT) return;
      const own = new Uint8Array(bytes.subarray(from, to));
      segment = this.#segmentAfter(segment, own, keys[i]);
    }
  }

  #segmentAfter(
    before: Segment,
    bytes: Uint8Array,
    key: string | undefined,
  ): Segment {
    const known = before.next.find((segment) =>
      segment.bytes.length === bytes.length &&
      isAt(segment.bytes, bytes, 0, Infinity)
    );
    if (known) return known;
    if (before.next.length === MOST_NEXT) before.next = [];
    if (++this.#segments > MOST_SEGMENTS) {
      this.start.next = [];
      this.#segments = 0;
    }
    const segment: Segment = { bytes, key, next: [] };
    // The longest first, since one may be a prefix of another.
    before.next.push(segment);
    before.next.sort((a, b) => b.bytes.length - a.bytes.length);
    return segment;
  }
}

/** Whether the bytes from `at` up to `stop` begin with `segment`. */
function isAt(
  segment: Uint8Array,
  bytes: Uint8Array,
  at: number,
  stop: number,
): boolean {
  const { length } = segment;
  if (at + length > stop) return false;
  for (let i = 0; i < length; i++) {
    if (segment[i] !== bytes[at + i]) return false;
  }
  return true;
}
