/**
 * Listening at this machine, as the server of a client under test.
 *
 * @module
 */

import net from "node:net";
import { ownAddresses } from "./address.ts";
import { PortTaken } from "./port.ts";

/** Where the grader listens. */
export interface Listener {
  port: number;
  close(): void;
}

/**
 * Listens at a port of this machine, or at a free one if it is 0: at the lab's
 * address, and at each other one that this machine's names stand for.
 *
 * @throws {PortTaken} If another program listens there.
 */
export async function listenAt(
  port: number,
  onSocket: (socket: net.Socket) => void,
): Promise<Listener> {
  const [lab, ...others] = await ownAddresses();
  const first = await tryAt(lab, port, onSocket);
  if (!first) throw new PortTaken(port);
  const chosen = (first.address() as net.AddressInfo).port;
  // Some cannot be had: a machine without IPv6 has no ::1.
  const more = await Promise.all(
    others.map((host) => tryAt(host, chosen, onSocket)),
  );
  const all = [first, ...more];
  const close = () => all.forEach((listener) => listener?.close());
  return { port: chosen, close };
}

async function tryAt(
  host: string,
  port: number,
  onSocket: (socket: net.Socket) => void,
): Promise<net.Server | undefined> {
  const listener = net.createServer({ allowHalfOpen: true }, onSocket);
  const { promise, resolve } = Promise.withResolvers<boolean>();
  listener.once("listening", () => resolve(true));
  listener.once("error", () => resolve(false));
  listener.listen({ port, host, ipv6Only: true });
  return await promise ? listener : undefined;
}
