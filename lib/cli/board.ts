/**
 * The board, as the command line opens it.
 *
 * @module
 */

import { TOKEN } from "../board/access.ts";
import { Board } from "../board/board.ts";
import type { OnEvent } from "../events.ts";
import { type Address, DEFAULT_ADDRESS } from "../net.ts";
import { complain, report } from "../output.ts";
import type { Roster } from "../students/roster.ts";
import { classSummary } from "./classroom.ts";
import type { CommandServer } from "./command_server.ts";
import { readText } from "./data_file.ts";
import { addressesAt, ALL_ADDRESSES, cannotListen } from "./listening.ts";
import { Failure } from "./program.ts";
import { ClassFile } from "./roster/class_file.ts";
import { missingSummary } from "./roster/class_listing.ts";
import { compare } from "./roster/comparison.ts";
import { markDoubtful } from "./roster/rows.ts";
import { rosterSource } from "./roster_pages.ts";
import type { SettledFlags } from "./server_flags.ts";

/** The board of a server that runs on a command line. */
export class ShownBoard implements Disposable {
  #board: Board;
  #flags: SettledFlags;
  #host: string;
  #address: Address | undefined;
  #server: CommandServer | undefined;
  #expected: ClassFile | undefined;

  private constructor(
    flags: SettledFlags,
    roster: Roster,
    expected: ClassFile | undefined,
  ) {
    this.#flags = flags;
    this.#expected = expected;
    this.#host = flags.host ?? DEFAULT_ADDRESS.hostname;
    this.#board = new Board({
      roster,
      rosterSource: rosterSource(roster, expected),
      host: this.#host,
      token: tokenIn(flags.boardTokenFile),
      connectTo: () => ({
        addresses: this.#addresses,
        port: this.#server!.addr.port,
        tls: flags.cert !== undefined,
      }),
      report,
    });
  }

  /** Opens a board. It has the students of earlier runs. @throws {Failure} If the class list cannot be read. */
  static async open(flags: SettledFlags, roster: Roster): Promise<ShownBoard> {
    const { expected } = flags;
    const list = expected === undefined
      ? undefined
      : await ClassFile.open(expected, report);
    const shown = new ShownBoard(flags, roster, list);
    try {
      await shown.#board.state.load();
      return shown;
    } catch (error) {
      shown[Symbol.dispose]();
      throw error;
    }
  }

  /** Takes the events of the server. */
  get onEvent(): OnEvent {
    return this.#board.onEvent;
  }

  /**
   * Begins to listen. With `--classroom` alone, another port takes the place of one
   * that is in use: nobody has asked for that one.
   *
   * @throws {Failure} If it cannot.
   */
  listen(server: CommandServer): void {
    this.#server = server;
    this.#board.watch(server);
    const { boardPort, board } = this.#flags;
    const address = { hostname: this.#host, port: boardPort };
    try {
      this.#address = this.#board.listen(address);
    } catch (error) {
      const isFree = board === "implied" &&
        error instanceof Deno.errors.AddrInUse;
      if (!isFree) throw cannotListen(address, error, "--board-port");
      this.#address = this.#board.listen({ ...address, port: 0 });
    }
  }

  /** Reports where the pages are. */
  reportLinks(): void {
    const [host] = this.#addresses;
    report(`Board: ${this.#link(host)}`);
    // At all addresses, it is at that of this machine, too: there, the token does not
    // cross the network.
    const isAll = [ALL_ADDRESSES, "::"].includes(this.#host);
    const link = this.#link(isAll ? "localhost" : host);
    const { text } = this.#board.token;
    // On a line of its own: a terminal of 80 columns would break it otherwise, and what
    // it makes of half a link leads nowhere.
    report("For the instructor alone:");
    complain(`${link}roster?token=${text}`);
  }

  #link(host: string): string {
    const name = host.includes(":") ? `[${host}]` : host;
    return `http://${name}:${this.#address!.port}/`;
  }

  /** Reports how the class went. */
  async reportClass(): Promise<void> {
    const { state } = this.#board;
    for (const line of classSummary(state, this.#flags.roster)) report(line);
    if (!this.#expected) return;
    const { list } = await this.#expected.current();
    const rows = await Array.fromAsync(state.roster.readAll());
    const comparison = await compare(list, await markDoubtful(rows));
    report(missingSummary(comparison));
  }

  get #addresses(): readonly string[] {
    try {
      const found = addressesAt(this.#host);
      if (found.length > 0) return found;
    } catch {
      // The permission to list them is missing. reachableAt() has said so.
    }
    return [DEFAULT_ADDRESS.hostname];
  }

  /** Closes it. */
  [Symbol.dispose](): void {
    this.#board[Symbol.dispose]();
  }
}

/** Returns the token in a file. No file is no token. @throws {Failure} If it cannot. */
function tokenIn(path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  const token = readText(path).trim();
  if (TOKEN.test(token)) return token;
  throw new Failure(
    `${path} must have one line of 16 to 200 letters, digits, or - . _ ~`,
  );
}
