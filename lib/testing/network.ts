/**
 * A simulated network: its listener, and how connections reach it.
 *
 * @module
 */

import type { Address, Listener, Network } from "../net.ts";
import type { Random } from "./random.ts";
import type { SimulatedClock } from "./clock.ts";
import { SimulatedConnection } from "./connection.ts";
import { Pipe, PLAIN, type Profile } from "./pipe.ts";

/** The longest time from a connect to its place in the backlog, in milliseconds. */
const CONNECT = 10;
/** The operating system's error if no file descriptor is free. */
const NO_DESCRIPTOR = Object.assign(new Error("Too many open files"), {
  code: "EMFILE",
});

/** A client's connection before it is accepted. */
export interface Waiting {
  /** The server's end. */
  end: SimulatedConnection;
  /** The name by which the connection is shown. */
  name: string;
}

/** The listener. Clients wait in its backlog until they are accepted. */
export class SimulatedListener implements Listener {
  readonly addr: Address;
  /** The clients that wait to be accepted. */
  readonly backlog: Waiting[] = [];
  /** Whether there is a file descriptor for the next client. */
  descriptors = true;
  /** The times at which an accept failed because no file descriptor was free. */
  readonly failures: number[] = [];
  /** Whether it is closed. */
  isClosed = false;
  /** The clients in the backlog that were still connected when it closed. */
  shutOut: readonly Waiting[] = [];
  #clock: SimulatedClock;
  #accepting: PromiseWithResolvers<SimulatedConnection> | undefined;

  /** Listens at an address. */
  constructor(addr: Address, clock: SimulatedClock) {
    this.addr = addr;
    this.#clock = clock;
  }

  accept(): Promise<SimulatedConnection> {
    if (this.isClosed) return Promise.reject(new Deno.errors.BadResource());
    this.#accepting = Promise.withResolvers();
    const { promise } = this.#accepting;
    this.next();
    return promise;
  }

  close(): void {
    if (this.isClosed) throw new Deno.errors.BadResource();
    this.isClosed = true;
    this.shutOut = this.backlog.filter(({ end }) => !end.broken);
    for (const { end } of this.backlog) end.reset();
    this.#accepting?.reject(new Deno.errors.Interrupted());
    this.#accepting = undefined;
  }

  /** Resolves the pending accept with the next client, if both exist. */
  next(): void {
    const accepting = this.#accepting;
    if (!accepting || this.backlog.length === 0) return;
    this.#accepting = undefined;
    if (!this.descriptors) {
      this.failures.push(this.#clock.now);
      return accepting.reject(NO_DESCRIPTOR);
    }
    const waiting = this.backlog.shift()!;
    if (!waiting.end.broken) return accepting.resolve(waiting.end);
    waiting.end.close();
    accepting.reject(new Deno.errors.NotConnected());
  }
}

/**
 * The network of one client. {@linkcode World.through} returns it.
 *
 * @example A connection without a {@linkcode Client}, which is reset
 * ```ts
 * import { Server } from "@rollcall/rollcall";
 * import { type ClientNetwork, simulate } from "@rollcall/rollcall/testing";
 *
 * await simulate(1, async (world) => {
 *   await using server = new Server({
 *     network: world.network,
 *     log: () => {},
 *     report: () => {},
 *   });
 *   void server.run();
 *   const network: ClientNetwork = world.through("Alice");
 *   const conn = await network.connect(server.addr);
 *   await conn.write(Uint8Array.of(0x80)); // half a message
 *   network.reset();
 * });
 * ```
 */
export interface ClientNetwork extends Network {
  /** Resets all connections of the client, as when its program is killed. */
  reset(): void;
}

/** A network. */
export class SimulatedNetwork implements Network {
  /** The listener of the server, once it listens; with several servers, of the last. */
  listener: SimulatedListener | undefined;
  /** Called with both ends of each connection, before it is accepted. */
  onConnect: (
    name: string,
    client: SimulatedConnection,
    server: SimulatedConnection,
  ) => void = () => {};
  /** Both ends of all connections, and their clients' names. */
  readonly ends: { name: string; end: SimulatedConnection }[] = [];
  /** The last listener of each port. */
  readonly listeners: Map<number, SimulatedListener> = new Map();
  #clock: SimulatedClock;
  #random: Random;
  #profile: () => Profile;
  #ports = 50_000;

  /** Makes a network without connections. `profile` says how a direction behaves that is given none. */
  constructor(
    clock: SimulatedClock,
    random: Random,
    profile: () => Profile = () => PLAIN,
  ) {
    this.#clock = clock;
    this.#random = random;
    this.#profile = profile;
  }

  listen({ hostname, port }: Address): SimulatedListener {
    const address = { hostname, port };
    this.listener = new SimulatedListener(address, this.#clock);
    this.listeners.set(port, this.listener);
    return this.listener;
  }

  connect(address: Address): Promise<SimulatedConnection> {
    return this.through("a client").connect(address);
  }

  /**
   * Returns this network for one client. Its connections are shown as `name`. The
   * profiles say how their two directions behave: to the server, and back.
   */
  through(
    name: string,
    there: Profile = this.#profile(),
    back: Profile = this.#profile(),
  ): ClientNetwork & Pick<SimulatedNetwork, keyof Network> {
    const own: SimulatedConnection[] = [];
    return {
      listen: (options) => this.listen(options),
      connect: async (address) => {
        const end = await this.#connect(address, name, there, back);
        own.push(end);
        return end;
      },
      reset: () => {
        for (const end of own) if (!end.isClosed) end.reset();
      },
    };
  }

  #connect(
    { hostname, port }: Address,
    name: string,
    ...profiles: [Profile, Profile]
  ): Promise<SimulatedConnection> {
    const listener = this.listeners.get(port);
    const pipes = profiles.map((profile) =>
      new Pipe(this.#clock, this.#random, profile)
    ) as [Pipe, Pipe];
    const address = { hostname: "127.0.0.1", port: this.#ports++ };
    const end = (pair: [Pipe, Pipe], remote: Address) =>
      new SimulatedConnection(this.#clock, this.#random, pair, remote);
    const server = end([pipes[0], pipes[1]], address);
    const client = end([pipes[1], pipes[0]], { hostname, port });
    return new Promise((resolve, reject) => {
      this.#clock.schedule(this.#random.below(CONNECT), () => {
        if (!listener || listener.isClosed) {
          return reject(new Deno.errors.ConnectionRefused());
        }
        this.ends.push({ name, end: client }, { name, end: server });
        this.onConnect(name, client, server);
        listener.backlog.push({ end: server, name });
        listener.next();
        resolve(client);
      });
    });
  }
}
