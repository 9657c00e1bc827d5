/**
 * Whether a server takes one more client, and by which id.
 *
 * @module
 */

import { counted } from "./text.ts";
import type { Limits } from "./limits.ts";
import { ProtocolError } from "./formats/errors.ts";

/** A client, as far as it counts. */
export interface Served {
  /** The IP address that it comes from. */
  readonly clientIp: string;
}

/** Ids of clients whose source port is taken as an id start above the ports. */
const FIRST_FREE_ID = 65_536;

/** The id of a client with this source port: the port, or a number above the ports if that is taken. */
export function freeId(
  clients: ReadonlyMap<number, unknown>,
  port: number,
): number {
  if (!clients.has(port)) return port;
  let id = FIRST_FREE_ID;
  while (clients.has(id)) id++;
  return id;
}

/**
 * Why a server that serves `clients` does not take one more from the address
 * `ip`; `undefined` if it does.
 */
export function whyFull(
  clients: ReadonlyMap<unknown, Served>,
  ip: string,
  { maxClients, maxClientsPerAddress }: Readonly<Limits>,
): ProtocolError | undefined {
  if (clients.size >= maxClients) {
    const why = `The server is full: it has ${counted(maxClients, "client")}`;
    return new ProtocolError(why, { limit: "maxClients" });
  }
  if (maxClientsPerAddress === 0) return undefined;
  let same = 0;
  for (const { clientIp } of clients.values()) if (clientIp === ip) same++;
  if (same < maxClientsPerAddress) return undefined;
  const why = `The server has ${counted(same, "client")} from your address, ` +
    "and takes no more";
  return new ProtocolError(why, { limit: "maxClientsPerAddress" });
}
