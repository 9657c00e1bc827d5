/**
 * A connection to Redis that repairs itself.
 *
 * @module
 */

// @ts-types="./redis_client.d.ts"
import { type Client, createClient } from "@redis/client";
import type { RedisAddress } from "./redis_address.ts";
import { isReply, toStoreError, UNREACHABLE } from "./redis_errors.ts";
import { StoreError } from "./store.ts";

/** Sends a command, and resolves to the reply. */
export type SendCommand = (...args: string[]) => Promise<unknown>;

/** How to connect. */
export interface ConnectionOptions {
  /** The password, if Redis asks for one. */
  readonly password?: string;
  /** Certificates to trust, as PEM text, instead of those that Deno trusts. */
  readonly ca?: string;
  /** The longest time that a call may take, in milliseconds. @default {5000} */
  readonly deadline?: number;
}

/** The default of the longest time that a call may take, in milliseconds. */
const DEADLINE = 5_000;
/** The pause after the first failed attempt to connect. Each one doubles it. */
const FIRST_PAUSE = 100;
/** The longest pause. */
const LONGEST_PAUSE = 1_000;

/**
 * A connection to Redis. When it is lost, or Redis does not reply in time, each call
 * fails at once until a new connection works.
 *
 * `@redis/client` could connect again by itself. But it repeats a wrong password
 * without end, and its calls to a Redis that hangs never end.
 */
export class RedisConnection {
  #address: RedisAddress;
  #options: ConnectionOptions;
  #deadline: number;
  #check: (send: SendCommand) => Promise<void>;
  /** The client in use. There is none while no connection works. */
  #client: Client | undefined;
  /** Why there is none. */
  #failure: StoreError = new StoreError(UNREACHABLE);
  #closing = new AbortController();
  #reconnecting: Promise<void> | undefined;

  private constructor(
    address: RedisAddress,
    options: ConnectionOptions,
    check: (send: SendCommand) => Promise<void>,
  ) {
    this.#address = address;
    this.#options = options;
    this.#deadline = options.deadline ?? DEADLINE;
    this.#check = check;
  }

  /**
   * Connects. Each new connection must pass `check` before other calls use it.
   *
   * @throws {StoreError} If the first attempt fails.
   */
  static async open(
    address: RedisAddress,
    options: ConnectionOptions,
    check: (send: SendCommand) => Promise<void>,
  ): Promise<RedisConnection> {
    const connection = new RedisConnection(address, options, check);
    await connection.#connect();
    if (connection.#client) return connection;
    await connection.close(); // the connection was lost at once
    throw new StoreError(UNREACHABLE);
  }

  /**
   * Makes a call, which may send several commands.
   *
   * @throws {StoreError} If it fails, or there is no connection.
   */
  async call<T>(commands: (send: SendCommand) => Promise<T>): Promise<T> {
    const client = this.#client;
    if (!client) throw new StoreError(this.#failure.message);
    try {
      return await inTime(commands(senderOf(client)), this.#deadline);
    } catch (error) {
      if (!isReply(error)) this.#replace(client);
      throw toStoreError(error);
    }
  }

  /** Connects, and checks the connection. */
  async #connect(): Promise<void> {
    const { signal } = this.#closing;
    const attempt = new AbortController();
    const stop = AbortSignal.any([signal, attempt.signal]);
    const client = newClient(this.#address, this.#options, stop);
    // An error without a listener would end the process.
    client.on("error", () => this.#replace(client));
    try {
      await inTime(this.#prepare(client), this.#deadline);
      signal.throwIfAborted();
      if (client.isReady) this.#client = client;
      else throw new StoreError(UNREACHABLE);
    } catch (error) {
      attempt.abort(); // `destroy` does not stop a client that is still connecting
      client.destroy();
      throw toStoreError(error);
    }
  }

  async #prepare(client: Client): Promise<void> {
    await client.connect();
    await this.#check(senderOf(client));
  }

  /** Gives a client up, and connects in the background. */
  #replace(client: Client): void {
    if (client !== this.#client) return;
    this.#client = undefined;
    this.#failure = new StoreError(UNREACHABLE);
    client.destroy();
    this.#reconnecting = this.#reconnect();
  }

  async #reconnect(): Promise<void> {
    const { signal } = this.#closing;
    let pause = FIRST_PAUSE;
    while (!signal.aborted) {
      try {
        return await this.#connect();
      } catch (error) {
        this.#failure = toStoreError(error);
      }
      await rest(pause, signal);
      pause = Math.min(2 * pause, LONGEST_PAUSE);
    }
  }

  /** Closes it at once. Calls under way fail. */
  async close(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    this.#closing.abort();
    client?.destroy();
    await this.#reconnecting;
  }
}

function newClient(
  { host, port, tls, database, username }: RedisAddress,
  { password, ca, deadline = DEADLINE }: ConnectionOptions,
  signal: AbortSignal,
): Client {
  const encryption = tls ? { tls, ...(ca === undefined ? {} : { ca }) } : {};
  const socket = { host, port, signal, ...encryption };
  return createClient({
    socket: { ...socket, connectTimeout: deadline, reconnectStrategy: false },
    username,
    password,
    database,
    RESP: 2,
    maintNotifications: "disabled",
    disableClientInfo: true,
    disableOfflineQueue: true,
  });
}

function senderOf(client: Client): SendCommand {
  return (...args) => client.sendCommand(args);
}

/** Resolves as `promise` does, or rejects after so many milliseconds. */
async function inTime<T>(
  promise: Promise<T>,
  milliseconds: number,
): Promise<T> {
  const late = Promise.withResolvers<never>();
  const error = new StoreError(UNREACHABLE);
  const timer = setTimeout(() => late.reject(error), milliseconds);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits, unless `signal` is aborted. */
function rest(milliseconds: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const end = () => {
    clearTimeout(timer);
    signal.removeEventListener("abort", end);
    resolve();
  };
  const timer = setTimeout(end, milliseconds);
  signal.addEventListener("abort", end);
  if (signal.aborted) end();
  return promise;
}
