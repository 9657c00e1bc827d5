/**
 * Clients whose incomplete messages take as much memory as they can.
 *
 * @module
 */

import { attacked, politeFigures } from "./attack.ts";
import { atMost, figuresOf } from "./figures.ts";
import type { Figure, Scenario } from "./scenario.ts";

/** Parts of pickles, in hexadecimal, that are repeated to a message: small bytes, large values. */
const COSTLY: Record<string, string> = {
  "bytes objects": "4300", // SHORT_BINBYTES of length 0
  "sets in the memo": "8f9430", // EMPTY_SET, MEMOIZE, POP
  "numbers": "4b00", // BININT1 0
  "lists": "5d",
};
/** How many connections keep such a message. */
const CONNECTIONS = [500, 4000];
const SECONDS = 15;
/** The most resident memory of the server, in MiB. */
const RESIDENT = 600;

/** However much incomplete messages would take, the server's memory is bounded. */
export const memory: Scenario = {
  name: "memory",
  about: `${CONNECTIONS.join(" and ")} connections keep a costly incomplete ` +
    "message: the memory is bounded, and a polite client is served",
  async measure(tell, stop): Promise<Figure[]> {
    const figures: Figure[] = [];
    for (const [what, hex] of Object.entries(COSTLY)) {
      for (const count of CONNECTIONS) {
        tell(`${count} connections, ${what}`);
        const args = [`${count}`, hex];
        const found = await attacked(
          { load: "unfinished", processes: 1, args, seconds: SECONDS },
          stop,
        );
        const all = [
          atMost("resident memory", found.resident, RESIDENT, "MiB"),
          ...politeFigures(found, {}),
        ];
        figures.push(...figuresOf(`${count} with ${what}`, all));
      }
    }
    return figures;
  },
};
