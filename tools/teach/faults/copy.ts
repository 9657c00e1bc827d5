/**
 * Copies of the project.
 *
 * @module
 */

import { ROOT } from "./fault.ts";

/** Folders that are copied. */
export const FOLDERS = /^(bench|docs|examples|lib|tests|tools)(\/|$)/;
const FILES = /\.(ts|json|jsonl|lock|md|patch|py|mjs|java|txt)$/;

/** Copies the project, except paths that match `leftOut`. */
export async function copyProject(to: string, leftOut?: RegExp): Promise<void> {
  const copy = async (folder: string) => {
    await Deno.mkdir(`${to}/${folder}`, { recursive: true });
    for await (const entry of Deno.readDir(new URL(folder || ".", ROOT))) {
      const path = folder + entry.name;
      if (leftOut?.test(path)) continue;
      if (entry.isDirectory) {
        if (FOLDERS.test(path)) await copy(`${path}/`);
      } else if (FILES.test(path)) {
        await Deno.copyFile(new URL(path, ROOT), `${to}/${path}`);
      }
    }
  };
  await copy("");
}
