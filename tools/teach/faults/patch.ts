/**
 * Patches, as `git diff` writes them, applied to a copy of the project.
 *
 * @module
 */

import { applyPatch, parsePatch } from "diff";

/**
 * Applies a patch to the files in a folder. A file that it adds must not exist.
 *
 * A patch is placed by the lines that it quotes. Their numbers do not matter.
 *
 * @throws {Error} If a file does not have these lines, or has them twice.
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
    const isClear = isNew ||
      part.hunks.every(({ lines }) => hasOnce(before, lines));
    const after = isClear && applyPatch(before, part);
    if (after === false) {
      throw new Error(
        `The patch does not fit ${path}: docs/developing.md says what to do`,
      );
    }
    await Deno.writeTextFile(file, after, { createNew: isNew });
  }
}

/** Whether a text has the lines that a hunk quotes exactly once, so that its place is clear. */
function hasOnce(text: string, hunk: readonly string[]): boolean {
  const lines = hunk.filter((line) => /^[ -]/.test(line))
    .map((line) => `${line.slice(1)}\n`);
  const quoted = `\n${lines.join("")}`;
  const at = `\n${text}`.indexOf(quoted);
  return at !== -1 && at === `\n${text}`.lastIndexOf(quoted);
}
