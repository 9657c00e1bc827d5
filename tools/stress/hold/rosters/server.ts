/**
 * Servers whose rosters outlive them.
 *
 * @module
 */

import { readStore } from "../../../../lib/students/open.ts";
import type { Row } from "../../../../lib/students/row.ts";
import { listening, Program } from "../../../processes/program.ts";
import { stablePort } from "../../../processes/stable_port.ts";

/** Where a server keeps its roster, and listens. */
export interface RosterPlace {
  /** The file, or the address of Redis. */
  roster: string;
  /** The folder that the server may use. */
  folder: string;
  /** The port, so that it can start again on the same one. */
  port: number;
}

/** Does something with a roster in a file, in a folder of its own that is removed afterwards. */
export async function withRosterFile<T>(
  use: (place: RosterPlace) => Promise<T>,
): Promise<T> {
  const folder = await Deno.makeTempDir({ prefix: "rollcall-" });
  try {
    const roster = `${folder}/class.db`;
    return await use({ roster, folder, port: stablePort() });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Starts the shipped server as a process of its own. Resolves when it listens. */
export async function startServer(
  { roster, folder, port }: RosterPlace,
): Promise<Program> {
  const program = new Program(Deno.execPath(), [
    ...["run", "--quiet", "--no-prompt", "--v8-flags=--max-semi-space-size=8"],
    ...["--allow-net=127.0.0.1", "--allow-sys=networkInterfaces"],
    ...[`--allow-read=${folder}`, `--allow-write=${folder}`],
    ...["server.ts", "--port", `${port}`, "--roster", roster],
  ]);
  try {
    await listening(program);
    return program;
  } catch (error) {
    await program[Symbol.asyncDispose]();
    throw error;
  }
}

/** Reads all rows of a roster, as another program than the server. */
export async function readRows(roster: string): Promise<Row[]> {
  const store = await readStore(roster);
  try {
    return await Array.fromAsync(store.readAll());
  } finally {
    await store.close();
  }
}
