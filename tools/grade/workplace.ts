/**
 * The folder in which a program under test runs. It is a copy, so that a program
 * cannot change the submission, nor one check affect the next.
 *
 * @module
 */

import { NotStarted } from "./program.ts";

/** Files and folders that are copied, at most: a user may name a whole disk by mistake. */
const MOST_FILES = 5000;
const MOST_BYTES = 200 * 2 ** 20;
/** How the names of our copies begin. */
export const COPY = "rollcall-grade-";
/** Folders that no program needs, and our own copies, if they are made there. */
const LEFT_OUT = new RegExp(`^(\\.git|__pycache__|${COPY}.*)$`);

/** A copy of a folder. Disposing it removes the copy. */
export class Workplace implements AsyncDisposable {
  /** The path of the copy. */
  readonly folder: string;
  /** A path beside it where nothing exists, unless a pickle makes the program create something there. */
  readonly canary: string;
  #parent: string;

  private constructor(parent: string) {
    this.#parent = parent;
    this.folder = `${parent}/program`;
    this.canary = `${parent}/canary`;
  }

  /**
   * Copies a folder.
   *
   * @throws {NotStarted} If it is not a folder, or too large.
   */
  static async of(folder: string): Promise<Workplace> {
    const place = new Workplace(
      await Deno.makeTempDir({ prefix: COPY }),
    );
    try {
      await copy(folder, place.folder, { files: 0, bytes: 0 });
    } catch (error) {
      await place[Symbol.asyncDispose]();
      if (error instanceof NotStarted) throw error;
      throw new NotStarted(
        `Cannot copy ${folder}: ${(error as Error).message}`,
      );
    }
    return place;
  }

  /** Whether something exists at the canary's path. */
  async hasCanary(): Promise<boolean> {
    return await Deno.lstat(this.canary).then(() => true, () => false);
  }

  /** Removes the copy. */
  async [Symbol.asyncDispose](): Promise<void> {
    const remove = () => Deno.remove(this.#parent, { recursive: true });
    await remove().catch(async () => {
      // The program removed our permissions, or the folder itself.
      await openAll(this.#parent);
      await remove();
    }).catch(() => {});
  }
}

/** Gives us all permissions in a folder and its subfolders. */
async function openAll(folder: string): Promise<void> {
  await Deno.chmod(folder, 0o700);
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) await openAll(`${folder}/${name}`);
  }
}

async function copy(
  from: string,
  to: string,
  so: { files: number; bytes: number },
): Promise<void> {
  await Deno.mkdir(to);
  for await (const { name } of Deno.readDir(from)) {
    if (LEFT_OUT.test(name)) continue;
    const path = `${from}/${name}`;
    // A symbolic link may be broken: an editor's lock file is one.
    const info = await Deno.stat(path).catch(() => undefined);
    if (!info?.isFile && !info?.isDirectory) continue;
    so.files++;
    so.bytes += info.isFile ? info.size : 0;
    if (so.files > MOST_FILES || so.bytes > MOST_BYTES) {
      throw new NotStarted(
        `${from} is too large for a program's folder: --cwd takes one with ` +
          `at most ${MOST_FILES} files and ${MOST_BYTES >> 20} MiB`,
      );
    }
    if (info.isDirectory) {
      await copy(path, `${to}/${name}`, so);
    } else {
      await Deno.copyFile(path, `${to}/${name}`).catch((error) => {
        // If the program needs a file that we cannot read, it will say so.
        if (!(error instanceof Deno.errors.PermissionDenied)) throw error;
      });
    }
  }
}
