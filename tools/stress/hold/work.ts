/**
 * Clients whose messages take as much processor time as they can.
 *
 * @module
 */

import { costlyMessages } from "../costliest/found.ts";
import { attacked, politeFigures } from "./attack.ts";
import { figuresOf } from "./figures.ts";
import type { Figure, Scenario } from "./scenario.ts";

const CONNECTIONS = 150;
const SECONDS = 8;
/** How long a polite client may wait, in milliseconds. */
const P50 = 5;
const P99 = 50;

/** Costly messages take their own sender's time. */
export const work: Scenario = {
  name: "work",
  about:
    `${CONNECTIONS} connections send the costliest messages without end: ` +
    "a polite client does not wait",
  async measure(tell, stop): Promise<Figure[]> {
    const figures: Figure[] = [];
    for (const [which, { name, format }] of costlyMessages().entries()) {
      for (const how of ["kept", "fresh"]) {
        const args = [`${CONNECTIONS}`, `${which}`, how];
        const found = await attacked(
          { load: "work", processes: 1, args, seconds: SECONDS, wire: format },
          stop,
        );
        const attack = `${name}, ${how}`;
        tell(`${attack}: ${found.reports} messages in ${SECONDS} s`);
        const polite = politeFigures(found, { p50: P50, p99: P99 });
        figures.push(...figuresOf(attack, polite));
      }
    }
    return figures;
  },
};
