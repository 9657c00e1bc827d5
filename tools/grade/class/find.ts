/**
 * Finding the program in a submission's folder.
 *
 * @module
 */

import { counted } from "../../../lib/text.ts";
import type { Side } from "../kit.ts";
import { filesIn, type FoundFile } from "./files.ts";
import { NotGraded } from "./submission.ts";

/** Where the program is, and how it is started. */
export interface Found {
  folder: string;
  command: readonly string[];
  /** Why this program was started. Empty if it is where it was expected. */
  note: string;
}

/** Bytes of a Python file that are searched. */
const SEARCHED = 2 ** 20;
/** Files that a message names. */
const NAMED = 4;

/** What a program of each side calls to do its part, and how that is said. */
const DOES: Record<Side, { calls: readonly string[]; verb: string }> = {
  server: {
    calls: [".listen(", "start_server(", "create_server(", "socketserver."],
    verb: "listens",
  },
  client: {
    calls: [
      ".connect(",
      ".connect_ex(",
      "create_connection(",
      "open_connection(",
    ],
    verb: "connects",
  },
};

/** A Python file, and its text. */
interface Module extends FoundFile {
  text: string;
  /** The modules that it imports. */
  imports: ReadonlySet<string>;
}

/**
 * Finds the program that a command starts: in the folder, in a folder below, or
 * under another name.
 *
 * @returns `undefined` if there is none.
 * @throws {NotGraded} If there are several.
 */
export async function find(
  folder: string,
  command: readonly string[],
  side: Side,
): Promise<Found | undefined> {
  const files = await filesIn(folder);
  const words = command.map((word) => word.replace(/^\.\//, ""));
  for (const word of words) {
    const same = files.filter(({ path }) => `/${path}`.endsWith(`/${word}`));
    if (same.length === 0) continue;
    const file = theOne(same);
    const below = file.path.slice(0, file.path.length - word.length);
    const note = below ? `${word} is in ${below.slice(0, -1)}` : "";
    const found = { folder: join(folder, below), command, note };
    if (!word.endsWith(".py")) return found;
    const modules = await modulesIn(folder, files);
    const module = modules.find(({ path }) => path === file.path)!;
    const starter = starterOf(module, modules);
    return starter === module
      ? found
      : startOf(starter, `it imports ${word}, which does nothing by itself`);
  }
  const at = words.findIndex((word) => word.endsWith(".py"));
  if (at < 0) return descend(folder, files, command);
  const word = words[at];
  const alike = files.filter(({ name }) =>
    name.toLowerCase() === word.toLowerCase()
  );
  if (alike.length > 0) return startOf(theOne(alike), `there is no ${word}`);
  const { calls, verb } = DOES[side];
  const modules = await modulesIn(folder, files);
  const doing = modules.filter(({ text }) =>
    calls.some((call) => text.includes(call)) &&
    // Servers connect, too, for example to find out their own address.
    (side === "server" || !DOES.server.calls.some((it) => text.includes(it)))
  );
  if (doing.length === 0) return undefined;
  const starters = [...new Set(doing.map((it) => starterOf(it, modules)))];
  const named = starters.filter(({ name }) =>
    name.toLowerCase().includes(side)
  );
  const file = theOne(named.length === 1 ? named : starters);
  const why = starters.length === 1
    ? `no other Python file ${verb}`
    : named.length === 1
    ? `no other file that ${verb} is called a ${side}`
    : `all others that ${verb.slice(0, -1)} are in folders below`;
  return startOf(file, `there is no ${word}, and ${why}`);

  function startOf({ path, name }: FoundFile, why: string): Found {
    const below = path.slice(0, path.length - name.length);
    const place = below ? ` in ${below.slice(0, -1)}` : "";
    return {
      folder: join(folder, below),
      command: command.map((it, i) => words[i].endsWith(".py") ? name : it),
      note: `${name}${place} was started: ${why}`,
    };
  }
}

/** Returns the shallowest file. @throws {NotGraded} If several are equally deep. */
function theOne<F extends FoundFile>(files: readonly F[]): F {
  const [first] = files;
  const equal = files.filter(({ depth }) => depth === first.depth);
  if (equal.length === 1) return first;
  const more = equal.length > NAMED ? `, and ${equal.length - NAMED} more` : "";
  throw new NotGraded(
    `it could be ${counted(equal.length, "program")}: ` +
      equal.slice(0, NAMED).map(({ path }) => path).join(", ") + more,
  );
}

/** Where a command names no file of the submission, a folder that is the only thing in a folder is opened. */
function descend(
  folder: string,
  files: readonly FoundFile[],
  command: readonly string[],
): Found | undefined {
  if (files.length === 0) return undefined;
  const parts = files.map(({ path }) => path.split("/").slice(0, -1));
  let depth = 0;
  while (
    parts.every((part) =>
      part.length > depth && part[depth] === parts[0][depth]
    )
  ) depth++;
  const below = parts[0].slice(0, depth).join("/");
  const note = below ? `it was started in ${below}` : "";
  return { folder: join(folder, below), command, note };
}

async function modulesIn(
  folder: string,
  files: readonly FoundFile[],
): Promise<Module[]> {
  const modules: Module[] = [];
  for (const file of files.filter(({ name }) => /\.py$/i.test(name))) {
    const text = await beginningOf(`${folder}/${file.path}`);
    // Lines that are comments call nothing.
    const code = text.split("\n").filter((line) => !/^\s*#/.test(line))
      .join("\n");
    modules.push({ ...file, text: code, imports: importsOf(code) });
  }
  return modules;
}

async function beginningOf(path: string): Promise<string> {
  using file = await Deno.open(path).catch(() => undefined);
  if (!file) return "";
  const bytes = new Uint8Array(SEARCHED);
  let length = 0;
  for (let count; (count = await file.read(bytes.subarray(length)));) {
    length += count;
  }
  return new TextDecoder().decode(bytes.subarray(0, length));
}

function importsOf(code: string): Set<string> {
  const names = new Set<string>();
  for (const line of code.split("\n")) {
    const [, from, list] =
      /^\s*(?:from\s+([\w.]+)\s+import\b|import\s+([\w., \t]+))/.exec(line) ??
        [];
    for (const name of from ? [from] : list?.split(",") ?? []) {
      names.add(name.trim().split(/\s/)[0].replace(/^\.+/, ""));
    }
  }
  return names;
}

/** Returns the file that starts a module: the only one that imports it, if the module itself starts nothing. */
function starterOf(module: Module, modules: readonly Module[]): Module {
  if (startsItself(module.text)) return module;
  const folder = (path: string) => path.slice(0, path.lastIndexOf("/") + 1);
  const importers = modules.filter((other) =>
    other !== module && folder(other.path) === folder(module.path) &&
    other.imports.has(module.name.slice(0, -".py".length)) &&
    startsItself(other.text) && !/^test|_test\.py$/i.test(other.name)
  );
  return importers.length === 1 ? importers[0] : module;
}

/** Whether a module does more than to define something: it tests its name, or has a call or a loop that belongs to no function. */
function startsItself(code: string): boolean {
  return code.includes("__name__") ||
    /^(?:\w[\w.]*\(|(?:while|with|try|for|if)\b)/m.test(code);
}

function join(folder: string, below: string): string {
  return below ? `${folder}/${below.replace(/\/$/, "")}` : folder;
}
