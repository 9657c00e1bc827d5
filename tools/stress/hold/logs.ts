/**
 * One client that makes the server print as much as it can.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import { atMost, some } from "./figures.ts";
import { startLoad } from "./loads/load.ts";
import { LOUD } from "./loud_clients.ts";
import { OutputServer, type Printed } from "./output_server.ts";
import type { Figure, Scenario } from "./scenario.ts";

const SECONDS = 4;
/** The most that the server may print, in KB. */
const PRINTED = 200;

/** What one client can make the server print is bounded. */
export const logs: Scenario = {
  name: "logs",
  about: `one client of ${Object.keys(LOUD).length} kinds is loud for ` +
    `${SECONDS} s: the server prints at most ${PRINTED} KB`,
  async measure(tell, stop): Promise<Figure[]> {
    const figures: Figure[] = [];
    for (const what of Object.keys(LOUD)) {
      tell(what);
      const quiet = await printedFor(what, ["--quiet"], stop);
      // Without --quiet, stdout has a line for each valid request, as it should.
      const usual = await printedFor(what, [], stop);
      const all = kilobytes(quiet.stdout) + kilobytes(quiet.stderr);
      figures.push(
        some(`${what}: sent, in all`, quiet.sent + usual.sent),
        atMost(`${what}: printed with --quiet`, all, PRINTED, "KB"),
        atMost(
          `${what}: stderr without it`,
          kilobytes(usual.stderr),
          PRINTED,
          "KB",
        ),
      );
    }
    return figures;
  },
};

function kilobytes(text: string): number {
  return new TextEncoder().encode(text).length / 1000;
}

/** Lets a client be loud. Resolves to what the server printed, and how often the client sent. */
async function printedFor(
  what: string,
  flags: readonly string[],
  stop: AbortSignal,
): Promise<Printed & { sent: number }> {
  await using server = new OutputServer("reads", "reads", flags);
  (await server.client())[Symbol.dispose](); // the server listens
  let sent: number;
  {
    await using load = await startLoad("logs", server.addr, stop, [what]);
    await delay(SECONDS * 1000, { signal: stop });
    sent = Number(await load.ask());
  }
  return { ...await server.ended(), sent };
}
