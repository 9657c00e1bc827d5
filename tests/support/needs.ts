// What tests need: permissions, programs, systems. A test without them is ignored.

import { canTrace } from "../../tools/processes/strace.ts";

/** A permission, or something that the machine must have. */
export type Need =
  | "net"
  | "read"
  | "write"
  | "run"
  | "Linux"
  | "Unix"
  | "python3"
  | "pty"
  | "redis-server"
  | "redis-cli"
  | "openssl"
  | "strace"
  | "unshare"
  | "chromium";

/** The browser that Debian installs. */
export const CHROMIUM = "/usr/bin/chromium";

const AVAILABLE: Record<Need, () => boolean> = {
  net: () => isGranted({ name: "net", host: "127.0.0.1" }),
  read: () => isGranted({ name: "read" }),
  write: () => isGranted({ name: "write" }),
  run: () => isGranted({ name: "run" }),
  Linux: () => Deno.build.os === "linux",
  Unix: () => Deno.build.os !== "windows",
  python3: () => AVAILABLE.run() && succeeds("python3", "--version"),
  // Python's `pty` makes a terminal that a test can read, but not on Windows.
  pty: () => AVAILABLE.run() && succeeds("python3", "-c", "import pty"),
  // A test of a store in Redis starts one in a folder of its own, and connects to it.
  "redis-server": () =>
    AVAILABLE.net() && AVAILABLE.read() && AVAILABLE.write() &&
    AVAILABLE.run() && succeeds("redis-server", "--version"),
  "redis-cli": () => AVAILABLE.run() && succeeds("redis-cli", "--version"),
  openssl: () => AVAILABLE.run() && succeeds("openssl", "version"),
  strace: () => AVAILABLE.read() && AVAILABLE.run() && canTrace(),
  // A user of a container often may not make namespaces.
  unshare: () =>
    AVAILABLE.run() &&
    succeeds("unshare", "--map-root-user", "--net", "--pid", "--fork", "true"),
  chromium: () => AVAILABLE.run() && succeeds(CHROMIUM, "--version"),
};

/** Whether a permission is granted. Never prompts. */
function isGranted(permission: Deno.PermissionDescriptor): boolean {
  return Deno.permissions.querySync(permission).state === "granted";
}

/** Whether a command exists, and ends with exit code 0. */
function succeeds(command: string, ...args: string[]): boolean {
  try {
    const options = { args, stdout: "null", stderr: "null" } as const;
    return new Deno.Command(command, options).outputSync().success;
  } catch {
    return false;
  }
}

/**
 * Returns a `test` function that ignores its tests unless all needs are met.
 *
 * Used as `const net = needs("net")`, then `net.test("... (needs net)", ...)`:
 * the name says why the test is ignored. `tests/names_test.ts` compares the names
 * with the needs.
 */
export function needs(...all: Need[]): { met: boolean; test: Register } {
  const met = all.every((need) => AVAILABLE[need]());
  return { met, test: met ? Deno.test : Deno.test.ignore };
}

type Register = (
  name: string,
  fn: (t: Deno.TestContext) => void | Promise<void>,
) => void;
