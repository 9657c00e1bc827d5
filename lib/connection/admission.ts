/**
 * Decides which clients a server rejects.
 *
 * @module
 */

import { ProtocolError } from "../formats/errors.ts";
import type { Limits } from "../limits.ts";
import { counted } from "../text.ts";

/**
 * Returns why a client from this address is rejected; `undefined` if it is not.
 *
 * @param served The clients that are being served.
 */
export function admissionError(
  ip: string,
  served: ReadonlyMap<number, { readonly clientIp: string }>,
  { maxClients, maxClientsPerAddress }: Readonly<Limits>,
): ProtocolError | undefined {
  if (served.size >= maxClients) {
    const why = `The server is full: it has ${counted(maxClients, "client")}`;
    return new ProtocolError(why, { limit: "maxClients" });
  }
  if (maxClientsPerAddress === 0) return undefined;
  let same = 0;
  for (const { clientIp } of served.values()) if (clientIp === ip) same++;
  if (same < maxClientsPerAddress) return undefined;
  const why = `The server has ${counted(same, "client")} from your address, ` +
    "and takes no more";
  return new ProtocolError(why, { limit: "maxClientsPerAddress" });
}
