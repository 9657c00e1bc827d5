/**
 * A connection as a stream of Node, which its TLS needs.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { Duplex } from "node:stream";
import type { Connection } from "../net.ts";

/** Bytes of the smallest and of the largest read. */
const SMALLEST_READ = 1024;
const LARGEST_READ = 65_536;

/** Returns a stream over a connection, which it does not close. `first` are bytes that were read already. `onError` receives its errors. */
export function streamOver(
  conn: Connection,
  first: Uint8Array | undefined,
  onError: (error: unknown) => void,
): Duplex {
  const { Duplex } = globalThis.process.getBuiltinModule("node:stream");
  let size = SMALLEST_READ;
  /** Does something, and destroys the stream if that fails. */
  const attempt = async (
    stream: Duplex,
    action: () => Promise<void>,
    done: (error?: Error) => void = () => {},
  ) => {
    try {
      await action();
      done();
    } catch (error) {
      onError(error);
      done(error as Error);
      stream.destroy();
    }
  };
  const writeAll = async (bytes: Uint8Array) => {
    for (let at = 0; at < bytes.length;) {
      at += await conn.write(bytes.subarray(at));
    }
  };
  return new Duplex({
    read() {
      if (first) {
        this.push(first);
        first = undefined;
        return;
      }
      void attempt(this, async () => {
        const buffer = new Uint8Array(size);
        const count = await conn.read(buffer);
        if (count === size) size = Math.min(size * 2, LARGEST_READ);
        else if (size > SMALLEST_READ) size /= 2;
        this.push(count === null ? null : buffer.subarray(0, count));
      });
    },
    write(bytes: Uint8Array, _encoding, done) {
      void attempt(this, () => writeAll(bytes), done);
    },
    writev(chunks, done) {
      const bytes = Buffer.concat(chunks.map(({ chunk }) => chunk));
      void attempt(this, () => writeAll(bytes), done);
    },
    final(done) {
      void attempt(this, () => conn.closeWrite(), done);
    },
  });
}
