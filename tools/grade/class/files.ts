/**
 * The files of a submission: which there are, and what identifies them.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { NotGraded, type Submission } from "./submission.ts";

/** Files and folders of one submission, at most, and their bytes. */
export const MOST_FILES = 5000;
export const MOST_BYTES = 200 * 2 ** 20;
/** How deep a program is searched for. */
const DEEPEST = 6;

/** Names that systems, editors and tools leave behind: no student, and no program. */
const JUNK =
  /^(__MACOSX|__pycache__|node_modules|site-packages|venv|\.(_.*|DS_Store|AppleDouble|Trash.*|git|github|hg|svn|idea|vscode|venv|ipynb_checkpoints)|Thumbs\.db|desktop\.ini|\$RECYCLE\.BIN|System Volume Information)$/i;

/** Whether a file or a folder of this name is none of the student's work. */
export function isJunk(name: string): boolean {
  return JUNK.test(name);
}

/** A file in a folder. */
export interface FoundFile {
  /** Its path, from the folder on. */
  path: string;
  name: string;
  /** How many folders it is below the folder. */
  depth: number;
}

/** Returns the files in a folder and in the folders below it, the shallowest first. Links and junk are left out. */
export async function filesIn(folder: string): Promise<FoundFile[]> {
  const files: FoundFile[] = [];
  let seen = 0;
  const walk = async (below: string, depth: number) => {
    for await (const entry of Deno.readDir(`${folder}/${below}`)) {
      const { name, isFile, isDirectory } = entry;
      if (isJunk(name) || seen++ > MOST_FILES) continue;
      if (isFile) files.push({ path: below + name, name, depth });
      else if (isDirectory && depth < DEEPEST) {
        // A folder that we may not read has nothing for us.
        await walk(`${below}${name}/`, depth + 1).catch(() => {});
      }
    }
  };
  await walk("", 0);
  return files.sort((a, b) =>
    a.depth - b.depth || (a.path < b.path ? -1 : a.path > b.path ? 1 : 0)
  );
}

/**
 * Returns a hash of all files of a submission, with `more`.
 *
 * @throws {NotGraded} If the submission is too large.
 */
export async function fingerprintOf(
  { folder, files }: Submission,
  more: string,
): Promise<string> {
  const hash = createHash("sha256").update(more);
  const room = { files: MOST_FILES, bytes: MOST_BYTES };
  const addFile = async (name: string, path: string) => {
    hash.update(`\0file ${name}\0`);
    using file = await Deno.open(path).catch(() => undefined);
    if (!file) return; // we may not read it, so the program cannot, either
    for await (const chunk of file.readable) {
      room.bytes -= chunk.length;
      if (room.bytes < 0) throw tooLarge();
      hash.update(chunk);
    }
  };
  const addFolder = async (path: string, below: string) => {
    const names: string[] = [];
    for await (const { name } of Deno.readDir(path)) {
      if (--room.files < 0) throw tooLarge();
      names.push(name);
    }
    for (const name of names.sort()) {
      const inside = `${path}/${name}`;
      const info = await Deno.lstat(inside).catch(() => undefined);
      if (isJunk(name) || !info) continue;
      if (info.isSymlink) {
        hash.update(`\0link ${below}${name} ${await Deno.readLink(inside)}\0`);
      } else if (info.isDirectory) {
        await addFolder(inside, `${below}${name}/`);
      } else if (info.isFile) await addFile(below + name, inside);
    }
  };
  if (folder) await addFolder(folder, "");
  for (const { name, path } of files) await addFile(name, path);
  return hash.digest("hex");
}

function tooLarge(): NotGraded {
  return new NotGraded(
    `it has more than ${MOST_FILES} files or ${MOST_BYTES >> 20} MiB`,
  );
}
