/**
 * This run, compared with an earlier one on the same machine.
 *
 * @module
 */

import { readText } from "../../lib/cli/data_file.ts";
import { Failure } from "../../lib/cli/program.ts";
import { inWords, type Machine } from "./machine.ts";
import type { Speed } from "./round.ts";
import type { Bench, Section } from "./section.ts";
import { ratioTable } from "./tables.ts";
import { COST, throughput } from "./throughput.ts";

/** The figures of `--json` that are compared. */
export interface Saved {
  machine: Machine;
  quick: boolean;
  /** The rates of all rounds, by contender and by column. */
  throughput: Record<string, Record<string, Speed[]>>;
}

/** Returns the value of JSON, or `undefined` for other text. */
function parse(text: string): Partial<Saved> | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Reads what `--json` printed.
 *
 * @throws {Failure} If it cannot be compared with a run on `machine`.
 */
export function readSaved(
  path: string,
  machine: Machine,
  quick: boolean,
): Saved {
  const saved = parse(readText(path));
  if (!saved?.machine || !saved.throughput) {
    throw new Failure(
      `${path} is not what deno task bench --only throughput --json prints: ` +
        "it has no machine, or no throughput",
    );
  }
  const [there, here] = [saved.machine, machine].map(inWords);
  if (there !== here) {
    throw new Failure(
      `${path} was measured on ${there}, and this is ${here}: figures of two ` +
        "machines, or of two versions of Deno, cannot be compared",
    );
  }
  if (saved.quick !== quick) {
    throw new Failure(
      `${path} was measured ${quick ? "without" : "with"} --quick: ` +
        "compare it with a run of the same length",
    );
  }
  return saved as Saved;
}

/**
 * Compares the processor time of all contenders with that of an earlier run. How
 * much the others have changed says how much the machine has.
 */
export async function againstFile(
  path: string,
  saved: Saved,
  bench: Bench,
): Promise<Section> {
  const { measured: { rows, columns }, figures } = await throughput(bench);
  const pairs = rows.map((above) => {
    const earlier = saved.throughput[above.name];
    const cells = columns.map((column) => earlier[column]);
    return { name: above.name, above, below: { name: above.name, cells } };
  });
  const title = `now / ${path}: processor time per request`;
  return { tables: [ratioTable(title, columns, pairs, COST)], figures };
}
