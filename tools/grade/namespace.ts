/**
 * Namespaces of Linux: in them, a process and all that it starts have a network
 * and process ids of their own.
 *
 * So graders can use the same port at the same time, and what a program starts
 * cannot outlive them, nor see, reach or end a process outside.
 *
 * @module
 */

/** Runs commands in new namespaces. */
export interface Isolation {
  /**
   * Returns the command that runs a command in namespaces of its own.
   *
   * It ends at SIGKILL only, and everything inside ends with it. The command
   * inside has process id 1, so it gets a signal from outside only if it listens for it.
   */
  wrap(command: readonly string[]): string[];
}

/** Each namespace begins with a loopback interface that is down. */
const LOOPBACK_UP = [
  "ip link set lo up",
  "ifconfig lo up",
  // SIOCSIFFLAGS with IFF_UP
  `python3 -c 'import fcntl, socket, struct
fcntl.ioctl(socket.socket(), 0x8914, struct.pack("16sh22x", b"lo", 1))'`,
].map((command) => `${command} 2>/dev/null`).join(" || ");
const ENTER = `{ ${LOOPBACK_UP}; } && exec "$@"`;

/** Succeeds only in a process-id namespace with a `/proc` of its own. */
const PROBE = `read -r pid _ < /proc/self/stat && [ "$pid" = 1 ]`;

/**
 * Resolves to how commands run in namespaces, or to `undefined` if that is not
 * possible here: on other systems, without `unshare`, or where a user may not
 * make namespaces, as in most containers.
 */
export async function isolation(): Promise<Isolation | undefined> {
  if (Deno.build.os !== "linux") return undefined;
  // Root needs no user namespace. In one, it could not read the files of others.
  for (const user of [[], ["--map-root-user"]]) {
    const wrap = (command: readonly string[]) => [
      ...["unshare", ...user, "--net", "--ipc", "--pid", "--mount-proc"],
      ...["--fork", "--kill-child", "sh", "-c", ENTER, "sh", ...command],
    ];
    if (await succeeds(wrap(["sh", "-c", PROBE]))) return { wrap };
  }
}

async function succeeds([command, ...args]: string[]): Promise<boolean> {
  try {
    const { success } = await new Deno.Command(command, {
      args,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).output();
    return success;
  } catch {
    return false; // there is no such program
  }
}
