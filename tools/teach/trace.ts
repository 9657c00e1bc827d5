/**
 * `deno task trace`: draws what happens between clients, accept loop, handlers,
 * lock and roster.
 *
 * The server and the clients are the shipped ones; the network and the clock
 * are simulated, so that a scenario goes the same way each time.
 *
 * @module
 */

import { type Flags, text, UsageError } from "../../lib/cli/flags.ts";
import { exitWith, runProgram } from "../../lib/cli/program.ts";
import { suggestion } from "../../lib/cli/suggestion.ts";
import { complain, print } from "../../lib/output.ts";
import { labelled, pageWidth } from "../../lib/cli/page.ts";
import { screenHeight, withFooter } from "../terminal/screen.ts";
import { isExercise } from "./faults/note.ts";
import { draw } from "./scenario/draw.ts";
import { play } from "./scenario/play.ts";
import { SCENARIOS, TOUR } from "./scenario/scenarios.ts";
import type { Scenario } from "./scenario/harness.ts";

interface TraceFlags {
  scenario: string;
}

const names = TOUR.map(({ name }) => name);

const flags: Flags<TraceFlags> = {
  scenario: text("another way to give NAME", TOUR[0].name),
};

/** The scenario of this name. @throws {UsageError} If there is none. */
function named(name: string): Scenario {
  const scenario = SCENARIOS.find((scenario) => scenario.name === name);
  if (scenario) return scenario;
  const all = SCENARIOS.map(({ name }) => name);
  throw new UsageError(
    `There is no scenario ${name}.${suggestion(name, all)} ` +
      `The scenarios are ${names.join(", ")}, and that of each fault. ` +
      "`deno task break` lists the faults, and shows one",
  );
}

async function trace(scenario: Scenario): Promise<number> {
  const { name, about } = scenario;
  const width = pageWidth();
  const table = draw(await play(scenario), width);
  // In an exercise, the drawing shows a fault, and the text does not.
  const text = await isExercise() ? `As it should be: ${about}` : about;
  const others = names.filter((it) => it !== name).join(", ");
  const hint = labelled("Others: deno task trace ", others, width);
  // The height leaves one line for a hint.
  const height = screenHeight() - (hint.length - 1);
  print(withFooter(
    table,
    ["", ...labelled(`${name}: `, text, width)],
    height,
  ));
  hint.forEach(complain);
  return 0;
}

/** The command line. Returns the exit code. */
export function main(args: readonly string[]): Promise<number> {
  return runProgram({
    use: "trace [NAME]",
    about: "Draws what happens in a scenario: a column for each participant, " +
      "a row for each event. Times are in milliseconds, of a simulated clock.",
    flags,
    takesOperands: true,
    run: ({ scenario }, [name = scenario, ...more]) => {
      if (more.length > 0) throw new UsageError("One scenario at a time");
      return trace(named(name));
    },
  }, args);
}

if (import.meta.main) await exitWith(main);
