/**
 * Handlers that throw.
 *
 * @module
 */

import { allOf, none, some } from "./figures.ts";
import type { Scenario } from "./scenario.ts";
import { injectAtShutdown, injectWhileServing } from "./fault_injection.ts";
import { serviceFaults, shutdownFaults, THROWN } from "./injected_faults.ts";

/** Makes handlers throw each kind of value at each hook, and looks for effects on others. */
export const throws: Scenario = {
  name: "throws",
  about: "a handler throws at each hook, before and after its await, " +
    `${Object.keys(THROWN).length} kinds of values: no other client notices`,
  async measure(tell, stop) {
    const serving = serviceFaults();
    tell(`${serving.length} cases while serving`);
    const whileServing = await injectWhileServing(serving);
    const ending = shutdownFaults();
    tell(`${ending.flat().length} cases while shutting down`);
    const atShutdown: string[] = [];
    let injected = 0;
    for (const faults of ending) {
      if (stop.aborted) break;
      const [{ hook, moment }] = faults;
      const effects = await injectAtShutdown(faults);
      injected += faults.length;
      atShutdown.push(...effects.map((it) => `${hook}, ${moment}: ${it}`));
    }
    for (const effect of [...whileServing, ...atShutdown]) tell(effect);
    return [
      some("cases while serving", serving.length),
      none("effects on others while serving", whileServing.length),
      allOf("cases while shutting down", injected, ending.flat().length),
      none("effects on others while shutting down", atShutdown.length),
    ];
  },
};
