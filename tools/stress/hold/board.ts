/**
 * A server with a board, which a class and strangers use.
 *
 * @module
 */

import { stablePort } from "../../processes/stable_port.ts";
import { attacked, politeFigures } from "./attack.ts";
import { atMost, figuresOf } from "./figures.ts";
import type { Figure, Scenario } from "./scenario.ts";

const SECONDS = 11;
/** How long a polite client may wait, in milliseconds. */
const P99 = 10;
/** How much the server may grow, in MiB. */
const GROWTH = 50;

/** What happens, and how many processes do it. */
const USES = [
  ["500 students in 10 s, 20 pages", "class", 1],
  ["a flood of connections to the board", "flood", 2],
] as const;

/** The board does not make the lab's clients wait. */
export const board: Scenario = {
  name: "board",
  about: "500 students arrive in 10 s, or the board is flooded: " +
    "a polite client does not wait",
  async measure(tell, stop): Promise<Figure[]> {
    const figures: Figure[] = [];
    for (const [name, use, processes] of USES) {
      const port = String(stablePort());
      const found = await attacked({
        load: "board",
        args: [port, use],
        processes,
        seconds: SECONDS,
        flags: ["--board-port", port],
      }, stop);
      tell(`${name}: ${found.reports.join(" and ")}`);
      figures.push(...figuresOf(name, [
        ...politeFigures(found, { p99: P99 }),
        atMost("memory growth", found.growth, GROWTH, "MiB"),
      ]));
    }
    return figures;
  },
};
