/**
 * The class list of a server, which may be changed while it runs.
 *
 * @module
 */

import { Failure } from "../program.ts";
import { type ClassList, listSummary, readClassList } from "./class_list.ts";

/** A class list, and whether it is the newest. */
export interface CurrentList {
  /** The list. */
  readonly list: ClassList;
  /** Why a newer one cannot be read, if there is one. */
  readonly problem: string | undefined;
}

/** A class list in a file. */
export class ClassFile {
  #path: string;
  #report: (line: string) => void;
  #list: ClassList;
  #problem: string | undefined;
  /** What the file looked like when it was read. */
  #look: string;

  private constructor(
    path: string,
    look: string,
    list: ClassList,
    report: (line: string) => void,
  ) {
    this.#path = path;
    this.#look = look;
    this.#list = list;
    this.#report = report;
  }

  /** Reads the file, and reports what it has. @throws {Failure} If it cannot. */
  static async open(
    path: string,
    report: (line: string) => void,
  ): Promise<ClassFile> {
    const look = await lookOf(path);
    const list = await readClassList(path);
    report(`${path}: ${listSummary(list)}`);
    return new ClassFile(path, look, list, report);
  }

  /** Returns the list. It is read again if the file has changed; if it cannot be read, the one before stays. */
  async current(): Promise<CurrentList> {
    const look = await lookOf(this.#path);
    if (look !== this.#look) {
      this.#look = look;
      await this.#readAgain();
    }
    return { list: this.#list, problem: this.#problem };
  }

  async #readAgain(): Promise<void> {
    try {
      this.#list = await readClassList(this.#path);
      this.#problem = undefined;
      this.#report(`${this.#path} has changed: ${listSummary(this.#list)}`);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      this.#problem = error.message;
      this.#report(`${error.message}. The list from before stays in use`);
    }
  }
}

/** Returns a text that is another one when the file has changed. */
async function lookOf(path: string): Promise<string> {
  try {
    const { mtime, size } = await Deno.stat(path);
    return `${mtime?.getTime()} ${size}`;
  } catch {
    return "it cannot be read"; // reading it says why
  }
}
