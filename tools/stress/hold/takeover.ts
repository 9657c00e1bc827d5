/**
 * Clients that take what others need: all places of the server, and all of its
 * roster.
 *
 * @module
 */

import { type Attack, attacked, politeFigures } from "./attack.ts";
import { figuresOf } from "./figures.ts";
import type { Figure, Scenario } from "./scenario.ts";

const SECONDS = 8;
/** How long a new student may wait, in milliseconds. */
const LONGEST = 100;

const CLASSROOM = ["--classroom", "--host", "127.0.0.1"];

/** Each attack. The server takes 10,000 clients. */
const ATTACKS: Record<string, Pick<Attack, "load" | "args" | "flags">> = {
  "10,000 silent clients": { load: "silent", args: ["5000", "kept"] },
  "10,000 silent clients, renewed": {
    load: "silent",
    args: ["5000", "renewed"],
  },
  "random sids on a connection": {
    load: "sids",
    args: ["1"],
    flags: CLASSROOM,
  },
  "random sids on 100 connections": {
    load: "sids",
    args: ["50"],
    flags: CLASSROOM,
  },
};

/** Whatever others take, a new student is acknowledged. */
export const takeover: Scenario = {
  name: "takeover",
  about: "10,000 silent clients, or random sids without end: " +
    "a new student is acknowledged",
  async measure(tell, stop): Promise<Figure[]> {
    const figures: Figure[] = [];
    for (const [name, attack] of Object.entries(ATTACKS)) {
      const found = await attacked({
        ...attack,
        client: "newcomers",
        processes: 2,
        seconds: SECONDS,
      }, stop);
      tell(`${name}: the attackers report ${found.reports.join(" and ")}`);
      const polite = politeFigures(found, { longest: LONGEST });
      figures.push(...figuresOf(name, polite));
    }
    return figures;
  },
};
