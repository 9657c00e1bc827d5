/**
 * Playing a scenario.
 *
 * @module
 */

import { SimulatedClock } from "../../../lib/testing/clock.ts";
import { Harness, type Scenario } from "./harness.ts";
import { Steady } from "./steady.ts";
import { type Event, STDERR } from "./story.ts";
import { tracedStudentHandler } from "./traced_handler.ts";

/** Plays a scenario to its end. Resolves to what happened. */
export async function play(scenario: Scenario): Promise<Event[]> {
  using clock = new SimulatedClock(new Steady());
  const { clientHandler = tracedStudentHandler } = scenario;
  const harness = new Harness(clock, scenario, clientHandler);
  let ended = false;
  const onRejection = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    if (!ended) harness.tell(STDERR, "the process ends, with all its clients");
    ended = true;
  };
  addEventListener("unhandledrejection", onRejection);
  clock.schedule(scenario.ends, () => ended = true);
  try {
    harness.server.run();
    scenario.play(harness);
    while (!ended && await clock.step());
    harness.reportUnfinished();
    const events = [...harness.events];
    harness.server.close();
    while (await clock.step()); // to leave nothing behind
    return events;
  } finally {
    removeEventListener("unhandledrejection", onRejection);
  }
}
