/**
 * How large a folder is, while someone may be filling it.
 *
 * @module
 */

import type { Bounds } from "./bounded_folder.ts";

/** Bytes of a block, the unit in which a file system counts what a file takes. */
const BLOCK = 512;

/**
 * Whether a folder exceeds bounds. It looks no further than necessary, and
 * follows no link. What it may not read counts as empty.
 */
export async function exceeds(
  folder: string,
  { entries, bytes, depth }: Bounds,
): Promise<boolean> {
  const left = [{ path: folder, level: 1 }];
  let [seen, size] = [0, 0];
  for (let at = left.pop(); at; at = left.pop()) {
    if (at.level > depth) return true;
    for (const { name, isDirectory } of await entriesOf(at.path)) {
      const path = `${at.path}/${name}`;
      const info = await Deno.lstat(path).catch(() => undefined);
      // A sparse file takes less than its size.
      size += info?.blocks != null ? info.blocks * BLOCK : info?.size ?? 0;
      if (++seen > entries || size > bytes) return true;
      if (isDirectory) left.push({ path, level: at.level + 1 });
    }
  }
  return false;
}

async function entriesOf(folder: string): Promise<Deno.DirEntry[]> {
  try {
    return await Array.fromAsync(Deno.readDir(folder));
  } catch {
    return []; // it was removed, or cannot be read
  }
}
