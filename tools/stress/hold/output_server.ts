/**
 * A server in a process of its own, whose output is read, or not.
 *
 * @module
 */

import { retry } from "@std/async/retry";
import type { Address } from "../../../lib/net.ts";
import { Peer } from "../../../lib/testing/peer.ts";
import { ROOT } from "../../../tools/processes/program.ts";

/** What becomes of a stream: "full" is a disk without space, for stdout only. */
export type Reader = "reads" | "has closed" | "does not read" | "is full";

/** What the server had printed when it ended. */
export interface Printed {
  /** On stdout, as far as it was read. */
  stdout: string;
  /** On stderr, as far as it was read. */
  stderr: string;
}

/** A server's process, and whoever reads what it prints. */
export class OutputServer implements AsyncDisposable {
  /** Where it listens. */
  readonly addr: Address = { hostname: "127.0.0.1", port: freePort() };
  #child: Deno.ChildProcess;
  #resume = Promise.withResolvers<void>();
  #printed: Promise<string[]>;

  /** Starts it, with such readers of its two streams. */
  constructor(stdout: Reader, stderr: Reader) {
    const command = [
      Deno.execPath(),
      "run",
      "--quiet",
      "--no-prompt",
      "--allow-net",
      "server.ts",
      "--port",
      `${this.addr.port}`,
    ];
    const toDisk = stdout === "is full" ? " >/dev/full" : "";
    this.#child = new Deno.Command("sh", {
      args: ["-c", `exec "$0" "$@"${toDisk}`, ...command],
      cwd: ROOT,
      env: { NO_COLOR: "1" },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#printed = Promise.all([
      this.#read(stdout, this.#child.stdout),
      this.#read(stderr, this.#child.stderr),
    ]);
  }

  async #read(
    reader: Reader,
    stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  ): Promise<string> {
    if (reader === "has closed") {
      await stream.cancel();
      return "";
    }
    if (reader === "does not read") await this.#resume.promise;
    return await new Response(stream).text();
  }

  /** Connects a client, as soon as the server listens: it may not be able to say so. */
  client(): Promise<Peer> {
    return retry(() => Peer.greeted(this.addr), {
      maxAttempts: 200,
      minTimeout: 50,
      maxTimeout: 50,
    });
  }

  /** Reads what was not read so far, asks the server to end, and waits for that. */
  async ended(): Promise<Printed> {
    this.#resume.resolve();
    this.#child.kill("SIGTERM");
    await this.#child.status;
    const [stdout, stderr] = await this.#printed;
    return { stdout, stderr };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    this.#resume.resolve();
    await this.#printed;
  }
}

/** A port that was free a moment ago, for a server that cannot tell which it took. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
