/**
 * Reading zip files that strangers made: bounded, and never out of the folder.
 *
 * @module
 */

import { crc32 } from "node:zlib";
import { escapeAndCut, reason } from "../../../lib/text.ts";
import { isJunk } from "./files.ts";

/** How much may still be written. Several zip files can share one. */
export interface Room {
  files: number;
  bytes: number;
}

/** A zip file is damaged, too large, or of a kind that is not unpacked. */
export class ZipError extends Error {
  /** The class's name, as in `error.name`. */
  override name = "ZipError";
}

/** A file in a zip file. */
interface Entry {
  /** Its path in the folder: names joined by `/`. */
  path: string;
  method: number;
  /** Its content, as it is packed. */
  packed: Uint8Array<ArrayBuffer>;
  /** The bytes of its content, unpacked. */
  size: number;
  crc: number;
}

/** Signatures, and the lengths of the records that follow them up to their first text. */
const LOCAL = { signature: 0x04034b50, length: 30 };
const CENTRAL = { signature: 0x02014b50, length: 46 };
const END = { signature: 0x06054b50, length: 22 };
/** The longest comment, which stands after the end record. */
const COMMENT = 0xffff;
/** Values that say that the real ones stand in a record of Zip64. */
const IN_ZIP64 = [0xffff, 0xffff_ffff];
/** The methods of packing that are read. */
const STORED = 0;
const DEFLATED = 8;
/** Bit 0 of the flags. */
const ENCRYPTED = 1;
/** The kind of file in the mode that Unix and macOS write, and its value for a symbolic link. */
const KIND = 0o170000;
const LINK = 0o120000;
const UNIX = [3, 19];
/** Characters of a path that a message shows. */
const SHOWN = 60;

/**
 * Unpacks a zip file into a folder, which must not exist. Links are left out,
 * and so are the files that systems add.
 *
 * @throws {ZipError} If it cannot be unpacked whole.
 */
export async function unzip(
  bytes: Uint8Array<ArrayBuffer>,
  folder: string,
  room: Room,
): Promise<void> {
  try {
    const entries = entriesOf(bytes, room.files);
    await Deno.mkdir(folder, { recursive: true });
    for (const entry of entries) {
      room.files--;
      const path = `${folder}/${entry.path}`;
      await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), {
        recursive: true,
      });
      using file = await Deno.open(path, { write: true, createNew: true });
      await writeContent(entry, file, room);
    }
  } catch (error) {
    if (error instanceof ZipError) throw error;
    throw new ZipError(`it is damaged: ${reason(error)}`);
  }
}

/** Writes the content of an entry to a file, and compares it with what the zip file says of it. */
async function writeContent(
  { path, method, packed, size, crc }: Entry,
  file: Deno.FsFile,
  room: Room,
): Promise<void> {
  const shown = escapeAndCut(path, SHOWN);
  let written = 0;
  let sum = 0;
  const content = new Blob([packed]).stream();
  const unpacked = method === STORED
    ? content
    : content.pipeThrough(new DecompressionStream("deflate-raw"));
  // The size that the zip file gives may be wrong, so the bytes are counted.
  for await (const chunk of unpacked) {
    written += chunk.length;
    if (written > size) throw new ZipError(`it is damaged: ${shown}`);
    if (written > room.bytes) throw new ZipError("it is too large, unpacked");
    sum = crc32(chunk, sum);
    for (let at = 0; at < chunk.length;) {
      at += await file.write(chunk.subarray(at));
    }
  }
  room.bytes -= written;
  if (written !== size || sum !== crc) {
    throw new ZipError(`it is damaged: ${shown}`);
  }
}

/**
 * Returns the files in a zip file.
 *
 * @throws {ZipError} If it is damaged, or has more than `most` entries.
 */
function entriesOf(bytes: Uint8Array<ArrayBuffer>, most: number): Entry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = endOf(view);
  const count = view.getUint16(end + 10, true);
  const length = view.getUint32(end + 12, true);
  const offset = view.getUint32(end + 16, true);
  if (IN_ZIP64.includes(count) || IN_ZIP64.includes(offset)) {
    throw new ZipError("it is in the form Zip64, which is not read");
  }
  if (count > most) throw new ZipError(`it has ${count} files`);
  // Something can stand before the zip file, such as a program that unpacks it.
  const before = end - length - offset;
  const entries: Entry[] = [];
  let at = offset + before;
  for (let i = 0; i < count; i++) {
    if (view.getUint32(at, true) !== CENTRAL.signature) {
      throw new ZipError("it is damaged: its list of files");
    }
    const texts = [28, 30, 32].map((field) => view.getUint16(at + field, true));
    const name = bytes.subarray(at + CENTRAL.length).subarray(0, texts[0]);
    const entry = entryAt(view, at, textOf(name), before);
    if (entry) entries.push(entry);
    at += CENTRAL.length + texts[0] + texts[1] + texts[2];
  }
  return entries;
}

/** Returns where the end record begins. */
function endOf(view: DataView): number {
  const first = view.byteLength - END.length;
  for (let at = first; at >= Math.max(0, first - COMMENT); at--) {
    if (view.getUint32(at, true) === END.signature) return at;
  }
  throw new ZipError("it is no zip file, or its end is missing");
}

/** Returns the file that a record of the list describes, or `undefined` if it is a folder, a link or junk. */
function entryAt(
  view: DataView,
  at: number,
  name: string,
  before: number,
): Entry | undefined {
  const path = pathOf(name);
  const isFolder = /[/\\]$/.test(name);
  const mode = view.getUint32(at + 38, true) >>> 16;
  const isLink = UNIX.includes(view.getUint8(at + 5)) && (mode & KIND) === LINK;
  if (isFolder || isLink || path.split("/").some(isJunk)) return undefined;
  const shown = escapeAndCut(path, SHOWN);
  if (view.getUint16(at + 8, true) & ENCRYPTED) {
    throw new ZipError(`it is encrypted: ${shown}`);
  }
  const method = view.getUint16(at + 10, true);
  if (method !== STORED && method !== DEFLATED) {
    throw new ZipError(`${shown} is packed by method ${method}, not deflate`);
  }
  const packedSize = view.getUint32(at + 20, true);
  const local = view.getUint32(at + 42, true) + before;
  if (view.getUint32(local, true) !== LOCAL.signature) {
    throw new ZipError(`it is damaged: ${shown}`);
  }
  const texts = [26, 28].map((field) => view.getUint16(local + field, true));
  const from = local + LOCAL.length + texts[0] + texts[1];
  if (from + packedSize > view.byteLength) {
    throw new ZipError(`it is damaged: ${shown}`);
  }
  return {
    path,
    method,
    packed: new Uint8Array(
      view.buffer as ArrayBuffer,
      view.byteOffset + from,
      packedSize,
    ),
    size: view.getUint32(at + 24, true),
    crc: view.getUint32(at + 16, true),
  };
}

/** Returns a name as a path in the folder. @throws {ZipError} If it leaves the folder. */
function pathOf(name: string): string {
  const names = name.split(/[/\\]/);
  const isOut = names.includes("..") || names[0] === "" ||
    /^[A-Za-z]:/.test(name) || name.includes("\0");
  if (isOut) {
    const shown = escapeAndCut(name, SHOWN);
    throw new ZipError(`it has a path out of its folder: ${shown}`);
  }
  return names.filter((part) => part !== "" && part !== ".").join("/");
}

/** Decodes a name: UTF-8, or a one-byte code of an old program. */
function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("latin1").decode(bytes);
  }
}
