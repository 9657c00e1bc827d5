/**
 * The environment of a scenario: the shipped server and clients on a simulated
 * network and clock. It records every event.
 *
 * @module
 */

import type { ClientHandlerClass } from "../../../clienthandler.ts";
import { counted } from "../../../lib/text.ts";
import type { ServerEvent } from "../../../lib/events.ts";
import { Server, type ServerOptions } from "../../../server.ts";
import type { SimulatedClock } from "../../../lib/testing/clock.ts";
import type { SimulatedConnection } from "../../../lib/testing/connection.ts";
import { SimulatedNetwork } from "../../../lib/testing/network.ts";
import { Steady } from "./steady.ts";
import { ACCEPT_LOOP, type Event, handlerOf, STDERR, STDOUT } from "./story.ts";

/** A scenario: its clients' actions, and the server's settings. */
export interface Scenario {
  /** What it is called on the command line. */
  name: string;
  /** What it shows, and where to look, in a sentence or two. */
  about: string;
  /** Options of the server that differ from the defaults. */
  server?: ServerOptions;
  /** Milliseconds that recording takes. @default {0} */
  recording?: number;
  /** Returns the handler class, if it is not the lab's. */
  clientHandler?(harness: Harness): ClientHandlerClass;
  /** How long the scenario lasts at most, in milliseconds. */
  ends: number;
  /** Runs the clients. */
  play(harness: Harness): void;
}

/** Messages that wait to be written, together. */
interface Queued {
  what: string;
  count: number;
  bytes: number;
}

/** One scenario, as it goes. */
export class Harness {
  readonly clock: SimulatedClock;
  readonly network: SimulatedNetwork;
  readonly server: Server;
  readonly scenario: Scenario;
  /** What has happened so far. */
  readonly events: Event[] = [];
  /** The clients' names by their ids. */
  readonly names = new Map<number, string>();
  /** The clients' ends of their connections, by name. */
  readonly connections = new Map<string, SimulatedConnection>();
  #clients: { reportUnfinished(): void }[] = [];
  #queues = new Map<number, Queued[]>();

  /** Creates the first server. `play()` in `play.ts` starts it. */
  constructor(
    clock: SimulatedClock,
    scenario: Scenario,
    clientHandler: (harness: Harness) => ClientHandlerClass,
  ) {
    this.clock = clock;
    this.scenario = scenario;
    this.network = new SimulatedNetwork(clock, new Steady());
    this.network.onConnect = (name, client, server) => {
      this.names.set(server.remoteAddr.port, name);
      this.connections.set(name, client);
    };
    this.server = this.newServer(clientHandler(this));
  }

  /** Creates a server whose events are told. */
  newServer(clientHandler: ClientHandlerClass, port?: number): Server {
    const server: Server = new Server({
      network: this.network,
      port,
      clientHandler,
      onEvent: (client, event) => this.#onEvent(server, client, event),
      log: (lines) => lines.forEach((line) => this.#log(line)),
      report: (line) => this.#report(line),
      ...this.scenario.server,
    });
    return server;
  }

  /** Tells one event. */
  tell(who: string, what: string): void {
    this.events.push({ at: this.clock.now, who, what });
  }

  /** Waits for so many milliseconds. */
  pause(ms: number): Promise<void> {
    return new Promise((resolve) => this.clock.schedule(ms, resolve));
  }

  /** Adds a client, so that it reports at the end what it still waits for. */
  add(client: { reportUnfinished(): void }): void {
    this.#clients.push(client);
  }

  /** Asks the server to end in good order, and tells when it has. */
  async shutdown(): Promise<void> {
    this.tell(ACCEPT_LOOP, "is asked to end");
    await this.server.shutdown();
    this.tell(ACCEPT_LOOP, "has ended");
  }

  /** Tells who still waits, when nothing more happens. */
  reportUnfinished(): void {
    for (const client of this.#clients) client.reportUnfinished();
  }

  #report(line: string): void {
    if (/ left (after|without) /.test(line)) return; // its handler closes: that is told
    const named = line.replace(
      /^127\.0\.0\.1\/(\d+)(?: \(.*?\))?/,
      (_, port) => `${this.names.get(Number(port))}:`,
    );
    this.tell(STDERR, named);
  }

  #log(line: string): void {
    const [, address] = line.match(/^Listening at (.*)$/) ?? [];
    if (address) this.tell(ACCEPT_LOOP, `listens at ${address}`);
    else this.tell(STDOUT, line);
  }

  #onEvent(server: Server, client: number, event: ServerEvent): void {
    const name = this.names.get(client)!;
    const say = (what: string) => this.tell(handlerOf(name), what);
    switch (event.type) {
      case "accepted":
        return this.tell(ACCEPT_LOOP, `accepts ${name}`);
      case "read":
        say(`reads ${counted(event.bytes, "byte")}`);
        if (event.messages > 0) {
          say(`decodes ${counted(event.messages, "request")}`);
        }
        return;
      case "full":
        return say(`reads no more: ${counted(event.bytes, "byte")} wait`);
      case "queued":
        return this.#noteQueued(server, client, event.messages, event.bytes);
      case "written":
        return say(this.#written(client, event.bytes));
      case "closed":
        return say("closes");
    }
  }

  #noteQueued(
    server: Server,
    client: number,
    count: number,
    bytes: number,
  ): void {
    const queue = this.#queues.get(client);
    if (queue) queue.push({ what: counted(count, "answer"), count, bytes });
    else {
      const taken = server.handlers.has(client);
      const what = taken ? "the greeting" : "a refusal";
      this.#queues.set(client, [{ what, count, bytes }]);
    }
  }

  /** Describes which queued messages a write of `bytes` bytes completed. */
  #written(client: number, bytes: number): string {
    const queue = this.#queues.get(client)!;
    const whole: Queued[] = [];
    for (let left = bytes; left > 0;) {
      const count = Math.min(left, queue[0].bytes);
      left -= count;
      queue[0].bytes -= count;
      if (queue[0].bytes === 0) whole.push(queue.shift()!);
    }
    const waiting = queue.reduce((sum, { bytes }) => sum + bytes, 0);
    const wait = waiting > 0 ? `, ${waiting} bytes wait` : "";
    if (whole.length === 0) return `writes ${counted(bytes, "byte")}${wait}`;
    const count = whole.reduce((sum, { count }) => sum + count, 0);
    const what = whole.length === 1 ? whole[0].what : counted(count, "answer");
    return `writes ${what}${count > 1 ? " at once" : ""}${wait}`;
  }
}
