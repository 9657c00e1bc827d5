/**
 * `deno task compile`: both programs as executables, which run without Deno.
 *
 * @module
 */

import { toggle } from "../../lib/cli/flags.ts";
import { exitWith, Failure, runProgram } from "../../lib/cli/program.ts";
import type { StopSignals } from "../../lib/cli/signals.ts";
import { print } from "../../lib/output.ts";

/** The systems that Deno compiles for, with Deno's name for each. */
const SYSTEMS: Readonly<Record<string, string>> = {
  "linux-x86_64": "x86_64-unknown-linux-gnu",
  "linux-arm64": "aarch64-unknown-linux-gnu",
  "macos-x86_64": "x86_64-apple-darwin",
  "macos-arm64": "aarch64-apple-darwin",
  "windows-x86_64": "x86_64-pc-windows-msvc",
};
const RELEASES = "https://github.com/denoland/deno/releases/download";
/** How `deno compile` says that it has no runtime part. */
const NO_RUNTIME = /denort/;

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
  client: ["--allow-net", "--allow-read=data"],
};

/** Compiles one program, and returns the name of its executable in `dist/`. */
async function compile(
  program: keyof typeof PROGRAMS,
  system?: string,
): Promise<string> {
  const windows = system?.includes("windows") ?? Deno.build.os === "windows";
  const name = (system ? `${program}-${system}` : program) +
    (windows ? ".exe" : "");
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "compile",
      "--quiet",
      "--no-prompt",
      ...PROGRAMS[program],
      ...(system ? ["--target", SYSTEMS[system]] : []),
      "--output",
      `dist/${name}`,
      `${program}.ts`,
    ],
  }).output();
  if (success) return name;
  const [why] = new TextDecoder().decode(stderr).split("\nStack backtrace");
  const missing = why.split("\n").find((line) => NO_RUNTIME.test(line));
  if (missing === undefined) throw new Failure(why.trim());
  throw new Failure([
    `Cannot compile ${program}.ts without denort, Deno's runtime part:`,
    missing.trim().replace(/^\d+: /, ""),
    ...await withoutRuntime(system),
  ].join("\n"));
}

/** Says in three lines where to get the runtime part, and where to put it. */
async function withoutRuntime(system?: string): Promise<string[]> {
  const target = system ? SYSTEMS[system] : Deno.build.target;
  const version = `v${Deno.version.deno}`;
  const file = `denort-${target}.zip`;
  const download = `1. Download ${RELEASES}/${version}/${file}`;
  if (system) {
    return [
      download,
      `2. Put it, still zipped, into ${await denoDir()}/dl/release/${version}/`,
      "3. Do the same for each other system. Then: deno task compile --all",
    ];
  }
  const windows = Deno.build.os === "windows";
  const [name, path, assign] = windows
    ? ["denort.exe", "C:\\path\\to\\denort.exe", "$env:DENORT_BIN="]
    : ["denort", "/path/to/denort", "DENORT_BIN="];
  return [
    download,
    `2. Unpack ${name} from it`,
    `3. ${assign}${windows ? `"${path}"; ` : `${path} `}deno task compile`,
  ];
}

/** Returns the folder in which Deno keeps what it has fetched. */
async function denoDir(): Promise<string> {
  const args = ["info", "--json"];
  const { stdout } = await new Deno.Command(Deno.execPath(), { args }).output();
  return JSON.parse(new TextDecoder().decode(stdout)).denoDir;
}

async function sum(name: string): Promise<string> {
  const bytes = await Deno.readFile(`dist/${name}`);
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const hex = Array.from(hash, (byte) => byte.toString(16).padStart(2, "0"));
  return `${hex.join("")}  ${name}`;
}

async function compileAll(all: boolean): Promise<number> {
  if (all && Deno.env.get("DENORT_BIN") !== undefined) {
    throw new Failure(
      "--all needs the runtime part of each system, and DENORT_BIN names one: " +
        "unset it",
    );
  }
  const names: string[] = [];
  for (const system of all ? Object.keys(SYSTEMS) : [undefined]) {
    for (const program of ["server", "client"] as const) {
      names.push(await compile(program, system));
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
      all: toggle("for all systems, named by system, with SHA-256 sums"),
    },
    run: ({ all }: { all: boolean }) => compileAll(all),
  }, args);
}

if (import.meta.main) await exitWith(main);
