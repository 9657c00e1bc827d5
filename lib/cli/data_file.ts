/**
 * Files in `data/`, the folder that the programs may use.
 *
 * @module
 */

import { reason } from "../text.ts";
import { Failure } from "./program.ts";

/** Returns the text of a file that a flag names. @throws {Failure} If it cannot be read. */
export function readText(path: string): string {
  try {
    return Deno.readTextFileSync(path).replace(/^\ufeff/, "");
  } catch (error) {
    throw new Failure(`Cannot read ${path}: ${whyUnreadable(error)}`);
  }
}

/** Returns why a file cannot be read, in the words of who named it. */
export function whyUnreadable(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "there is no such file";
  if (error instanceof Deno.errors.IsADirectory) return "it is a folder";
  if (error instanceof Deno.errors.NotCapable) {
    return "it is not in data/, the folder that this program may use: copy it " +
      "there. With deno run, --allow-read=FOLDER permits another folder";
  }
  return reason(error);
}
