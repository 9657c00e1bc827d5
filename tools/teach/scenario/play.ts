/**
 * Playing a scenario.
 *
 * @module
 */

import { SimulatedClock } from "../../../lib/testing/clock.ts";
import { type Scenario, Stage } from "./stage.ts";
import { Steady } from "./steady.ts";
import { type Event, STDERR } from "./story.ts";

/** Plays a scenario to its end. Resolves to what happened. */
export async function play(scenario: Scenario): Promise<Event[]> {
  using clock = new SimulatedClock(new Steady());
  const stage = new Stage(clock, scenario);
  let ended = false;
  const onRejection = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    if (!ended) stage.tell(STDERR, "the process ends, with all its clients");
    ended = true;
  };
  addEventListener("unhandledrejection", onRejection);
  clock.schedule(scenario.ends, () => ended = true);
  try {
    stage.server.run();
    scenario.play(stage);
    while (!ended && await clock.step());
    stage.curtain();
    const events = [...stage.events];
    stage.server.close();
    while (await clock.step()); // to leave nothing behind
    return events;
  } finally {
    removeEventListener("unhandledrejection", onRejection);
  }
}
