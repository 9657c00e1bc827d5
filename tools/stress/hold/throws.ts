/**
 * Handlers that throw.
 *
 * @module
 */

import { allOf, none, some } from "./figures.ts";
import type { Scenario } from "./scenario.ts";
import { springAtShutdown, springWhileServing } from "./springing.ts";
import { serviceTraps, shutdownTraps, THROWN } from "./traps.ts";

/** Has handlers throw everywhere and everything, and looks whether others notice. */
export const throws: Scenario = {
  name: "throws",
  about: "a handler throws at each hook, before and after its await, " +
    `${Object.keys(THROWN).length} kinds of things: nobody else notices`,
  async measure(tell, stop) {
    const serving = serviceTraps();
    tell(`${serving.length} cases while serving`);
    const whileServing = await springWhileServing(serving);
    const ending = shutdownTraps();
    tell(`${ending.flat().length} cases while shutting down`);
    const atShutdown: string[] = [];
    let sprung = 0;
    for (const traps of ending) {
      if (stop.aborted) break;
      const [{ hook, moment }] = traps;
      const effects = await springAtShutdown(traps);
      sprung += traps.length;
      atShutdown.push(...effects.map((it) => `${hook}, ${moment}: ${it}`));
    }
    for (const effect of [...whileServing, ...atShutdown]) tell(effect);
    return [
      some("cases while serving", serving.length),
      none("effects on others while serving", whileServing.length),
      allOf("cases while shutting down", sprung, ending.flat().length),
      none("effects on others while shutting down", atShutdown.length),
    ];
  },
};
