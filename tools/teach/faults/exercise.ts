/**
 * An exercise: a copy of the project with a fault, for a student to mend.
 *
 * @module
 */

import { isAbsolute, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Failure } from "../../../lib/cli/program.ts";
import { BoundedFolder, type Bounds } from "../../files/bounded_folder.ts";
import { copyProject, FOLDERS } from "./copy.ts";
import { type Fault, readFaults, ROOT } from "./fault.ts";
import { NOTE } from "./note.ts";
import { patchFolder } from "./patch.ts";

/** Files that contain the answer, and tests that need these files. */
const ANSWERS =
  /^tests\/(faults|solutions|verify|(break|mended|names|pages)_test)/;
/** The files that a student may change. */
const MENDED = /^(lib\/.*|[a-z]+)\.ts$/;
/** How much is read from an exercise: a student can put anything into it. */
const MOST: Bounds = { entries: 5000, bytes: 50 * 2 ** 20, depth: 10 };
/** The tests and tools that judge an exercise. They must not be changed. */
const JUDGES =
  /^((bench|tests|tools)\/.*\.(ts|py|jsonl|txt)|deno\.(json|lock))$/;

/**
 * Leaves a copy with a fault in a folder.
 *
 * @throws {Failure} If there is something in the folder already, or it is in the project.
 */
export async function leaveExercise(
  fault: Fault,
  folder: string,
): Promise<void> {
  if (isInProject(folder)) {
    throw new Failure(`${folder} is in this project. Choose one outside`);
  }
  if (!await isEmpty(folder)) {
    throw new Failure(
      `${folder} is there already, and not empty. Choose a new folder`,
    );
  }
  await copyProject(folder, ANSWERS);
  await patchFolder(fault.patch, folder);
  const note: Note = { fault: fault.name, project: wayBack(folder) };
  await Deno.writeTextFile(`${folder}/${NOTE}`, `${JSON.stringify(note)}\n`);
}

/** The path from an exercise to this project. */
export function wayBack(folder: string): string {
  return relative(resolve(folder), fileURLToPath(ROOT));
}

/** Quotes a path that contains a space, for the shell. */
export function quoted(path: string): string {
  return path.includes(" ") ? `"${path}"` : path;
}

/** What the note of an exercise says. */
interface Note {
  fault: string;
  /** The path from the exercise to the project that it was copied from. */
  project: string;
}

/** Reads the note of an exercise. Returns `undefined` if the folder has none. */
async function readNote(folder: string): Promise<Partial<Note> | undefined> {
  try {
    const exercise = await BoundedFolder.open(folder, MOST);
    return JSON.parse(await exercise.readText(NOTE) ?? "");
  } catch {
    return undefined;
  }
}

/**
 * Returns the folder of the project that this one was copied from, or
 * `undefined` if this one is no exercise.
 */
export async function originalProject(): Promise<string | undefined> {
  const here = fileURLToPath(ROOT);
  const note = await readNote(here);
  return note?.project && resolve(here, note.project);
}

function isInProject(folder: string): boolean {
  const path = relative(fileURLToPath(ROOT), resolve(folder));
  return !path.startsWith("..") && !isAbsolute(path);
}

async function isEmpty(folder: string): Promise<boolean> {
  try {
    for await (const _entry of Deno.readDir(folder)) return false;
  } catch (error) {
    if (error instanceof Deno.errors.NotADirectory) return false;
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return true;
}

/**
 * Returns the fault in an exercise.
 *
 * @throws {Failure} If the folder is no exercise, or this project itself is one.
 */
export async function faultOf(folder: string): Promise<Fault> {
  const note = await readNote(folder);
  const faults = await readFaults();
  const fault = faults.find(({ name }) => name === note?.fault);
  if (fault) return fault;
  if (!await exists(folder)) throw new Failure(`There is no folder ${folder}`);
  throw new Failure(
    `${folder} is not an exercise, or its ${NOTE} was changed. ` +
      `\`deno task break NAME --exercise FOLDER\` makes one`,
  );
}

async function exists(folder: string): Promise<boolean> {
  return await Deno.stat(folder).then(() => true, () => false);
}

/**
 * Returns the paths of matching files, relative to the folder. Looks only in
 * the folders that are copied.
 */
async function filesOf(folder: string | URL, fit: RegExp): Promise<string[]> {
  const files: string[] = [];
  const visit = async (path: string) => {
    const at = folder instanceof URL
      ? new URL(path || ".", folder)
      : `${folder}/${path}`;
    for await (const { name, isDirectory } of Deno.readDir(at)) {
      if (!isDirectory && fit.test(path + name)) files.push(path + name);
      else if (isDirectory && FOLDERS.test(path + name)) {
        await visit(`${path}${name}/`);
      }
    }
  };
  await visit("");
  return files.sort();
}

/** Returns which tests and tools in the folder were changed or removed. */
export async function tamperedWith(folder: string): Promise<string[]> {
  const found: string[] = [];
  const exercise = await BoundedFolder.open(folder, MOST);
  for (const path of await filesOf(ROOT, JUDGES)) {
    if (ANSWERS.test(path)) continue;
    const before = await Deno.readTextFile(new URL(path, ROOT));
    const now = await exercise.readText(path);
    if (now === undefined) found.push(`${path} is gone`);
    else if (now !== before) found.push(`${path} was changed`);
  }
  return found;
}

/**
 * Copies the project, but takes the files that a student may change from the
 * student's folder.
 */
export async function copyMended(from: string, to: string): Promise<void> {
  await copyProject(to);
  for (const path of await filesOf(to, MENDED)) {
    await Deno.remove(`${to}/${path}`);
  }
  const exercise = await BoundedFolder.open(from, MOST);
  for (const path of await filesOf(from, MENDED)) {
    const folder = path.slice(0, path.lastIndexOf("/") + 1);
    await Deno.mkdir(`${to}/${folder}`, { recursive: true });
    await exercise.copyFile(path, `${to}/${path}`);
  }
}
