/**
 * Tests a server and its clients on a simulated network and clock, so that every
 * failure can be repeated.
 *
 * @module
 */

import { SimulatedWorld, type Tell, type World } from "./world.ts";

/** How many events one simulation may have. A few hundred are usual. */
const MOST_EVENTS = 100_000;

/**
 * What went wrong in a simulation. `cause` is the error, if one was thrown.
 *
 * @example
 * ```ts
 * import { simulate, SimulationFault } from "@rollcall/rollcall/testing";
 *
 * const fault = await simulate(7, async (world) => {
 *   await world.pause(10);
 *   world.fault("no tea");
 * }).catch((error) => error);
 * if (!(fault instanceof SimulationFault)) throw new Error("no fault");
 * if (fault.why !== "no tea" || fault.seed !== 7) throw fault;
 * ```
 */
export class SimulationFault extends Error {
  /** The class's name, as in `error.name`. */
  override name = "SimulationFault";

  /** Says what went wrong, and how to repeat it. */
  constructor(
    /** What went wrong, without the seed. */
    readonly why: string,
    /** The seed that repeats it. */
    readonly seed: number,
    /** How many events there were until then. */
    readonly events: number,
    cause?: unknown,
  ) {
    super(`Seed ${seed}, event ${events}: ${why}`, { cause });
  }
}

/**
 * Plays servers and clients on a simulated network and clock. The seed determines
 * all that is left to chance: how bytes are cut, how long they travel, which of two
 * events comes first.
 *
 * `play` starts the servers and the clients, and resolves when all have ended. After
 * every event, the checks of {@linkcode World.always} run, and at the end those of
 * {@linkcode World.atEnd}. These are checked anyway: each lock has one holder at a
 * time, first come, first served; no promise is rejected unhandled; at the end no
 * handler, lock, timer, connection or server is left.
 *
 * What waits for anything real, such as a file, cannot be simulated, nor what
 * imports its timers from `node:timers`. One simulation runs at a time.
 *
 * `tell` is called for each event.
 *
 * @returns How many events there were.
 * @throws {SimulationFault} At the first fault.
 *
 * @example
 * ```ts
 * import { Server } from "@rollcall/rollcall";
 * import { ClientHandler } from "@rollcall/rollcall/clienthandler";
 * import { Client } from "@rollcall/rollcall/client";
 * import { lines } from "@rollcall/rollcall/formats";
 * import { simulate } from "@rollcall/rollcall/testing";
 *
 * class Upper extends ClientHandler<string> {
 *   protected override processRequest(request: string): string {
 *     return request.toUpperCase();
 *   }
 * }
 *
 * for (let seed = 1; seed <= 100; seed++) {
 *   await simulate(seed, async (world) => {
 *     const { network } = world;
 *     await using server = new Server({
 *       network,
 *       wire: lines,
 *       clientHandler: Upper,
 *       log: () => {},
 *       report: () => {},
 *     });
 *     void server.run();
 *     await using client = new Client({ network, wire: lines });
 *     await client.connect();
 *     if (await client.request("tea") !== "TEA") world.fault("no tea");
 *   });
 * }
 * ```
 */
export async function simulate(
  seed: number,
  play: (world: World) => Promise<void>,
  { tell }: { tell?: Tell } = {},
): Promise<number> {
  using world = new SimulatedWorld(seed, tell);
  let events = 0;
  const playing = async () => {
    await play(world);
    world.isPlayed = true;
  };
  playing().catch((error) => world.faultBy(error, ""));
  await world.clock.settle();
  while (world.found === undefined && await world.step()) {
    if (++events > MOST_EVENTS) world.fault("the simulation does not end");
  }
  if (world.found === undefined) world.checkEnd();
  const { found, cause } = world;
  if (found === undefined) return events;
  throw new SimulationFault(found, seed, events, cause);
}
