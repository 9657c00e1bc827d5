// The grader, run as an instructor runs it, over the programs in tests/graded/.

import { Program, ROOT } from "../../tools/processes/program.ts";

export const GRADED = `${ROOT}tests/graded`;

/** Starts `deno task grade` with these arguments. */
export function grade(...args: string[]): Program {
  const flags = ["run", "--quiet", "--allow-all", "tools/grade/grade.ts"];
  return new Program(Deno.execPath(), [...flags, ...args]);
}

/** Grades a program of `tests/graded/`, on a free port. */
export function gradeKnown(command: string, ...args: string[]): Program {
  const spawn = ["--spawn", `python3 ${command}`, "--cwd", GRADED];
  return grade(...spawn, "--port", "0", ...args);
}

/** Whether a process runs whose command line contains this text. */
export async function isRunning(token: string): Promise<boolean> {
  const { success } = await new Deno.Command("pgrep", { args: ["-f", token] })
    .output();
  return success;
}

/** Leaves a closed connection at a port, which occupies it for a minute: TIME_WAIT. */
export async function occupy(port: number): Promise<void> {
  const hostname = "127.0.0.1";
  using listener = Deno.listen({ hostname, port });
  using conn = await Deno.connect({ hostname, port });
  // Who closes first keeps the port.
  (await listener.accept()).close();
  await conn.read(new Uint8Array(1));
}
