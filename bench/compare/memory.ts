/**
 * How much memory a client takes that is connected and says nothing.
 *
 * @module
 */

import { Failure } from "../../lib/cli/program.ts";
import type { Contender } from "./contenders.ts";
import { type Bench, each, type Section, single } from "./section.ts";
import { Subject } from "./subject.ts";
import { table } from "../../tools/terminal/table.ts";

/** Requests of a burst. */
const DEPTH = 256;

/**
 * Bytes for each of so many clients: when they are connected, and after each
 * has worked. The server may be that of a copy.
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
    return undefined; // it does not take so many clients
  }
}

/** Measures it. */
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
    tables: table(
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
    ),
    figures: Object.fromEntries(
      contenders.map(({ name }, i) => [
        name,
        Object.fromEntries(counts.map((count, c) => [count, figures[i][c]])),
      ]),
    ),
  };
}
