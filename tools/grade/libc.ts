/**
 * What Deno does not offer, called in the system's C library. Linux only:
 * elsewhere, and without the permission for it, nothing is done.
 *
 * @module
 */

const PR_SET_CHILD_SUBREAPER = 36;
const RLIMIT_FSIZE = 1;
const WNOHANG = 1;

const SYMBOLS = {
  prctl: {
    parameters: ["i32", "u64", "u64", "u64", "u64"],
    result: "i32",
  },
  setrlimit: { parameters: ["i32", "buffer"], result: "i32" },
  waitpid: { parameters: ["i32", "pointer", "i32"], result: "i32" },
} as const;

let loaded: Deno.DynamicLibrary<typeof SYMBOLS> | undefined;

/** Loads the library, once. */
function libc(): typeof loaded {
  if (loaded || Deno.build.os !== "linux") return loaded;
  try {
    return loaded = Deno.dlopen("libc.so.6", SYMBOLS);
  } catch {
    return undefined; // another C library, or no permission
  }
}

/**
 * Makes this process the parent of each process under it that loses its own: so
 * all that a program starts can be found. Returns whether that is possible.
 */
export function adoptOrphans(): boolean {
  return libc()?.symbols.prctl(PR_SET_CHILD_SUBREAPER, 1n, 0n, 0n, 0n) === 0;
}

/** Limits the size of files that this process, and all that it starts, can write. Cannot be undone. */
export function limitFileSize(bytes: number): void {
  const limit = new BigUint64Array([BigInt(bytes), BigInt(bytes)]);
  libc()?.symbols.setrlimit(RLIMIT_FSIZE, limit);
}

/** Forgets an adopted process that has ended. Until then it remains as a zombie. */
export function reap(pid: number): void {
  libc()?.symbols.waitpid(pid, null, WNOHANG);
}
