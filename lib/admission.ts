/**
 * Whether a server takes one more client.
 *
 * @module
 */

import { counted } from "./cli/escape.ts";
import type { Limits } from "./limits.ts";
import { ProtocolError } from "./wire/errors.ts";

/** A client, as far as it counts. */
interface Served {
  readonly clientIp: string;
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
