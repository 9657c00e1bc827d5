/**
 * A server in this process, with its output.
 *
 * @module
 */

import { soon } from "../../lib/testing/soon.ts";
import type { Address } from "../../lib/net.ts";
import { Server, type ServerOptions } from "../../server.ts";

/** A server on a free port, with the lines and reports that it prints. */
export class TestServer implements AsyncDisposable {
  readonly lines: string[] = [];
  readonly reports: string[] = [];
  readonly server: Server;
  readonly running: Promise<void>;

  constructor(options: ServerOptions = {}) {
    this.server = new Server({
      port: 0,
      log: (lines) => this.lines.push(...lines),
      report: (line) => this.reports.push(line),
      ...options,
    });
    this.running = this.server.run();
  }

  get addr(): Address {
    return this.server.addr;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const end = this.server.shutdown().then(() => this.running);
    await soon(end, () => "end of the server");
  }
}
