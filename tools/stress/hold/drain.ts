/**
 * Shutdown without loss.
 *
 * @module
 */

import { allOf, none, some } from "./figures.ts";
import { type Restart, restartUnderLoad, ROSTERS } from "./restart.ts";
import type { Scenario } from "./scenario.ts";

const RESTARTS = 100;

/** What must never happen, with its label. */
const VIOLATIONS: Partial<Record<keyof Restart, string>> = {
  unrecorded: "acks before their request was recorded",
  unprinted: "recorded requests that were not printed",
  disordered: "requests recorded out of order",
  unanswered: "requests that were read but not answered",
  refused: "answers other than an ack",
  resets: "clients whose connection was reset",
  ungreeted: "clients in the backlog that were not greeted",
  outlived: "servers that outlived their grace time",
};

/** Restarts a server under load, and counts what is lost. */
export const drain: Scenario = {
  name: "drain",
  about: `${RESTARTS} shutdowns under the load of 50 pipelining clients, ` +
    "with 20 more in the backlog: nothing is lost",
  async measure(tell, stop) {
    const restarts: Restart[] = [];
    while (restarts.length < RESTARTS && !stop.aborted) {
      const kind = ROSTERS[restarts.length % ROSTERS.length];
      const restart = await restartUnderLoad(kind);
      restarts.push(restart);
      for (const [key, what] of Object.entries(VIOLATIONS)) {
        const count = restart[key as keyof Restart];
        if (count > 0) tell(`with a roster ${kind}: ${count} ${what}`);
      }
      if (restarts.length % 10 === 0) tell(`${restarts.length} restarts`);
    }
    const sum = (key: keyof Restart) =>
      restarts.reduce((total, restart) => total + restart[key], 0);
    return [
      allOf("restarts", restarts.length, RESTARTS),
      some("requests recorded", sum("requests")),
      allOf("acks read", sum("acks"), sum("requests")),
      some("requests sent too late to be read", sum("tooLate")),
      ...Object.entries(VIOLATIONS).map(([key, what]) =>
        none(what, sum(key as keyof Restart))
      ),
    ];
  },
};
