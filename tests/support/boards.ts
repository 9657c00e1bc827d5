// A server with a board, in this process.

import { StudentHandler } from "../../clienthandler.ts";
import { Board, type BoardOptions } from "../../lib/board/board.ts";
import type { Address } from "../../lib/net.ts";
import { Roster } from "../../lib/students/roster.ts";
import { TestServer } from "../../tools/stress/test_server.ts";

/** A board, and the server whose clients it shows. */
export class TestBoard implements AsyncDisposable {
  readonly roster: Roster;
  readonly board: Board;
  readonly server: TestServer;
  /** What the board reports. */
  readonly lines: string[] = [];
  /** Where the board listens. */
  readonly at: Address;

  constructor(options: Partial<BoardOptions> = {}, port = 0) {
    this.roster = options.roster ?? new Roster();
    this.board = new Board({
      roster: this.roster,
      rosterSource: {
        sections: () => Promise.resolve([]),
        csv: () => Promise.resolve([]),
        classCsv: () => Promise.resolve([]),
      },
      host: "127.0.0.1",
      connectTo: () => ({
        addresses: ["192.0.2.7", "192.0.2.8"],
        port: 12000,
        tls: false,
      }),
      report: (line) => this.lines.push(line),
      ...options,
    });
    this.server = new TestServer({
      clientHandler: StudentHandler.with(this.roster),
      onEvent: this.board.onEvent,
    });
    this.board.watch(this.server.server);
    this.at = this.board.listen({ hostname: "127.0.0.1", port });
  }

  url(path: string): string {
    return `http://${this.at.hostname}:${this.at.port}${path}`;
  }

  /** Fetches what only the instructor may see. */
  asInstructor(path: string): Promise<Response> {
    const authorization = `Bearer ${this.board.token.text}`;
    return fetch(this.url(path), { headers: { authorization } });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.board[Symbol.dispose]();
    await this.server[Symbol.asyncDispose]();
  }
}
