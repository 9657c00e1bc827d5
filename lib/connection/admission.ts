/**
 * The clients that a server serves, and whether it takes others.
 *
 * @module
 */

import { ProtocolError } from "../formats/errors.ts";
import type { Limits } from "../limits.ts";
import { counted } from "../text.ts";
import { ClientMap } from "./client_map.ts";
import { type SilentClient, SilentClients } from "./silent_clients.ts";

/** The part of a client's handler that admission needs. */
export interface AdmittedClient extends SilentClient {
  /** The client's IP address. */
  readonly clientIp: string;
}

/** Admits clients within the limits. */
export class Admission<T extends AdmittedClient> {
  /** The handlers of the clients being served, by client id. */
  readonly served: ClientMap<T> = new ClientMap();
  #limits: Readonly<Limits>;
  #silent: SilentClients<T>;
  /** How many clients of each IP address are being served. */
  #perAddress = new Map<string, number>();

  /** Creates the admission of a server with these limits. */
  constructor(limits: Readonly<Limits>) {
    this.#limits = limits;
    this.#silent = new SilentClients(limits.firstRequestTimeout);
  }

  /** Returns why a client from this address is rejected; `undefined` if it is not. */
  admissionError(ip: string): ProtocolError | undefined {
    const { maxClients, maxClientsPerAddress } = this.#limits;
    // First, so that no client makes room for one that is rejected nevertheless.
    const same = this.#perAddress.get(ip) ?? 0;
    if (maxClientsPerAddress > 0 && same >= maxClientsPerAddress) {
      const why =
        `The server has ${counted(same, "client")} from your address, ` +
        "and takes no more";
      return new ProtocolError(why, { limit: "maxClientsPerAddress" });
    }
    if (this.served.size < maxClients) return;
    const why = `The server is full: it has ${counted(maxClients, "client")}`;
    return new ProtocolError(why, { limit: "maxClients" });
  }

  /** As {@linkcode admissionError}, but if the server is full, the client that has been silent for longest makes room. */
  makeRoom(ip: string): ProtocolError | undefined {
    const error = this.admissionError(ip);
    if (error?.limit !== "maxClients") return error;
    const silent = this.#silent.longest;
    if (!silent) return error;
    this.delete(silent);
    const why = "The server is full, and you have sent no request";
    void silent.reject(new ProtocolError(why, { limit: "maxClients" }));
  }

  /** Adds a client. */
  add(client: T): void {
    this.served.set(client.clientId, client);
    this.#silent.add(client);
    this.#countAt(client.clientIp, 1);
  }

  /** Removes a client, unless it was removed before, or rejected. */
  delete(client: T): void {
    if (this.served.get(client.clientId) !== client) return;
    this.served.delete(client.clientId);
    this.#silent.delete(client);
    this.#countAt(client.clientIp, -1);
  }

  #countAt(ip: string, change: number): void {
    const count = (this.#perAddress.get(ip) ?? 0) + change;
    if (count > 0) this.#perAddress.set(ip, count);
    else this.#perAddress.delete(ip);
  }
}
