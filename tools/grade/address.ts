/**
 * Where a program listens, and where this machine can be reached.
 *
 * @module
 */

import { lookup } from "node:dns/promises";
import { hostname } from "node:os";
import { readProc } from "./proc.ts";

/** The lab's address. */
const LAB = "127.0.0.1";
/** How the lab's first line begins. */
const LISTENING = "Listening at ";
/** How much of the output can be the first line. */
const FIRST = 2 ** 16;
/** Every address of this machine. */
const ANY = ["0.0.0.0", "::", ""];

/** Where a program says that it listens. */
export interface Banner {
  host: string;
  port: number;
}

/** Returns what the lab's first line says, if it was printed. */
export function bannerOf(output: string): Banner | undefined {
  for (const line of output.slice(0, FIRST).split("\n").slice(0, -1)) {
    if (!line.startsWith(LISTENING)) continue;
    const at = line.lastIndexOf("/");
    const host = line.slice(LISTENING.length, at);
    const digits = line.slice(at + 1).trimEnd();
    const port = Number(digits);
    const isPort = digits.length <= 5 && port > 0 && port < 65_536;
    if (at > 0 && isPort && !host.includes(" ")) return { host, port };
  }
  return undefined;
}

/** Returns all names that programs call this machine by. */
export function ownNames(): string[] {
  return [LAB, "localhost", "127.0.1.1", "::1", "[::1]", "0.0.0.0", hostname()];
}

/** Returns the addresses that the names of this machine stand for, the lab's first. */
export async function ownAddresses(): Promise<string[]> {
  return [...new Set([LAB, "127.0.1.1", "::1", ...await resolved(hostname())])];
}

/**
 * Returns the address at which to connect to a program: the one that it shows,
 * if it listens there, or else the one at which it listens.
 */
export async function addressOf(
  shown: string | undefined,
  port: number,
): Promise<string> {
  const at = listeningAt(port);
  const asked = shown === undefined || ANY.includes(shown)
    ? [LAB]
    : await resolved(shown);
  // Where sockets are not visible, what it shows is all that is known.
  if (at.length === 0) return asked[0] ?? LAB;
  const isHeard = (address: string) =>
    at.some((it) => ANY.includes(it) || it === address);
  const found = [...asked, LAB].find(isHeard);
  return found ?? at[0];
}

async function resolved(name: string): Promise<string[]> {
  const bare = name.startsWith("[") ? name.slice(1, -1) : name;
  return await lookup(bare, { all: true })
    .then((all) => all.map(({ address }) => address), () => []);
}

/** Returns the addresses with a listening socket at this port. Empty on systems other than Linux. */
function listeningAt(port: number): string[] {
  const own = port.toString(16).toUpperCase().padStart(4, "0");
  return ["/proc/net/tcp", "/proc/net/tcp6"].flatMap((table) =>
    readProc(table).split("\n").flatMap((line) => {
      const [, local, , state] = line.trim().split(/\s+/);
      const [address, hex] = local?.split(":") ?? [];
      return hex === own && state === LISTEN ? [addressIn(address)] : [];
    })
  );
}

/** The kernel's code for a listening socket. */
const LISTEN = "0A";

/** Returns the address that the kernel writes as hexadecimal words, each with its last byte first. */
function addressIn(hex: string): string {
  const bytes = (hex.match(/.{8}/g) ?? [])
    .flatMap((word) => word.match(/../g)!.reverse());
  if (bytes.length === 4) {
    return bytes.map((byte) => Number.parseInt(byte, 16)).join(".");
  }
  const text = bytes.join("");
  if (/^0+$/.test(text)) return "::";
  if (/^0+1$/.test(text)) return "::1";
  return text.match(/.{4}/g)!.join(":");
}
