/**
 * Folders that someone else filled: they are read and copied within bounds, and
 * nothing outside of them is.
 *
 * @module
 */

import fs from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { isAbsolute, relative, sep } from "node:path";
import { Failure } from "../../lib/cli/program.ts";

/** Bytes that are read at once. */
const CHUNK = 2 ** 18;
/** Without O_NONBLOCK, opening a FIFO waits for a writer. Windows has neither of the two. */
const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = fs.constants;

/** How much may be read from a folder. */
export interface Bounds {
  /** Files and folders together. */
  entries: number;
  bytes: number;
  /** Folders within each other. */
  depth: number;
}

/** A folder exceeds a bound. */
export class TooLarge extends Failure {
  /** The class's name, as in `error.name`. */
  override name = "TooLarge";
}

/**
 * A folder that someone else filled.
 *
 * Bytes are counted as they are read, since a file can contain more than its size
 * says: it grows, or it is one of `/proc`. Links are followed within the folder
 * only. What is neither a file nor a folder does not count as there, and neither
 * does what cannot be read.
 */
export class BoundedFolder {
  #path: string;
  #bounds: Bounds;
  #signal: AbortSignal | undefined;
  #entries = 0;
  #bytes = 0;

  private constructor(path: string, bounds: Bounds, signal?: AbortSignal) {
    this.#path = path;
    this.#bounds = bounds;
    this.#signal = signal;
  }

  /**
   * Opens a folder. The bounds are for all that is read from it together.
   *
   * @param signal Stops reading and copying, which then reject with its reason.
   */
  static async open(
    path: string,
    bounds: Bounds,
    signal?: AbortSignal,
  ): Promise<BoundedFolder> {
    return new BoundedFolder(await Deno.realPath(path), bounds, signal);
  }

  /**
   * Copies all of it to a path where nothing exists yet, except the names that
   * are left out.
   *
   * @throws {TooLarge} If it exceeds a bound.
   */
  async copyTo(
    to: string,
    isLeftOut: (name: string) => boolean = () => false,
  ): Promise<void> {
    await this.#copyFolder(this.#path, to, isLeftOut, 1);
  }

  /**
   * Copies one file, given by its path in the folder.
   *
   * @throws {TooLarge} If the folder exceeds a bound.
   */
  async copyFile(path: string, to: string): Promise<void> {
    const place = await this.#placeOf(`${this.#path}/${path}`);
    if (place !== undefined) await this.#copyFile(place, to);
  }

  /**
   * Returns the text of a file, given by its path in the folder, or `undefined`
   * if there is no such file.
   *
   * @throws {TooLarge} If the folder exceeds a bound.
   */
  async readText(path: string): Promise<string | undefined> {
    const place = await this.#placeOf(`${this.#path}/${path}`);
    const file = place && await this.#open(place);
    if (!file) return undefined;
    try {
      const decoder = new TextDecoder();
      let text = "";
      for await (const bytes of this.#read(file)) {
        text += decoder.decode(bytes, { stream: true });
      }
      return text + decoder.decode();
    } finally {
      await file.close();
    }
  }

  async #copyFolder(
    from: string,
    to: string,
    isLeftOut: (name: string) => boolean,
    depth: number,
  ): Promise<void> {
    if (depth > this.#bounds.depth) {
      this.#refuse(`folders more than ${this.#bounds.depth} deep`);
    }
    await Deno.mkdir(to);
    for (const { name } of await entriesOf(from, depth)) {
      this.#signal?.throwIfAborted();
      if (isLeftOut(name)) continue;
      const place = await this.#placeOf(`${from}/${name}`);
      const info = place && await Deno.lstat(place).catch(() => undefined);
      if (!info) continue;
      if (info.isFile) {
        await this.#copyFile(place, `${to}/${name}`);
      } else if (info.isDirectory && !isWithin(from, place)) {
        // Not a link to a folder around it: that copy would have no end.
        this.#count({ entries: 1 });
        await this.#copyFolder(place, `${to}/${name}`, isLeftOut, depth + 1);
      }
    }
  }

  async #copyFile(from: string, to: string): Promise<void> {
    const source = await this.#open(from);
    if (!source) return;
    try {
      const { mode } = await source.stat();
      using target = await Deno.open(to, { write: true, create: true });
      for await (const bytes of this.#read(source)) {
        await writeAll(target, bytes);
      }
      // It stays a program if it is one, but not one with its owner's rights.
      if (Deno.build.os !== "windows") await Deno.chmod(to, mode & 0o777);
    } finally {
      await source.close();
    }
  }

  /** Returns the path with all links followed, or `undefined` if it is not in the folder. */
  async #placeOf(path: string): Promise<string | undefined> {
    const place = await Deno.realPath(path).catch(() => undefined);
    return place !== undefined && isWithin(place, this.#path)
      ? place
      : undefined;
  }

  /** Opens a regular file. It may have been replaced since someone looked at it. */
  async #open(path: string): Promise<FileHandle | undefined> {
    const flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK;
    // If a program needs a file that we cannot read, it will say so.
    const file = await open(path, flags).catch(() => undefined);
    if (!file) return undefined;
    const info = await file.stat();
    this.#count({ entries: 1 });
    if (info.isFile()) {
      if (this.#bytes + info.size > this.#bounds.bytes) this.#tooManyBytes();
      return file;
    }
    await file.close();
  }

  async *#read(file: FileHandle): AsyncGenerator<Uint8Array, void> {
    const chunk = new Uint8Array(CHUNK);
    for (;;) {
      this.#signal?.throwIfAborted();
      const { bytesRead } = await file.read(chunk, 0, CHUNK, null);
      if (bytesRead === 0) return;
      this.#count({ bytes: bytesRead });
      yield chunk.subarray(0, bytesRead);
    }
  }

  #count({ entries = 0, bytes = 0 }: Partial<Bounds>): void {
    this.#entries += entries;
    this.#bytes += bytes;
    if (this.#entries > this.#bounds.entries) {
      this.#refuse(`more than ${this.#bounds.entries} files`);
    }
    if (this.#bytes > this.#bounds.bytes) this.#tooManyBytes();
  }

  #tooManyBytes(): never {
    this.#refuse(`more than ${this.#bounds.bytes / 2 ** 20} MiB`);
  }

  #refuse(what: string): never {
    throw new TooLarge(`${this.#path} has ${what}`);
  }
}

/** Returns what is in a folder; nothing if it is in another one and cannot be read. */
async function entriesOf(
  folder: string,
  depth: number,
): Promise<Deno.DirEntry[]> {
  try {
    return await Array.fromAsync(Deno.readDir(folder));
  } catch (error) {
    if (depth === 1) throw error;
    return [];
  }
}

/** Whether a path is a folder, or in it. Both are paths without links. */
function isWithin(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    done += await file.write(bytes.subarray(done));
  }
}
