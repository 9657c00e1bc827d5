/**
 * Copies of the project.
 *
 * @module
 */

import { ROOT } from "./fault.ts";

/** Folders of which all is copied that is source or data of tests. */
export const FOLDERS = /^(bench|examples|lib|tests|tools)(\/|$)/;
const FILES = /\.(ts|json|jsonl|lock|py|txt)$/;

/** Copies the project, as far as its tests need it, but for what `leftOut` fits. */
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
