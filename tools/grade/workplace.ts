/**
 * The folder in which a program under test runs. It is a copy, so that a program
 * cannot change the submission, nor one check affect the next.
 *
 * @module
 */

import {
  BoundedFolder,
  type Bounds,
  TooLarge,
} from "../files/bounded_folder.ts";
import { exceeds } from "../files/folder_size.ts";
import { removeAll } from "../files/remove_all.ts";
import { NotStarted } from "./program.ts";

/** What is copied, at most: a user may name a whole disk by mistake. */
const MOST: Bounds = { entries: 5000, bytes: 200 * 2 ** 20, depth: 50 };
/** What a program's folders may contain while it runs, at most. */
const MOST_WRITTEN: Bounds = { entries: 10_000, bytes: 2 ** 29, depth: 100 };
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
  /** A folder for the program's temporary files. */
  readonly temporary: string;
  #parent: string;

  private constructor(parent: string) {
    this.#parent = parent;
    this.folder = `${parent}/program`;
    this.canary = `${parent}/canary`;
    this.temporary = `${parent}/temporary`;
  }

  /**
   * Copies a folder.
   *
   * @throws {NotStarted} If it is not a folder, or too large.
   */
  static async of(folder: string, signal?: AbortSignal): Promise<Workplace> {
    const place = new Workplace(
      await Deno.makeTempDir({ prefix: COPY }),
    );
    try {
      await Deno.mkdir(place.temporary);
      const original = await BoundedFolder.open(folder, MOST, signal);
      await original.copyTo(place.folder, (name) => LEFT_OUT.test(name));
    } catch (error) {
      await place[Symbol.asyncDispose]();
      if (signal?.aborted) throw error;
      throw new NotStarted(whyNot(folder, error as Error));
    }
    return place;
  }

  /** Whether something exists at the canary's path. */
  async hasCanary(): Promise<boolean> {
    return await Deno.lstat(this.canary).then(() => true, () => false);
  }

  /** Whether the program wrote more than it may. */
  isOverfull(): Promise<boolean> {
    return exceeds(this.#parent, MOST_WRITTEN);
  }

  /** Removes the copy. */
  async [Symbol.asyncDispose](): Promise<void> {
    await removeAll(this.#parent);
  }
}

function whyNot(folder: string, error: Error): string {
  if (!(error instanceof TooLarge)) {
    return `Cannot copy ${folder}: ${error.message}`;
  }
  return `${error.message}: a program's folder has at most ${MOST.entries} ` +
    `files and ${MOST.bytes / 2 ** 20} MiB, and folders ${MOST.depth} deep`;
}
