/**
 * A room in which what one member says goes to all.
 *
 * @module
 */

import { allOf, atMost, none } from "./figures.ts";
import { startLoad } from "./loads/load.ts";
import { type Heard, MEMBERS, MESSAGES, WRITERS } from "./members.ts";
import type { Figure, Scenario } from "./scenario.ts";
import { applicationServer } from "./servers.ts";

/** How much a member that never reads may change the p99 of any other member, in milliseconds. */
const P99_CHANGE = 10;

/** A room delivers each message once and in order, whatever one of its members does. */
export const room: Scenario = {
  name: "room",
  about: `${MEMBERS} members, ${WRITERS} of them write ${MESSAGES} messages: ` +
    "each gets each once and in order; one that never reads is closed",
  async measure(tell, stop): Promise<Figure[]> {
    const [alone, beside] = [
      await hear(0, tell, stop),
      await hear(1, tell, stop),
    ];
    const changes = beside.p99.map((p99, i) => p99 - alone.p99[i]);
    const all = MEMBERS * MESSAGES;
    return [
      allOf("messages received", alone.received, all),
      allOf("beside one that never reads", beside.received, all),
      none("out of order, or twice", alone.wrong + beside.wrong),
      none("members left that never read", beside.members - MEMBERS),
      atMost(
        "p99 of any member changes by",
        Math.max(...changes),
        P99_CHANGE,
        "ms",
      ),
    ];
  },
};

/** Runs a room with some members that never read. Resolves to what the others heard. */
async function hear(
  silent: number,
  tell: (line: string) => void,
  stop: AbortSignal,
): Promise<Heard & { members: number }> {
  tell(`${MEMBERS} members, and ${silent} that never read`);
  await using server = await applicationServer("room", stop);
  await using load = await startLoad("room", server.address, stop, [
    `${silent}`,
  ]);
  const heard: Heard = JSON.parse(await load.ask());
  const most = Math.max(...heard.p99);
  tell(`took ${heard.seconds.toFixed(0)} s, longest p99 ${most.toFixed(0)} ms`);
  return { ...heard, members: Number(await server.process.ask()) };
}
