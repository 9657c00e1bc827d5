/**
 * `deno task trace`: draws what happens between clients, accept loop, handlers,
 * lock and roster.
 *
 * The server and the clients are the shipped ones; the network and the clock
 * are simulated, so that a scenario goes the same way each time.
 *
 * @module
 */

import type { Flags } from "../../lib/cli/flags.ts";
import { exitWith, runProgram } from "../../lib/cli/program.ts";
import { complain, print } from "../../lib/output.ts";
import { draw, fold, pageWidth } from "./scenario/draw.ts";
import { play } from "./scenario/play.ts";
import { SCENARIOS, TOUR } from "./scenario/scenarios.ts";
import type { Scenario } from "./scenario/harness.ts";

interface TraceFlags {
  scenario: Scenario;
}

const names = TOUR.map(({ name }) => name);

const flags: Flags<TraceFlags> = {
  scenario: {
    help: "what to draw",
    takes: `${names.join(" or ")}, or one that \`deno task break\` shows`,
    fallback: TOUR[0],
    parse: (name) => SCENARIOS.find((scenario) => scenario.name === name),
  },
};

async function trace({ scenario }: TraceFlags): Promise<number> {
  const width = pageWidth();
  const { name, about } = scenario;
  const events = await play(scenario);
  print([...fold(`${name}: ${about}`, width), "", ...draw(events, width)]);
  const others = names.filter((it) => it !== name);
  complain(`Others, for --scenario: ${others.join(", ")}`);
  return 0;
}

/** The command line. Returns the exit code. */
export function main(args: readonly string[]): Promise<number> {
  return runProgram({
    use: "trace",
    about: "Draws what happens in a scenario: a column for everybody, a row " +
      "for each event. Times are in milliseconds, of a simulated clock.",
    flags,
    run: trace,
  }, args);
}

if (import.meta.main) await exitWith(main);
