/**
 * A server in a separate process, whose output may be left unread.
 *
 * @module
 */

import { retry } from "@std/async/retry";
import { stablePort } from "../../processes/stable_port.ts";
import type { WireFormat } from "../../../lib/formats/formats.ts";
import type { Address } from "../../../lib/net.ts";
import { Peer } from "../../../lib/testing/peer.ts";
import { ROOT } from "../../../tools/processes/program.ts";

/** What happens to a stream. "is full" is a full disk, for stdout only. */
export type Reader = "reads" | "has closed" | "does not read" | "is full";

/** What the server had printed when it ended. */
export interface Printed {
  /** What was read from its stdout. */
  stdout: string;
  /** What was read from its stderr. */
  stderr: string;
}

/** A server's process, and the readers of its output. */
export class OutputServer implements AsyncDisposable {
  /** Where it listens. */
  readonly addr: Address = { hostname: "127.0.0.1", port: stablePort() };
  #child: Deno.ChildProcess;
  #resume = Promise.withResolvers<void>();
  #printed: Promise<string[]>;

  /** Starts the server with further flags, and these readers of its two streams. */
  constructor(stdout: Reader, stderr: Reader, flags: readonly string[] = []) {
    const command = [
      Deno.execPath(),
      "run",
      "--quiet",
      "--no-prompt",
      "--allow-net",
      "server.ts",
      "--port",
      `${this.addr.port}`,
      ...flags,
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

  /** Connects a client. Retries until the server listens, which it may be unable to print. */
  client(format?: WireFormat): Promise<Peer> {
    return retry(() => Peer.greeted(this.addr, format), {
      maxAttempts: 200,
      minTimeout: 50,
      maxTimeout: 50,
    });
  }

  /** Lets stalled readers read, sends SIGTERM, and waits until the server has ended. */
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
