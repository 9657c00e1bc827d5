/**
 * The folder in which a program under test runs: a copy, so that it cannot
 * spoil what was handed in, nor one check the next.
 *
 * @module
 */

import { NotStarted } from "./program.ts";

/** Files and folders that a folder may have: who names a whole disk made a mistake. */
const MOST_FILES = 5000;
const MOST_BYTES = 200 * 2 ** 20;
/** What no program needs to run, and our own copies, should they be made there. */
const LEFT_OUT = /^(\.git|__pycache__|rollcall-grade-.*)$/;

/** A copy of a folder that is gone when it is left. */
export class Workplace implements AsyncDisposable {
  /** Where the copy is. */
  readonly folder: string;
  /** A path beside it where nothing is, unless a program is made to put something there. */
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
   * @throws {NotStarted} If it is none, or too large.
   */
  static async of(folder: string): Promise<Workplace> {
    const place = new Workplace(
      await Deno.makeTempDir({ prefix: "rollcall-grade-" }),
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

  /** Whether something was put where the canary is looked for. */
  async hasCanary(): Promise<boolean> {
    return await Deno.lstat(this.canary).then(() => true, () => false);
  }

  /** Removes the copy. */
  async [Symbol.asyncDispose](): Promise<void> {
    const remove = () => Deno.remove(this.#parent, { recursive: true });
    await remove().catch(async () => {
      // The program took our rights away, or has removed all of it itself.
      await openAll(this.#parent);
      await remove();
    }).catch(() => {});
  }
}

/** Gives us all rights in a folder, and those in it. */
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
    // A link that leads nowhere: an editor's lock is one.
    const info = await Deno.stat(path).catch(() => undefined);
    if (!info?.isFile && !info?.isDirectory) continue;
    so.files++;
    so.bytes += info.isFile ? info.size : 0;
    if (so.files > MOST_FILES || so.bytes > MOST_BYTES) {
      throw new NotStarted(
        `There is too much in ${from} for a program's folder: --cwd takes ` +
          `one with at most ${MOST_FILES} files and ${MOST_BYTES >> 20} MiB`,
      );
    }
    if (info.isDirectory) {
      await copy(path, `${to}/${name}`, so);
    } else {
      await Deno.copyFile(path, `${to}/${name}`).catch((error) => {
        // If the program needs what we may not read, it will say so.
        if (!(error instanceof Deno.errors.PermissionDenied)) throw error;
      });
    }
  }
}
