/**
 * The servers that are compared.
 *
 * @module
 */

import config from "../../deno.json" with { type: "json" };
import type { Speech } from "./workload.ts";

/** A server under load. */
export interface Contender {
  /** Its name in the tables. */
  name: string;
  /** The protocol of its load. */
  speech: Speech;
  /** The program that it needs, besides Deno. */
  needs?: string;
  /** Whether it is a variant of another contender. */
  again?: boolean;
  /** The command that starts it at a port. */
  command(port: string): string[];
}

/** The words after `deno` in the server's task. */
export const TASK: readonly string[] = afterDeno(config.tasks.server.command);
/** The engine's flags in it. The bare echo gets them, too. */
const ENGINE = TASK.filter((word) => word.startsWith("--v8-flags="));
const SERVERS = "bench/compare/servers";
/** The path of the bundled server for Node. */
export const BUNDLE = "dist/bench_node.mjs";

/** Returns the words of a task after `deno`. */
export function afterDeno(task: string): string[] {
  const [, ...words] = task.split(" ");
  return words;
}

/** Returns the words after `deno` in the server's task of a copy of the project. */
export async function taskIn(folder: string): Promise<string[]> {
  const { tasks } = JSON.parse(await Deno.readTextFile(`${folder}/deno.json`));
  // Early versions have no description beside the command.
  return afterDeno(tasks.server.command ?? tasks.server);
}

/** Returns this project's server, started by a task's words. */
export function rollcall(
  name: string,
  speech: Speech,
  flags: readonly string[],
  task: readonly string[] = TASK,
): Contender {
  const command = (port: string) => [
    ...[Deno.execPath(), ...task, "--port", port, ...flags],
  ];
  return { name, speech, again: name !== "Rollcall", command };
}

/** This project's server, as its task starts it. */
export const ROLLCALL: Contender = rollcall("Rollcall", "pickle", ["--quiet"]);

/** Redis, which keeps nothing on the disk, or all that `flags` say. */
export function redis(
  flags: readonly string[] = ["--save", "", "--appendonly", "no"],
): Contender {
  const command = (port: string) => [
    ...["redis-server", "--bind", "127.0.0.1", "--port", port, ...flags],
  ];
  return { name: "Redis", speech: "redis", needs: "redis-server", command };
}

/** All contenders, Rollcall first. */
export const CONTENDERS: readonly Contender[] = [
  ROLLCALL,
  rollcall("Rollcall, mixed", "mixed", ["--quiet"]),
  rollcall("Rollcall, json", "json", ["--quiet", "--wire", "json"]),
  rollcall("Rollcall, with lines", "pickle", []),
  redis(),
  {
    name: "bare echo, Deno",
    speech: "echo",
    command: (port) => [
      ...[Deno.execPath(), "run", "--no-prompt", "--allow-net", ...ENGINE],
      ...[`${SERVERS}/echo.ts`, port],
    ],
  },
  {
    name: "net of Node, our reader",
    speech: "pickle",
    needs: "node",
    command: (port) => ["node", BUNDLE, port],
  },
  {
    name: "asyncio, Python",
    speech: "pickle",
    needs: "python3",
    command: (port) => ["python3", `${SERVERS}/tasks.py`, port],
  },
  {
    name: "threads, Python",
    speech: "pickle",
    needs: "python3",
    command: (port) => ["python3", `${SERVERS}/threads.py`, port],
  },
];
