/**
 * The servers that are compared.
 *
 * @module
 */

import type { Speech } from "./workload.ts";

/** A server under load. */
export interface Contender {
  /** What it is called in the tables. */
  name: string;
  /** How a load talks with it. */
  speech: Speech;
  /** The program that must be there for it, besides Deno. */
  needs?: string;
  /** Whether its stdout is read, as by whoever keeps a log. */
  piped?: boolean;
  /** The command that starts it at a port. */
  command(port: string): string[];
}

const DENO = [Deno.execPath(), "run", "--quiet", "--no-prompt", "--allow-net"];
const SERVERS = "bench/compare/servers";
/** Where the server for Node is bundled to. */
export const BUNDLE = "dist/bench_node.mjs";

function rollcall(
  name: string,
  speech: Speech,
  flags: string[],
  piped = false,
): Contender {
  const command = (port: string) => [
    ...DENO,
    ...["server.ts", "--port", port, ...flags],
  ];
  return { name, speech, piped, command };
}

/** This project's server, as it is. */
export const ROLLCALL: Contender = rollcall("Rollcall", "pickle", ["--quiet"]);

/** All of them, ours first. */
export const CONTENDERS: readonly Contender[] = [
  ROLLCALL,
  rollcall("Rollcall, mixed", "mixed", ["--quiet"]),
  rollcall("Rollcall, json", "json", ["--quiet", "--wire", "json"]),
  rollcall("Rollcall, with lines", "pickle", [], true),
  {
    name: "Redis",
    speech: "redis",
    needs: "redis-server",
    command: (port) => [
      ...["redis-server", "--bind", "127.0.0.1", "--port", port],
      ...["--save", "", "--appendonly", "no"],
    ],
  },
  {
    name: "bare echo, Deno",
    speech: "echo",
    command: (port) => [...DENO, `${SERVERS}/echo.ts`, port],
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
