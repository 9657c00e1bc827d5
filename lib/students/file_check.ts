/**
 * What is checked before a file is opened as a roster, so that the file of another
 * program is not changed.
 *
 * @module
 */

import { reason } from "../text.ts";
import { StoreError } from "./store.ts";

/** `Roll`, in a file's header: it is a roster. */
export const APPLICATION_ID = 0x526f6c6c;
/** The version of the tables, in the header, too. */
export const SCHEMA_VERSION = 1;

/** How each file of SQLite begins. */
const MAGIC = "SQLite format 3\0";
/** The bytes of the header. It has the version at 60, and the id at 68: see https://sqlite.org/fileformat.html */
const HEADER = 100;

/** Paths that SQLite takes for something else than a file. */
const NO_FILE = /^(?:file:|:memory:$)/i;

/** Whether a program may read and write a file. */
function isPermitted(path: string, write: boolean): boolean {
  const names = write ? ["read", "write"] as const : ["read"] as const;
  return names.every((name) =>
    Deno.permissions.querySync({ name, path }).state === "granted"
  );
}

/**
 * Checks a file. Returns whether it has a roster: if not, there is no file yet, or an
 * empty one.
 *
 * @throws {StoreError} If it is something else.
 */
export function checkFile(path: string, access: "read" | "write"): boolean {
  const cannot = (why: string) => new StoreError(`Cannot open ${path}: ${why}`);
  if (!isPermitted(path, access === "write")) {
    throw cannot(
      "it is not in data/, the folder that this program may use: name a file there, as " +
        "data/class.db. With deno run, --allow-read=FOLDER --allow-write=FOLDER permit " +
        "another folder",
    );
  }
  if (NO_FILE.test(path)) {
    throw cannot(`SQLite does not take this name for a file: write ./${path}`);
  }
  let info: Deno.FileInfo;
  let header: Uint8Array;
  try {
    info = Deno.lstatSync(path);
    header = readHeader(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    const isFolder = error instanceof Deno.errors.IsADirectory;
    throw cannot(isFolder ? "it is a folder" : reason(error));
  }
  // The lock is beside the file, so it does not keep others from another name of it.
  if (access === "write" && info.isSymlink) {
    throw cannot("it is a link: name the file itself");
  }
  if (access === "write" && (info.nlink ?? 1) > 1) {
    throw cannot("it has a second name (a hard link): delete one of them");
  }
  if (header.length === 0) return false;
  const view = new DataView(header.buffer);
  const isRoster = header.length === HEADER &&
    new TextDecoder().decode(header.subarray(0, MAGIC.length)) === MAGIC &&
    view.getUint32(68) === APPLICATION_ID;
  if (!isRoster) {
    throw cannot("it is no roster. It was not changed: choose another name");
  }
  const version = view.getUint32(60);
  if (version !== SCHEMA_VERSION) {
    throw cannot(
      `another version of this program wrote it: its tables have version ${version}, ` +
        `and this program knows ${SCHEMA_VERSION}`,
    );
  }
  return true;
}

function readHeader(path: string): Uint8Array<ArrayBuffer> {
  using file = Deno.openSync(path);
  const header = new Uint8Array(HEADER);
  return header.subarray(0, file.readSync(header) ?? 0);
}

/** Creates an empty file, and its folder, that only this user can read. */
export function createFile(path: string): void {
  const isWindows = Deno.build.os === "windows";
  const folder = path.replace(isWindows ? /[^/\\]*$/ : /[^/]*$/, "");
  try {
    if (folder) Deno.mkdirSync(folder, { recursive: true, mode: 0o700 });
    Deno.openSync(path, { create: true, write: true, mode: 0o600 }).close();
  } catch (error) {
    throw new StoreError(`Cannot create ${path}: ${reason(error)}`);
  }
}
