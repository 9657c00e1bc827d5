/**
 * The buffer that a format writes to.
 *
 * @module
 */

/** Bytes of a block, unless the pending bytes need a larger one. */
const SIZE = 8192;
/**
 * An ASCII text of up to this many characters is written character by
 * character.
 */
const SHORT = 64;
const encoder = new TextEncoder();

/**
 * The buffer that a format writes to. It grows, and may hold earlier messages.
 *
 * @example A text behind its length
 * ```ts
 * import { ByteWriter } from "@rollcall/rollcall/formats";
 *
 * const sink = new ByteWriter();
 * const start = sink.length;
 * sink.uint32(0); // room for the length, which is not known yet
 * sink.setUint32(start, sink.text("tea"));
 * if (sink.take().join() !== "3,0,0,0,116,101,97") throw new Error("other bytes");
 * ```
 */
export class ByteWriter {
  #bytes = new Uint8Array(SIZE);
  #view = new DataView(this.#bytes.buffer);
  /** Where the written bytes begin. The bytes before were taken. */
  #start = 0;
  #end = 0;

  /** How many bytes were written. Setting it discards the last ones. */
  get length(): number {
    return this.#end - this.#start;
  }
  set length(length: number) {
    this.#end = this.#start + length;
  }

  /** Writes one byte. */
  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#end++] = value;
  }

  /** Writes bytes as they are. */
  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  /** Writes 16 bits, the low byte first. */
  uint16(value: number): void {
    this.#reserve(2);
    this.#view.setUint16(this.#end, value, true);
    this.#end += 2;
  }

  /**
   * Writes 32 bits, the low byte first; a negative value as its two's
   * complement.
   */
  uint32(value: number): void {
    this.#reserve(4);
    this.#view.setUint32(this.#end, value, true);
    this.#end += 4;
  }

  /** Writes an IEEE 754 double, the high byte first. */
  float64(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.#end, value);
    this.#end += 8;
  }

  /** Writes text as UTF-8, and returns how many bytes that took. */
  text(text: string): number {
    // A UTF-16 unit takes at most three bytes.
    this.#reserve(text.length * 3);
    const written = text.length <= SHORT ? this.#ascii(text) : undefined;
    const count = written ?? encoder.encodeInto(
      text,
      this.#bytes.subarray(this.#end),
    ).written;
    this.#end += count;
    return count;
  }

  /**
   * Writes text if it is ASCII. For a short text this is faster than a call to
   * native code. Returns how many bytes that took.
   */
  #ascii(text: string): number | undefined {
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code >= 0x80) return undefined;
      this.#bytes[this.#end + i] = code;
    }
    return text.length;
  }

  /**
   * Overwrites the 32 bits at `position` of the written bytes, the low byte
   * first.
   */
  setUint32(position: number, value: number): void {
    this.#view.setUint32(this.#start + position, value, true);
  }

  /**
   * Returns the written bytes and empties the writer. It never overwrites them:
   * it continues behind them in the same block, because a new block would cost
   * more than a short answer. A caller that keeps the bytes for long must copy
   * them, since a few bytes keep the whole block in memory.
   */
  take(): Uint8Array<ArrayBuffer> {
    const large = this.#bytes.length > SIZE;
    const bytes = large
      ? this.#bytes.slice(this.#start, this.#end)
      : this.#bytes.subarray(this.#start, this.#end);
    this.#start = this.#end;
    if (large) this.#goOnIn(SIZE);
    return bytes;
  }

  #reserve(count: number): void {
    if (this.#end + count <= this.#bytes.length) return;
    const needed = this.length + count;
    this.#goOnIn(needed > SIZE ? needed * 2 : SIZE);
  }

  /** Moves the written bytes to a new block of `size` bytes. */
  #goOnIn(size: number): void {
    const written = this.#bytes.subarray(this.#start, this.#end);
    this.#bytes = new Uint8Array(size);
    this.#bytes.set(written);
    this.#view = new DataView(this.#bytes.buffer);
    this.#start = 0;
    this.#end = written.length;
  }
}
