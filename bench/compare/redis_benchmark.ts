/**
 * The load of Redis' own program.
 *
 * @module
 */

import { Failure } from "../../lib/cli/program.ts";
import { processorSeconds } from "../../tools/stress/hold/processes.ts";
import type { Speed } from "./round.ts";
import { LOAD_CORE, onCore, type Subject } from "./subject.ts";

/**
 * Sends `requests` to a server, as the arguments say. Only `redis-benchmark` has
 * seen how long the answers took.
 */
export async function redisBenchmark(
  { port, pid }: Subject,
  requests: number,
  pinned: boolean,
  ...args: readonly string[]
): Promise<Speed> {
  const used = processorSeconds(pid);
  const [program, ...words] = onCore(LOAD_CORE, pinned, [
    ...["redis-benchmark", "-p", port, "-n", `${requests}`, "--csv", ...args],
  ]);
  const { stdout } = await new Deno.Command(program, { args: words }).output();
  const last = new TextDecoder().decode(stdout).trim().split("\n").at(-1);
  const [, rate] = last?.match(/","([\d.]+)"/) ?? [];
  if (!rate) throw new Failure(`redis-benchmark said: ${last}`);
  const cost = (processorSeconds(pid) - used) * 1e6 / requests;
  return { throughput: Number(rate), cost };
}
