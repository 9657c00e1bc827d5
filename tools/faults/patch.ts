/**
 * Patches, as `git diff` writes them, applied to a copy of the project.
 *
 * @module
 */

import { applyPatch, parsePatch } from "diff";

/**
 * Applies a patch to the files in a folder. A file that it adds must not be there yet.
 *
 * A patch finds its place by the lines that it quotes. Their line numbers
 * decide only among places that fit equally well.
 *
 * @throws {Error} If a file does not have the lines that the patch quotes.
 */
export async function patchFolder(
  patch: string,
  folder: string,
): Promise<void> {
  for (const part of parsePatch(patch)) {
    const path = part.newFileName!.replace(/^b\//, "");
    const isNew = part.oldFileName === "/dev/null";
    const file = `${folder}/${path}`;
    const before = isNew ? "" : await Deno.readTextFile(file);
    const after = applyPatch(before, part);
    if (after === false) {
      throw new Error(
        `The patch does not fit ${path}: docs/developing.md says what to do`,
      );
    }
    await Deno.writeTextFile(file, after, { createNew: isNew });
  }
}
