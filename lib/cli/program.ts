/**
 * What is the same in all our command-line programs: help, version, errors, exit codes.
 *
 * @module
 */

import config from "../../deno.json" with { type: "json" };
import { reason } from "../text.ts";
import { type Flags, parseFlags, toggle, usage, UsageError } from "./flags.ts";
import { listenForStop, type StopSignals } from "./signals.ts";
import { complain, flush, print } from "../output.ts";

/** Something that the user can mend, said so that the user can. */
export class Failure extends Error {
  /** The class's name, as in `error.name`. */
  override name = "Failure";
}

/** A program, as its user sees it. */
export interface Program<Values> {
  /** How it is called. */
  use: string;
  /** What it does, in a sentence. */
  about: string;
  /** Its flags, but for `--help` and `--version`. */
  flags: Flags<Values>;
  /** Does it, and returns the exit code. */
  run(flags: Values): Promise<number>;
}

interface Common {
  help: boolean;
  version: boolean;
}

const COMMON: Flags<Common> = {
  help: toggle("say this, and end"),
  version: toggle("say the version, and end"),
};

/** Runs a program, and returns its exit code: 0 done, 1 failed, 2 bad usage. */
export async function runProgram<Values>(
  { use, about, flags, run }: Program<Values>,
  args: readonly string[],
): Promise<number> {
  try {
    const all = { ...flags, ...COMMON } as Flags<Values & Common>;
    const values: Values & Common = parseFlags(args, all);
    if (values.help) print(usage(use, about, all));
    else if (values.version) print([`rollcall ${config.version}`]);
    else return await run(values);
    return 0;
  } catch (error) {
    complain(
      error instanceof Failure || error instanceof UsageError
        ? error.message
        : `Failed: ${reason(error)}`,
    );
    return error instanceof UsageError ? 2 : 1;
  }
}

/** Runs a program's `main` on this process's command line, and ends the process. */
export async function exitWith(
  main: (args: readonly string[], signals: StopSignals) => Promise<number>,
): Promise<never> {
  const code = await main(Deno.args, listenForStop());
  await flush();
  Deno.exit(code);
}
