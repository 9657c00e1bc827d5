/**
 * The board: a web page for the projector, pages for the instructor, and metrics.
 *
 * @module
 */

import type { ServerEvent } from "../events.ts";
import type { Address } from "../net.ts";
import type { Roster } from "../students/roster.ts";
import { Token } from "./access.ts";
import {
  ClassState,
  type ConnectTo,
  type WatchedServer,
} from "./class_state.ts";
import { HttpServer } from "./http.ts";
import { Failures } from "./failures.ts";
import { EventLoopLag } from "./lag.ts";
import { answer, type RosterSource } from "./routes.ts";
import { Streams } from "./streams.ts";

/** How often the board looks where clients connect: the network may change. In milliseconds. */
const ADDRESS_PERIOD = 3_000;

/** What the board shows, and where. */
export interface BoardOptions {
  /** The roster that the handlers record in. */
  readonly roster: Roster;
  /** The same, as the instructor's page shows it. */
  readonly rosterSource: RosterSource;
  /** The host that the server listens at. A request may name it. */
  readonly host: string;
  /** Where clients connect. It is called every few seconds. */
  connectTo(): ConnectTo;
  /** The token of the instructor's pages. @default a new one */
  readonly token?: string;
  /** Called with a line about a page that fails. */
  report(line: string): void;
}

/** Shows a class what happens. It costs the server nothing unless there is one. */
export class Board implements Disposable {
  /** What it knows. */
  readonly state: ClassState;
  /** What opens the instructor's pages. */
  readonly token: Token;
  #streams: Streams;
  #http: HttpServer;
  #failures: Failures;
  #lag = new EventLoopLag();
  #addressTimer: ReturnType<typeof setInterval>;

  /** Makes a board. It follows the roster from now on, and a server once `onEvent` is given to it. */
  constructor(options: BoardOptions) {
    const { roster, rosterSource, host } = options;
    this.token = new Token(options.token);
    const failures = new Failures((line) => options.report(line));
    this.#failures = failures;
    // To list the addresses for each page and update would cost more.
    let connectTo: ConnectTo | undefined;
    const current = () => connectTo ??= options.connectTo();
    this.#addressTimer = setInterval(() => {
      const before = connectTo;
      connectTo = undefined;
      if (before && !equal(before, current())) this.#streams.changed();
    }, ADDRESS_PERIOD);
    this.state = new ClassState(
      roster,
      current,
      () => this.#streams.changed(),
    );
    this.#streams = new Streams(this.state);
    const shown = {
      state: this.state,
      streams: this.#streams,
      token: this.token,
      roster: rosterSource,
      host,
      connectTo: current,
      measured: () => ({
        boardConnections: this.#http.connections,
        lag: this.#lag.worst,
      }),
    };
    this.#http = new HttpServer(async (request) => {
      const { pathname } = request.url;
      try {
        const response = await answer(shown, request);
        if (response.status === 200) failures.succeeded(pathname);
        return response;
      } catch (error) {
        return failures.failed(pathname, error);
      }
    });
  }

  /** Listens. Returns the address. @throws If it cannot. */
  listen(address: Address): Address {
    return this.#http.listen(address);
  }

  /** The server whose clients it shows. It must be set before the server listens. */
  watch(server: WatchedServer): void {
    this.state.server = server;
  }

  /** Takes the events of the server. */
  readonly onEvent = (client: number, event: ServerEvent): void => {
    this.state.noteEvent(client, event);
  };

  /** Closes all pages' connections. */
  [Symbol.dispose](): void {
    clearInterval(this.#addressTimer);
    this.#streams.close();
    this.#http.close();
    this.#lag[Symbol.dispose]();
    this.#failures.end();
    this.state.roster.onResults = undefined;
  }
}

function equal(a: ConnectTo, b: ConnectTo): boolean {
  return a.port === b.port && a.addresses.join() === b.addresses.join();
}
