/**
 * The first bytes of a client of TLS.
 *
 * @module
 */

import { TlsError } from "../formats/errors.ts";
import type { Connection } from "../net.ts";

/** A record begins with its kind, its version, and its length in two bytes. */
const HANDSHAKE = 0x16;
const HEADER = 5;
/** The most bytes of a record, with room for what its encryption adds. */
const LONGEST = HEADER + 16_384 + 256;
/** Bytes of the first read, which nearly always gets the whole record. */
const FIRST_READ = 1024;

/**
 * Reads the first record of a client. Until it is complete, the client needs no object
 * of TLS, which takes time and memory.
 *
 * @throws {TlsError} If the bytes are not the beginning of a handshake.
 */
export async function readHello(conn: Connection): Promise<Uint8Array> {
  let bytes = new Uint8Array(FIRST_READ);
  let end = 0;
  for (;;) {
    const count = await conn.read(bytes.subarray(end));
    if (count === null) throw new Deno.errors.UnexpectedEof("No TLS handshake");
    end += count;
    if (bytes[0] !== HANDSHAKE) throw new TlsError("It does not speak TLS");
    if (end < HEADER) continue;
    const length = HEADER + bytes[3] * 256 + bytes[4];
    if (length > LONGEST) throw new TlsError("Its TLS handshake is malformed");
    if (end >= length) return bytes.subarray(0, end);
    if (length > bytes.length) {
      const larger = new Uint8Array(length);
      larger.set(bytes);
      bytes = larger;
    }
  }
}
