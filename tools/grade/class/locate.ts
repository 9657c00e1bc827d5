/**
 * Making a submission's program ready to start: unpacked, found, and with its
 * command.
 *
 * @module
 */

import { wordsOf } from "../command.ts";
import type { Side } from "../kit.ts";
import { filesIn, MOST_BYTES, MOST_FILES } from "./files.ts";
import { find, type Found } from "./find.ts";
import { NotGraded, type Submission } from "./submission.ts";
import { isArchive } from "./submissions.ts";
import { type Room, unzip, ZipError } from "./zip.ts";

/** A zip file in a zip file is unpacked, too, so many times. */
const DEEPEST = 3;
/** The student's own word on how to start the program: `{"server": "python3 main.py"}`. */
const OWN = "grade.json";
/** Bytes of that file, at most. */
const MOST_OWN = 10_000;

/** How a submission is started, unless its `grade.json` says otherwise. */
export interface HowToStart {
  command: readonly string[];
  /** Whether the instructor gave the command for this submission: then `grade.json` is not asked. */
  isFixed: boolean;
  side: Side;
}

/**
 * Finds the program of a submission, and unpacks its zip files if there is none
 * outside them.
 *
 * @param temporary A folder for what is unpacked.
 * @throws {NotGraded} If there is no program, or more than one.
 */
export async function locate(
  submission: Submission,
  how: HowToStart,
  temporary: string,
): Promise<Found> {
  const room = { files: MOST_FILES, bytes: MOST_BYTES };
  let zips: Zip[] = [];
  let folder = submission.folder &&
    await readable(submission.folder, temporary);
  if (submission.files.length > 0) {
    folder = `${temporary}/files`;
    zips = await copyFiles(submission, folder, room);
  }
  const archives = new Set(zips.map(({ name }) => name));
  for (let depth = 0; depth <= DEEPEST; depth++) {
    const found = await findWithOwn(folder!, how);
    if (found) return found;
    for (const { name, path } of await filesIn(folder!)) {
      if (!isArchive(name)) continue;
      archives.add(name);
      if (isZip(name)) zips.push({ name, path: `${folder}/${path}` });
    }
    if (zips.length === 0) break;
    folder = `${temporary}/unpacked-${depth}`;
    for (const [i, zip] of zips.entries()) {
      // Two can have the same name in different folders.
      const isAgain = zips.findIndex(({ name }) => name === zip.name) < i;
      const to = `${folder}/${isAgain ? `${i}-` : ""}${zip.name}`;
      await unpack(zip, to, room);
    }
    zips = [];
  }
  const unread = [...archives].filter((name) => !isZip(name));
  if (unread.length > 0) {
    throw new NotGraded(
      `only zip files are unpacked, not ${unread.join(", ")}`,
    );
  }
  throw new NotGraded(await whatIsMissing(folder!, how.side));
}

/** Says that there is no program, or that it belongs to the other side. */
async function whatIsMissing(folder: string, side: Side): Promise<string> {
  const [other, how] = side === "server"
    ? ["client", "with --client"] as const
    : ["server", "without --client"] as const;
  const command = ["python3", `${other}.py`];
  // Several are as good as one.
  const isOther = await find(folder, command, other).catch(() => true);
  if (isOther) return `it is a ${other}: grade it ${how}`;
  return side === "server"
    ? "there is no program: no server.py, and no Python file that listens"
    : "there is no program: no client.py, and no Python file that connects";
}

/**
 * Returns a folder whose path Deno can write: one that is not UTF-8 is copied.
 * Its size is known by now.
 */
async function readable(folder: string, temporary: string): Promise<string> {
  const isReadable = await Deno.realPath(folder).then(() => true, () => false);
  if (isReadable) return folder;
  const copy = `${temporary}/copy`;
  const args = ["-RP", `${folder}/.`, copy];
  await new Deno.Command("cp", { args, stderr: "null" }).output();
  return copy;
}

/** A zip file. */
interface Zip {
  name: string;
  path: string;
}

function isZip(name: string): boolean {
  return /\.zip$/i.test(name);
}

async function unpack(zip: Zip, folder: string, room: Room): Promise<void> {
  const { size } = await Deno.stat(zip.path);
  if (size > MOST_BYTES) throw new NotGraded(`${zip.name} is too large`);
  try {
    await unzip(await Deno.readFile(zip.path), folder, room);
  } catch (error) {
    if (!(error instanceof ZipError)) throw error;
    throw new NotGraded(`${zip.name} cannot be unpacked: ${error.message}`);
  }
}

/** Copies the files that have no folder of their own, except zip files. Returns those. */
async function copyFiles(
  { files }: Submission,
  folder: string,
  room: Room,
): Promise<Zip[]> {
  await Deno.mkdir(folder);
  const zips: Zip[] = [];
  for (const { name, path } of files) {
    room.files--;
    room.bytes -= (await Deno.stat(path)).size;
    if (room.files < 0 || room.bytes < 0) {
      throw new NotGraded("it is too large");
    }
    if (isZip(name)) zips.push({ name, path });
    else await Deno.copyFile(path, `${folder}/${name}`);
  }
  return zips;
}

/** Finds the program by the command of the submission's `grade.json`, or by the usual one. */
async function findWithOwn(
  folder: string,
  { command, isFixed, side }: HowToStart,
): Promise<Found | undefined> {
  const files = isFixed ? [] : await filesIn(folder);
  const file = files.find(({ name }) => name === OWN);
  const own = file && await ownCommand(`${folder}/${file.path}`, side);
  if (!own) return await find(folder, command, side);
  const below = file.path.slice(0, -OWN.length - 1);
  const found = await find(below ? `${folder}/${below}` : folder, own, side);
  if (!found) throw new NotGraded(`its ${OWN} names a program that is missing`);
  const note = [found.note, `the command is from its ${OWN}`];
  return { ...found, note: note.filter(Boolean).join("; ") };
}

/** Returns the command for one side in a `grade.json`, or `undefined` if it has none. */
async function ownCommand(
  path: string,
  side: Side,
): Promise<string[] | undefined> {
  try {
    const { size } = await Deno.stat(path);
    if (size > MOST_OWN) throw new Error(`it is over ${MOST_OWN} bytes`);
    const own: unknown = JSON.parse(await Deno.readTextFile(path));
    const command = (own as Record<string, unknown> | null)?.[side];
    if (command === undefined) return undefined;
    if (typeof command !== "string" || command.trim() === "") {
      throw new Error(`"${side}" must be a command`);
    }
    return wordsOf(command);
  } catch (error) {
    throw new NotGraded(
      `its ${OWN} cannot be read: ${(error as Error).message}`,
    );
  }
}
