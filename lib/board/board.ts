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
import { textResponse } from "./http_response.ts";
import { EventLoopLag } from "./lag.ts";
import { answer, type RosterSource } from "./routes.ts";
import { Streams } from "./streams.ts";

/** What the board shows, and where. */
export interface BoardOptions {
  /** The roster that the handlers record in. */
  readonly roster: Roster;
  /** The same, as the instructor's page shows it. */
  readonly rosterSource: RosterSource;
  /** The host that the server listens at. A request may name it. */
  readonly host: string;
  /** Where clients connect. It is called when a page is opened. */
  connectTo(): ConnectTo;
  /** Called with an error of the board itself. */
  onError(error: unknown): void;
}

/** Shows a class what happens. It costs the server nothing unless there is one. */
export class Board implements Disposable {
  /** What it knows. */
  readonly state: ClassState;
  /** What opens the instructor's pages. */
  readonly token: Token = new Token();
  #streams: Streams;
  #http: HttpServer;
  #lag = new EventLoopLag();

  /** Makes a board. It follows the roster from now on, and a server once `onEvent` is given to it. */
  constructor(options: BoardOptions) {
    const { roster, rosterSource, host } = options;
    this.state = new ClassState(roster, () => this.#streams.changed());
    this.#streams = new Streams(this.state);
    const shown = {
      state: this.state,
      streams: this.#streams,
      token: this.token,
      roster: rosterSource,
      host,
      connectTo: () => options.connectTo(),
      measured: () => ({
        boardConnections: this.#http.connections,
        lag: this.#lag.worst,
      }),
    };
    this.#http = new HttpServer(async (request) => {
      try {
        return await answer(shown, request);
      } catch (error) {
        options.onError(error);
        return textResponse(500, "The server failed to make this page");
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
    this.#streams.close();
    this.#http.close();
    this.#lag[Symbol.dispose]();
    this.state.roster.onResults = undefined;
  }
}
