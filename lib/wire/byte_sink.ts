/**
 * Where a format writes its bytes.
 *
 * @module
 */

/** A sink that grew beyond this shrinks once it is empty. */
const KEPT_BYTES = 1_048_576;
const encoder = new TextEncoder();

/** A growing row of bytes. */
export class ByteSink {
  #bytes = new Uint8Array(1024);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  /** How many bytes were written. Setting it takes the last ones back. */
  get length(): number {
    return this.#length;
  }
  set length(length: number) {
    this.#length = length;
  }

  /** Writes one byte. */
  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  /** Writes 16 bits, the low byte first. */
  uint16(value: number): void {
    this.#reserve(2);
    this.#view.setUint16(this.#length, value, true);
    this.#length += 2;
  }

  /** Writes 32 bits, the low byte first; a negative value as its two's complement. */
  uint32(value: number): void {
    this.#reserve(4);
    this.#view.setUint32(this.#length, value, true);
    this.#length += 4;
  }

  /** Writes an IEEE 754 double, the high byte first. */
  float64(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.#length, value);
    this.#length += 8;
  }

  /** Writes text as UTF-8, and returns how many bytes that took. */
  text(text: string): number {
    // A UTF-16 unit takes at most three bytes.
    this.#reserve(text.length * 3);
    const { written } = encoder.encodeInto(
      text,
      this.#bytes.subarray(this.#length),
    );
    this.#length += written;
    return written;
  }

  /** Writes over the 32 bits at `position`, the low byte first. */
  setUint32(position: number, value: number): void {
    this.#view.setUint32(position, value, true);
  }

  /** Empties the sink into bytes of their own. */
  take(): Uint8Array<ArrayBuffer> {
    const bytes = this.#bytes.slice(0, this.#length);
    this.#length = 0;
    if (this.#bytes.length > KEPT_BYTES) this.#resize(KEPT_BYTES);
    return bytes;
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#bytes.length) return;
    this.#resize(Math.max(needed, this.#bytes.length * 2));
  }

  #resize(size: number): void {
    const bytes = new Uint8Array(size);
    bytes.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }
}
