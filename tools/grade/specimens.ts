/**
 * Programs with known results: good ones, and those in `tests/graded/` with one
 * fault each.
 *
 * @module
 */

import { pythonPath } from "../processes/python.ts";
import type { Side } from "./kit.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const FOLDER = `${ROOT}tests/graded`;
/** The command that runs our own programs. */
const DENO = [Deno.execPath(), "run", "--quiet", "--no-prompt", "--allow-net"];

/** A program, and its known faults. */
export interface Specimen {
  name: string;
  side: Side;
  command: readonly string[];
  folder: string;
  /** The checks that it fails, with the causes. The first is the deciding check. */
  fails: Readonly<Record<string, string>>;
  /** Checks that it passes in spite of its fault. */
  passes: readonly string[];
}

/** Returns the programs with a fault, as `tests/graded/bad_SIDEs.py` lists them. */
async function bad(side: Side, python: string): Promise<Specimen[]> {
  const file = `bad_${side}s.py`;
  const { stdout } = await new Deno.Command(python, {
    args: [file, "--list"],
    cwd: FOLDER,
  }).output();
  const lines = new TextDecoder().decode(stdout).trim().split("\n");
  return lines.map((line) => {
    const { name, fails, passes } = JSON.parse(line);
    const command = [python, file, name, "{port}"];
    return {
      name: `${side} ${name}`,
      side,
      command,
      folder: FOLDER,
      fails,
      passes,
    };
  });
}

async function runs(command: string, ...args: string[]): Promise<boolean> {
  const options = { args, stdout: "null", stderr: "null" } as const;
  return await new Deno.Command(command, options).output()
    .then(({ success }) => success, () => false);
}

/**
 * Returns the good programs that can run here. Compiled ones are put into
 * `folder`.
 */
async function good(folder: string, python: string): Promise<Specimen[]> {
  const specimen = (
    name: string,
    side: Side,
    command: string[],
    folder = FOLDER,
  ): Specimen => ({
    name: `good ${name}`,
    side,
    command,
    folder,
    fails: {},
    passes: [],
  });
  const sys = "--allow-sys=networkInterfaces";
  const found = [
    specimen("Rollcall server", "server", [
      ...DENO,
      sys,
      `${ROOT}server.ts`,
      "--port",
      "{port}",
    ]),
    specimen("Rollcall client", "client", [
      ...DENO,
      `${ROOT}client.ts`,
      "--port",
      "{port}",
    ]),
    specimen("Python threads", "server", [python, "server.py", "{port}"]),
    specimen("Python asyncio", "server", [
      python,
      "asyncio_server.py",
      "{port}",
    ]),
    specimen("Python client", "client", [python, "client.py", "{port}"]),
  ];
  if (await runs("node", "--version")) {
    found.push(specimen("Node", "server", ["node", "server.mjs", "{port}"]));
  }
  if (await runs("javac", "-d", folder, `${FOLDER}/Server.java`)) {
    const command = ["java", "Server", "{port}"];
    found.push(specimen("Java", "server", command, folder));
  }
  return found;
}

/** Returns all programs, those without a fault first. */
export async function specimens(folder: string): Promise<Specimen[]> {
  const python = await pythonPath();
  return [
    ...await good(folder, python),
    ...await bad("server", python),
    ...await bad("client", python),
  ];
}
