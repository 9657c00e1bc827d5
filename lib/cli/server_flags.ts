/**
 * The server's command line, and what can be wrong with the place it listens at.
 *
 * @module
 */

import { DEFAULT_LIMITS } from "../limits.ts";
import { type Address, DEFAULT_ADDRESS, showAddress } from "../net.ts";
import { DEFAULT_FORMAT, FORMATS } from "../wire/formats.ts";
import { reason } from "./escape.ts";
import { choice, integer, seconds, text, toggle } from "./flags.ts";
import { Failure } from "./program.ts";

const { maxClients, idleTimeout, grace } = DEFAULT_LIMITS;

/** The flags of the server. */
export const SERVER_FLAGS = {
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
  "max-clients": integer("clients served at once", maxClients, 1, 1_000_000),
  "idle-timeout": seconds(
    "close a client that sends nothing for so long; 0 is never",
    idleTimeout,
  ),
  grace: seconds("how long ending may take, once it is asked for", grace),
  quiet: toggle("print no line for each request"),
};

/** Why a server cannot listen, and what to do about it. */
export function cannotListen(address: Address, error: unknown): Failure {
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
export function reachableAt({ hostname, port }: Address): string | undefined {
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
