/**
 * Ways in which a roster's file or database fails for some time.
 *
 * @module
 */

import type { Program } from "../../../processes/program.ts";
import type { TestRedis } from "../../../processes/redis.ts";
import { canTrace, Strace } from "../../../processes/strace.ts";
import type { RosterPlace } from "./server.ts";

/** A failure that can be ended. */
export interface Failure {
  /** Its name. */
  name: string;
  /** Begins it. Resolves to a function that ends it. */
  begin(place: RosterPlace, server: Program): Promise<() => unknown>;
  /** The longest time from a request to its answer meanwhile, in milliseconds. */
  longest: number;
}

/** The longest answer of a store that fails at once, on a busy machine. */
const AT_ONCE = 1000;
/** The same of a store that hangs: the deadline of a call to Redis is 5 s. */
const DEADLINE = 6000;

/** System calls that fail, as a disk makes it fail. */
function failingCall(name: string, calls: string, error: string): Failure {
  return {
    name,
    longest: AT_ONCE,
    async begin(_, { pid }) {
      const inject = [`trace=${calls}`, "-e", `inject=${calls}:error=${error}`];
      const args = ["-o", "/dev/null", "-e", ...inject];
      const strace = await Strace.attach(pid, args);
      return () => strace[Symbol.asyncDispose]();
    },
  };
}

/** The file is moved to another name, and back. */
const moved: Failure = {
  name: "file moved",
  longest: AT_ONCE,
  async begin({ roster }) {
    await Deno.rename(roster, `${roster}-moved`);
    return () => Deno.rename(`${roster}-moved`, roster);
  },
};

/** A file takes all the space that the file system has left. */
export const diskFull: Failure = {
  name: "disk full",
  longest: AT_ONCE,
  begin({ folder }) {
    const filler = `${folder}/filler`;
    fill(filler);
    return Promise.resolve(() => Deno.remove(filler));
  },
};

function fill(path: string): void {
  using file = Deno.openSync(path, { create: true, write: true });
  for (const bytes of [new Uint8Array(65_536), new Uint8Array(1)]) {
    try {
      for (;;) file.writeSync(bytes);
    } catch {
      // No more of these fit.
    }
  }
}

/**
 * The failures of a file that need no small disk. A file system cannot be made
 * read-only while a server writes to it: so its calls fail as they would there.
 */
export function fileFailures(): Failure[] {
  if (!canTrace()) return [moved];
  return [
    moved,
    failingCall("read-only", "pwrite64", "EROFS"),
    failingCall("disk broken", "fsync,fdatasync", "EIO"),
  ];
}

/** The failures of Redis. */
export function redisFailures(redis: TestRedis): Failure[] {
  return [
    {
      name: "Redis stopped",
      longest: AT_ONCE,
      async begin() {
        await redis.kill();
        return () => redis.start();
      },
    },
    {
      name: "Redis hangs",
      longest: DEADLINE,
      begin() {
        redis.signal("SIGSTOP");
        return Promise.resolve(() => redis.signal("SIGCONT"));
      },
    },
  ];
}

/** A file system of its own in memory, at a new folder. It is unmounted when it is disposed. */
export class SmallDisk implements AsyncDisposable {
  /** Where it is mounted. */
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Mounts one. Resolves to `undefined` if that is not possible: it takes root. */
  static async mount(mebibytes: number): Promise<SmallDisk | undefined> {
    const folder = await Deno.makeTempDir({ prefix: "rollcall-" });
    const options = `size=${mebibytes}m`;
    if (
      await succeeds("mount", "-t", "tmpfs", "-o", options, "tmpfs", folder)
    ) {
      return new SmallDisk(folder);
    }
    await Deno.remove(folder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!await succeeds("umount", this.folder)) {
      throw new Error(`Cannot unmount ${this.folder}`);
    }
    await Deno.remove(this.folder);
  }
}

async function succeeds(command: string, ...args: string[]): Promise<boolean> {
  try {
    const { success } = await new Deno.Command(command, { args }).output();
    return success;
  } catch {
    return false;
  }
}
