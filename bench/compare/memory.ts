/**
 * The memory that the server needs for an idle client.
 *
 * @module
 */

import { Failure } from "../../lib/cli/program.ts";
import type { Contender } from "./contenders.ts";
import { type Bench, each, type Section, single } from "./section.ts";
import { Subject } from "./subject.ts";
import { table } from "../../tools/terminal/table.ts";

/** Requests in a burst. */
const DEPTH = 256;

/**
 * Measures the server's memory for each client, in bytes: when all clients are
 * connected, and after each has sent requests. Resolves to `undefined` if the server
 * does not accept so many. `folder` is a copy of the project to run.
 */
export async function bytesEach(
  contender: Contender,
  clients: number,
  pinned: boolean,
  folder?: string,
): Promise<[idle: number, worked: number] | undefined> {
  await using subject = await Subject.start(contender, pinned, folder);
  const before = subject.bytes;
  await using idle = subject.against("idle", clients, DEPTH);
  try {
    const bytes = () => (subject.bytes - before) / clients;
    await idle.line();
    const connected = bytes();
    await idle.ask();
    return [connected, bytes()];
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return undefined; // it does not accept so many clients
  }
}

/** Measures the memory for each client. */
export async function memory(bench: Bench): Promise<Section> {
  const counts = bench.quick ? [1000] : [1000, 10_000];
  const contenders = single(bench);
  const figures = await each(
    bench,
    "memory",
    contenders,
    ({ name }) => name,
    async (contender) => {
      const all = [];
      for (const clients of counts) {
        all.push(await bytesEach(contender, clients, bench.pinned));
      }
      return all;
    },
  );
  const shown = (bytes?: number) =>
    bytes === undefined ? "-" : (bytes / 1024).toFixed(1);
  const counted = counts.map((count) => count.toLocaleString("en"));
  return {
    tables: [table(
      [
        "KB for each client",
        ...counted,
        ...counted.map((count) => `${count}, after work`),
      ],
      contenders.map(({ name }, i) => [
        name,
        ...figures[i].map((bytes) => shown(bytes?.[0])),
        ...figures[i].map((bytes) => shown(bytes?.[1])),
      ]),
    )],
    figures: Object.fromEntries(
      contenders.map(({ name }, i) => [
        name,
        Object.fromEntries(counts.map((count, c) => [count, figures[i][c]])),
      ]),
    ),
  };
}
