/**
 * A folder of submissions: folders, zip files, or what a learning platform
 * exports.
 *
 * @module
 */

import { UsageError } from "../../../lib/cli/flags.ts";
import { isJunk } from "./files.ts";
import { linkOddNames } from "./odd_names.ts";
import type { Submission } from "./submission.ts";

/** The end of the name of an archive. Only zip files can be unpacked. */
const ARCHIVE = /\.(zip|rar|7z|tar|gz|tgz|bz2|xz)$/i;

/** Moodle: `Alice Brown_123456_assignsubmission_file_`, a folder, or a part of a file's name. */
const MOODLE = /^(.+?)_(\d+)_assignsubmission_(file|onlinetext)(?:_(.*))?$/s;
/** Canvas: `brownalice_12345_678910_server.py`, with `_LATE` after the name, or `brownalice_12345_text.html`. */
const CANVAS = /^([^_]+)_(?:LATE_)?(\d+)_(?:\d+_(.+)|(text\.html))$/s;
/** What Canvas adds to the name of a file that was handed in again. */
const AGAIN = /-\d+(?=\.py$)/;

/** Something in the folder of submissions. */
interface Entry {
  name: string;
  path: string;
  isFolder: boolean;
  /** Whether it is neither a file nor a folder, such as a pipe, which could not be read to its end. */
  isOther?: boolean;
}

/** The files and folders that are one submission. */
interface Group {
  name: string;
  /** Tells apart submissions of the same name. */
  longName: string;
  entries: string[];
  folders: string[];
  files: { path: string; name: string }[];
}

/** What the grader itself writes into the folder of submissions. */
export interface Ours {
  /** The names of its files. */
  files: readonly string[];
  /** The name of the folder of reports, if it is there. */
  folder?: string;
}

/** The submissions in a folder, and what else there is. */
export interface Submissions {
  submissions: Submission[];
  /** The names of the files that are no submission. */
  others: string[];
}

/**
 * Returns the submissions in a folder, by name.
 *
 * @param links A folder for links to names that are not UTF-8.
 * @throws {UsageError} If the folder cannot be read, or has no submissions.
 */
export async function submissionsIn(
  folder: string,
  ours: Ours,
  links: string,
): Promise<Submissions> {
  const groups = new Map<string, Group>();
  const others: string[] = [];
  for (const entry of await entriesIn(folder, links)) {
    const { name, isFolder } = entry;
    if (isJunk(name) || (isFolder && name === ours.folder)) continue;
    if (!add(groups, entry) && !ours.files.includes(name)) others.push(name);
  }
  if (groups.size === 0) {
    throw new UsageError(
      `${folder} has no submissions: each must be a folder or a zip file in it`,
    );
  }
  const submissions = [...groups.values()].map(
    ({ name, longName, entries, folders, files }, _, all) => ({
      name: all.filter((it) => it.name === name).length > 1 ? longName : name,
      entries,
      folder: folders[0],
      files,
    }),
  );
  const order = new Intl.Collator("en", { numeric: true });
  submissions.sort((a, b) => order.compare(a.name, b.name));
  return { submissions, others };
}

async function entriesIn(folder: string, links: string): Promise<Entry[]> {
  const entries: Entry[] = [];
  /** Names that Deno cannot show, each with U+FFFD in it. */
  const odd: string[] = [];
  try {
    for await (const { name } of Deno.readDir(folder)) {
      const path = `${folder}/${name}`;
      // A submission may be a symbolic link.
      const info = await Deno.stat(path).catch(() => undefined);
      const isFolder = info?.isDirectory ?? false;
      const isOther = info && !isFolder && !info.isFile;
      if (info) entries.push({ name, path, isFolder, isOther });
      else if (name.includes("\ufffd")) odd.push(name);
    }
  } catch (error) {
    throw new UsageError(
      `--all takes a folder: cannot read ${folder}: ${
        (error as Error).message
      }`,
    );
  }
  if (odd.length === 0) return sorted(entries);
  const linked = await linkOddNames(folder, links).catch(() => []);
  for (const { shown: name, path } of linked) {
    const { isDirectory: isFolder } = await Deno.stat(path);
    entries.push({ name, path, isFolder });
  }
  // Without a shell they cannot be graded, and the table says so.
  for (const name of linked.length > 0 ? [] : odd) {
    entries.push({ name, path: `${folder}/${name}`, isFolder: true });
  }
  return sorted(entries);
}

function sorted(entries: Entry[]): Entry[] {
  return entries.sort((a, b) => a.name < b.name ? -1 : 1);
}

/** Adds an entry to its submission. Returns whether it belongs to one. */
function add(groups: Map<string, Group>, entry: Entry): boolean {
  const { name, path, isFolder, isOther } = entry;
  if (isOther) return false;
  const [, moodle, number, kind, rest = ""] = MOODLE.exec(name) ?? [];
  if (moodle !== undefined && (isFolder || rest !== "")) {
    const group = groupOf(groups, moodle, number, name);
    // What was typed into Moodle's editor comes last: it is seldom a program.
    if (!isFolder) group.files.push({ path, name: rest });
    else if (kind === "file") group.folders.unshift(path);
    else group.folders.push(path);
    return true;
  }
  const [, canvas, user, file, text] = CANVAS.exec(name) ?? [];
  if (canvas !== undefined && !isFolder) {
    groupOf(groups, canvas, user, name)
      .files.push({ path, name: text ?? file.replace(AGAIN, "") });
    return true;
  }
  const isArchive = ARCHIVE.test(name);
  if (!isFolder && !isArchive) return false;
  const group = groupOf(groups, isFolder ? name : stem(name), name, name);
  if (isFolder) group.folders.push(path);
  else group.files.push({ path, name });
  return true;
}

function groupOf(
  groups: Map<string, Group>,
  name: string,
  id: string,
  entry: string,
): Group {
  const key = `${name}\0${id}`;
  const longName = id === entry ? entry : `${name} ${id}`;
  const group = groups.get(key) ??
    { name, longName, entries: [], folders: [], files: [] };
  groups.set(key, group);
  group.entries.push(entry);
  return group;
}

/** Returns a name without the end that says which kind of archive it is. */
function stem(name: string): string {
  return name.replace(ARCHIVE, "").replace(/\.tar$/i, "") || name;
}

/** Whether a file is an archive. */
export function isArchive(name: string): boolean {
  return ARCHIVE.test(name);
}
