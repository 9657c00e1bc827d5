// What a test needs and may not have: a permission, or something of the machine.

/** A permission, or something that the machine must have. */
type Need =
  | "net"
  | "read"
  | "write"
  | "run"
  | "Linux"
  | "Unix"
  | "python3"
  | "pty";

const AVAILABLE: Record<Need, () => boolean> = {
  net: () => isGranted({ name: "net", host: "127.0.0.1" }),
  read: () => isGranted({ name: "read" }),
  write: () => isGranted({ name: "write" }),
  run: () => isGranted({ name: "run" }),
  Linux: () => Deno.build.os === "linux",
  Unix: () => Deno.build.os !== "windows",
  python3: () => AVAILABLE.run() && succeeds("python3", "--version"),
  // A terminal that a test can read: Python makes one, though not on Windows.
  pty: () => AVAILABLE.run() && succeeds("python3", "-c", "import pty"),
};

/** Asks without a prompt, as `deno test` in a terminal would show one. */
function isGranted(permission: Deno.PermissionDescriptor): boolean {
  return Deno.permissions.querySync(permission).state === "granted";
}

/** Whether a command is here, and ends with exit code 0. */
export function succeeds(command: string, ...args: string[]): boolean {
  try {
    const options = { args, stdout: "null", stderr: "null" } as const;
    return new Deno.Command(command, options).outputSync().success;
  } catch {
    return false;
  }
}

/**
 * Whether all of this is available.
 *
 * Used as `const net = needs("net")`, then `net.test("... (needs net)", ...)`:
 * without the permission, the test is shown as ignored, and its name says why.
 * `tests/names_test.ts` compares the names with what was asked for here.
 */
export function needs(...all: Need[]): { met: boolean; test: Register } {
  const met = all.every((need) => AVAILABLE[need]());
  return { met, test: met ? Deno.test : Deno.test.ignore };
}

type Register = (
  name: string,
  fn: (t: Deno.TestContext) => void | Promise<void>,
) => void;
