/**
 * What all command-line programs share: help, version, errors, exit codes.
 *
 * @module
 */

import config from "../../deno.json" with { type: "json" };
import { reason } from "../text.ts";
import { type Flags, parseFlags, toggle, usage, UsageError } from "./flags.ts";
import { listenForStop, type StopSignals, whenAborted } from "./signals.ts";
import { complain, flush, print } from "../output.ts";

/**
 * An error that is expected. The user sees its message without the error's
 * name.
 */
export class Failure extends Error {
  /** The class's name, as in `error.name`. */
  override name = "Failure";
}

/** Rejects with a {@linkcode Failure} when the user asks the program to end. */
export function stopped(stop: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    whenAborted(stop, () => reject(new Failure("Stopped")));
  });
}

/** A program, as its user sees it. */
export interface Program<Values> {
  /** The command that starts it. */
  use: string;
  /** What it does, in one sentence. */
  about: string;
  /** Its flags, except `--help` and `--version`. */
  flags: Flags<Values>;
  /** Whether it takes operands: arguments that belong to no flag. @default {false} */
  takesOperands?: boolean;
  /** Runs it, and resolves to the exit code. */
  run(flags: Values, operands: readonly string[]): Promise<number>;
}

interface Common {
  help: boolean;
  version: boolean;
}

const COMMON: Flags<Common> = {
  help: toggle("show this help and exit"),
  version: toggle("show the version and exit"),
};

/** Runs a program, and resolves to its exit code: 0 done, 1 failed, 2 bad usage. */
export async function runProgram<Values>(
  { use, about, flags, takesOperands = false, run }: Program<Values>,
  args: readonly string[],
): Promise<number> {
  try {
    const all = { ...flags, ...COMMON } as Flags<Values & Common>;
    const { values, operands } = parseFlags<Values & Common>(args, all);
    if (operands.length > 0 && !takesOperands) {
      throw new UsageError(
        `Cannot take ${JSON.stringify(operands[0])}: ` +
          "there are only flags, see --help",
      );
    }
    if (values.help) print(usage(use, about, all));
    else if (values.version) print([`rollcall ${config.version}`]);
    else return await run(values, operands);
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
  // npm needs `--` before a script's flags, so many users type it here, too.
  const at = Deno.args.indexOf("--");
  const args = Deno.args.filter((_, i) => i !== at);
  const code = await main(args, listenForStop());
  await flush();
  Deno.exit(code);
}
