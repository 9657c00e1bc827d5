/**
 * `deno task compile`: both programs as executables, which run without Deno.
 *
 * @module
 */

import { toggle } from "../../lib/cli/flags.ts";
import { exitWith, Failure, runProgram } from "../../lib/cli/program.ts";
import type { StopSignals } from "../../lib/cli/signals.ts";
import { print } from "../../lib/output.ts";

/** The machines that Deno compiles for. */
const TARGETS = [
  "x86_64-unknown-linux-gnu",
  "aarch64-unknown-linux-gnu",
  "x86_64-apple-darwin",
  "aarch64-apple-darwin",
  "x86_64-pc-windows-msvc",
];

/**
 * The permissions and V8 flags of each program, as in its task. An executable
 * cannot change them.
 */
const PROGRAMS = {
  server: [
    "--v8-flags=--max-semi-space-size=8",
    "--allow-net",
    "--allow-sys=networkInterfaces",
    "--allow-env=ROLLCALL_REDIS_PASSWORD",
    "--allow-read=data",
    "--allow-write=data",
  ],
  client: ["--allow-net"],
};

/** Compiles one program, and returns the name of its executable in `dist/`. */
async function compile(
  program: keyof typeof PROGRAMS,
  target?: string,
): Promise<string> {
  const windows = target?.includes("windows") ?? Deno.build.os === "windows";
  const name = (target ? `${program}-${target}` : program) +
    (windows ? ".exe" : "");
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "compile",
      "--quiet",
      "--no-prompt",
      ...PROGRAMS[program],
      ...(target ? ["--target", target] : []),
      "--output",
      `dist/${name}`,
      `${program}.ts`,
    ],
  }).output();
  if (success) return name;
  const [why] = new TextDecoder().decode(stderr).split("\nStack backtrace");
  throw new Failure(
    `${why.trim()}\n\nCannot compile ${program}.ts. At its first use, deno compile ` +
      "fetches denort, its runtime part. Where it cannot, name one in DENORT_BIN",
  );
}

async function sum(name: string): Promise<string> {
  const bytes = await Deno.readFile(`dist/${name}`);
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const hex = Array.from(hash, (byte) => byte.toString(16).padStart(2, "0"));
  return `${hex.join("")}  ${name}`;
}

async function compileAll(all: boolean): Promise<number> {
  const names: string[] = [];
  for (const target of all ? TARGETS : [undefined]) {
    for (const program of ["server", "client"] as const) {
      names.push(await compile(program, target));
    }
  }
  const sums = await Promise.all(names.map(sum));
  if (all) {
    await Deno.writeTextFile("dist/SHA256SUMS", sums.join("\n") + "\n");
  }
  print(all ? sums : names.map((name) => `dist/${name}`));
  return 0;
}

/** The command line. Returns the exit code. */
export function main(
  args: readonly string[],
  _signals: StopSignals,
): Promise<number> {
  return runProgram({
    use: "compile",
    about: "Compiles the server and the client to executables in dist/.",
    flags: {
      all: toggle("for all machines that Deno compiles for, with SHA-256 sums"),
    },
    run: ({ all }: { all: boolean }) => compileAll(all),
  }, args);
}

if (import.meta.main) await exitWith(main);
