/**
 * Clients that connect and close without end.
 *
 * @module
 */

import { attacked, politeFigures } from "./attack.ts";
import { atMost } from "./figures.ts";
import type { Figure, Scenario } from "./scenario.ts";

const PROCESSES = 4;
const SECONDS = 10;
/** How long a polite client may wait, in milliseconds. */
const P99 = 20;
const LONGEST = 100;
/** How much the server may grow, in MiB. */
const GROWTH = 50;

/** Clients that only connect and close do not make others wait. */
export const churn: Scenario = {
  name: "churn",
  about: `${PROCESSES} processes connect and close without end: ` +
    "a polite client does not wait",
  async measure(tell, stop): Promise<Figure[]> {
    const found = await attacked(
      { load: "churn", processes: PROCESSES, seconds: SECONDS },
      stop,
    );
    const all = found.reports.reduce((sum: number, it) => sum + Number(it), 0);
    tell(`${Math.round(all / SECONDS)} connections per second`);
    return [
      ...politeFigures(found, { p99: P99, longest: LONGEST }),
      atMost("memory growth", found.growth, GROWTH, "MiB"),
    ];
  },
};
