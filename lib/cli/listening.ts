/**
 * The address at which a server listens: errors about it, and how clients reach
 * it.
 *
 * @module
 */

import { type Address, showAddress } from "../net.ts";
import { reason } from "../text.ts";
import { hostError } from "./host_errors.ts";
import { Failure } from "./program.ts";

/** The address that means every address of the machine. */
export const ALL_ADDRESSES = "0.0.0.0";

/** Returns an error that says why a server cannot listen there, and what would help. `flag` chooses its port. */
export function cannotListen(
  address: Address,
  error: unknown,
  flag = "--port",
): Failure {
  return new Failure(
    `Cannot listen at ${showAddress(address)}: ${advice(address, error, flag)}`,
  );
}

function advice(
  { hostname }: Address,
  error: unknown,
  flag: string,
): string {
  if (error instanceof Deno.errors.AddrInUse) {
    return `another program listens there. End it, or choose another port with ${flag}`;
  }
  if (error instanceof Deno.errors.AddrNotAvailable) {
    return "this machine does not have that address. " +
      "Choose one of its own with --host, or 0.0.0.0 for all of them";
  }
  if (error instanceof Deno.errors.NotCapable) {
    return "the permission --allow-net is missing. " +
      "Start it with `deno task server`, which grants it";
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    return "the system does not allow it. Choose a port above 1023 with " +
      flag;
  }
  const meaning = hostError(hostname, error);
  return meaning ? `${meaning}. Check --host` : reason(error);
}

/** The part of a network interface that matters here. */
export type Interface = Pick<
  Deno.NetworkInterfaceInfo,
  "name" | "family" | "address"
>;

/**
 * Returns the addresses by which others reach a server that listens at
 * `hostname`, the likeliest first.
 *
 * @throws {Deno.errors.NotCapable} If `hostname` means every address, and the
 * permission to list them is missing.
 */
export function addressesAt(
  hostname: string,
  interfaces: () => readonly Interface[] = Deno.networkInterfaces,
): string[] {
  if (hostname !== ALL_ADDRESSES && hostname !== "::") return [hostname];
  const family = hostname === "::" ? "IPv6" : "IPv4";
  return interfaces()
    .filter((i) => i.family === family && !LOCAL.test(i.address))
    .sort((a, b) => Number(VIRTUAL.test(a.name)) - Number(VIRTUAL.test(b.name)))
    .map(({ address }) => address);
}

/** Addresses by which no other machine reaches this one: loopback and link-local. */
const LOCAL = /^(127\.|169\.254\.|::1$|fe80:)/;
/** Names of interfaces that lead to containers, virtual machines and tunnels. */
const VIRTUAL =
  /^(br-|bridge|docker|tailscale|tap|u?tun|vboxnet|veth|vEthernet|virbr|vmnet|wg)/;

/** Says how others reach a server that listens at all addresses. */
export function reachableAt({ hostname, port }: Address): string | undefined {
  if (hostname !== ALL_ADDRESSES && hostname !== "::") return undefined;
  try {
    const flags = addressesAt(hostname)
      .map((address) => `--host ${address} --port ${port}`);
    return flags.length > 0
      ? `Clients on this network connect with ${flags.join(" or ")}`
      : "This machine has no network address except loopback";
  } catch (error) {
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
    return "Clients connect to this machine's network address. To have it shown " +
      "here, grant --allow-sys=networkInterfaces";
  }
}
