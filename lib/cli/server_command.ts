/**
 * The server's command line, and what can be wrong with the place it listens at.
 *
 * @module
 */

import { DEFAULT_LIMITS, type LimitCounts } from "../limits.ts";
import { type Address, DEFAULT_ADDRESS, showAddress } from "../net.ts";
import { DEFAULT_FORMAT, FORMATS, type WireFormat } from "../wire/formats.ts";
import { counted, reason } from "./escape.ts";
import { choice, type Flags, integer, seconds, text, toggle } from "./flags.ts";
import { Failure, type Program } from "./program.ts";
import { type StopSignals, whenAborted } from "./signals.ts";
import { report } from "./terminal.ts";

/** What the server's flags say. */
export interface ServerFlags {
  /** The address to listen at. */
  host: string;
  /** The port to listen at. */
  port: number;
  /** The format of the messages. */
  wire: WireFormat;
  /** Clients served at once. */
  maxClients: number;
  /** Seconds after which a silent client is closed. */
  idleTimeout: number;
  /** Seconds that ending may take. */
  grace: number;
  /** Whether no line is printed for each request. */
  quiet: boolean;
}

const flags: Flags<ServerFlags> = {
  host: text(
    "the address to listen at; 0.0.0.0 is all of this machine's",
    DEFAULT_ADDRESS.hostname,
  ),
  port: integer(
    "the port to listen at; 0 is any free one",
    DEFAULT_ADDRESS.port,
    0,
    65_535,
  ),
  wire: choice("the format of the messages", FORMATS, DEFAULT_FORMAT),
  maxClients: integer(
    "clients served at once",
    DEFAULT_LIMITS.maxClients,
    1,
    1_000_000,
  ),
  idleTimeout: seconds(
    "close a client that sends no request for so long; 0 is never",
    DEFAULT_LIMITS.idleTimeout,
  ),
  grace: seconds(
    "how long ending may take, once it is asked for",
    DEFAULT_LIMITS.grace,
  ),
  quiet: toggle("print no line for each request"),
};

/** The server's name, purpose and flags. */
export const SERVER: Omit<Program<ServerFlags>, "run"> = {
  use: "server",
  about: "Records, prints and acknowledges what the lab's clients send.",
  flags,
};

/** A server, as far as running it from the command line takes. */
export interface StoppableServer {
  /** Where it listens. */
  readonly addr: Address;
  /** The clients that are connected. */
  readonly handlers: { readonly size: number };
  /** How often each limit was reached. */
  readonly reached: Readonly<LimitCounts>;
  /** Begins to listen. */
  listen(): void;
  /** Serves clients until told to end. */
  acceptClients(): Promise<void>;
  /** Ends in good order. */
  shutdown(): Promise<void>;
  /** Ends at once. */
  close(): void;
}

/**
 * Runs a server until it is asked to end, and it has.
 *
 * @throws {Failure} If it cannot listen at `address`.
 */
export async function serveUntilStopped(
  server: StoppableServer,
  address: Address,
  { stop, stopNow }: StopSignals,
): Promise<number> {
  try {
    server.listen();
  } catch (error) {
    throw cannotListen(address, error);
  }
  const reachable = reachableAt(server.addr);
  if (reachable) report(reachable);
  whenAborted(stop, () => {
    const clients = counted(server.handlers.size, "client");
    report(
      `Ending, with ${clients} connected; a second Ctrl-C ends it at once`,
    );
    server.shutdown();
  });
  const cutOff = new Promise<void>((resolve) => {
    whenAborted(stopNow, () => {
      server.close();
      resolve(); // without waiting for handlers that never end
    });
  });
  const ended = server.acceptClients().then(() => server.shutdown());
  await Promise.race([ended, cutOff]);
  const reached = Object.entries(server.reached).filter(([, count]) =>
    count > 0
  );
  if (reached.length > 0) {
    const counts = reached.map(([name, count]) => `${name} ${count}`);
    report(`Limits that were reached, and how often: ${counts.join(", ")}`);
  }
  return 0;
}

function cannotListen(address: Address, error: unknown): Failure {
  return new Failure(
    `Cannot listen at ${showAddress(address)}: ${advice(error)}`,
  );
}

function advice(error: unknown): string {
  if (error instanceof Deno.errors.AddrInUse) {
    return "another program does. End it, or choose another port with --port";
  }
  if (error instanceof Deno.errors.AddrNotAvailable) {
    return "this machine does not have that address. " +
      "Choose one of its own with --host, or 0.0.0.0 for all of them";
  }
  if (error instanceof Deno.errors.NotCapable) {
    return "the permission --allow-net is missing. " +
      "Start it by `deno task server`, which grants it";
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    return "the system does not allow it. Choose a port above 1023 with --port";
  }
  return reason(error);
}

/** For a server that listens at all addresses: those that others can reach it by. */
function reachableAt({ hostname, port }: Address): string | undefined {
  if (hostname !== "0.0.0.0" && hostname !== "::") return undefined;
  try {
    const family = hostname === "::" ? "IPv6" : "IPv4";
    const addresses = Deno.networkInterfaces()
      .filter((i) =>
        i.family === family && !/^(127\.|::1|fe80:)/.test(i.address)
      )
      .map((i) => `--host ${i.address} --port ${port}`);
    return addresses.length > 0
      ? `Clients on this network connect with ${addresses.join(" or ")}`
      : "This machine has no network address but its own loopback";
  } catch (error) {
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
    return "Clients connect to this machine's network address. To have it shown " +
      "here, grant --allow-sys=networkInterfaces";
  }
}
