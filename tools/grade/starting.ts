/**
 * Waiting until a program has started.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import { bannerOf } from "./address.ts";
import { exitOf } from "./complaint.ts";
import type { Deadline } from "./deadline.ts";
import { listensAt } from "./port.ts";
import { NotStarted, type Program } from "./program.ts";
import { StepFailed } from "./step_failed.ts";

/** Seconds that the program may take to start. */
const LONGEST = 10;
/** Seconds to wait for the first line once the port listens. */
const BANNER = 0.5;
/** Milliseconds after which a running program is assumed to listen, on systems where its sockets are not visible. */
const UNSEEN = 3000;
/** Milliseconds between two polls of the port, at first and at most. A poll takes long on a machine with many sockets. */
const LOOK = 50;
const LOOK_LONGEST = 500;
/** Milliseconds after which a program that listens at another port is not expected to listen at its own. */
const ELSEWHERE = 1500;
/** Milliseconds between two polls of a program's threads, and how many in a row must find it blocked. */
const CALM_LOOK = 20;
const CALM_LOOKS = 3;
/** Seconds that a program gets for that, at most. */
const CALM = 1;

/** Makes a limit of some seconds. */
type Limit = (seconds: number) => Deadline;

/**
 * Waits until a program listens, and does nothing more.
 *
 * @param isFirst Whether it is the first in its check.
 * @returns The port at which it listens.
 * @throws {StepFailed} If it does not listen.
 * @throws {NotStarted} If it ends before it listens, and is the first.
 */
export async function untilListening(
  program: Program,
  port: number,
  isFirst: boolean,
  limit: Limit,
): Promise<number> {
  const due = `the first line, or a program that listens at port ${port}`;
  const banner = () => bannerOf(program.stdout.text);
  const isUp = () => banner() !== undefined || program.code !== undefined;
  const begin = performance.now();
  const deadline = limit(LONGEST);
  const late = (got: string) => new StepFailed("nothing", got, due);
  const elsewhere = () =>
    performance.now() - begin > ELSEWHERE ? program.ports[0] : undefined;
  for (let look = LOOK; !await program.changes.until(isUp, look);) {
    look = Math.min(2 * look, LOOK_LONGEST);
    const listens = Deno.build.os === "linux"
      ? listensAt(port)
      : performance.now() - begin > UNSEEN; // assumed, since the sockets are not visible
    if (listens) {
      await limit(BANNER).until(program.changes, isUp);
      break;
    }
    port = elsewhere() ?? port;
    if (deadline.left <= 0) throw late(`neither in ${LONGEST} s`);
  }
  port = banner()?.port ?? port;
  // Some programs print the line before they listen.
  while (
    Deno.build.os === "linux" && !listensAt(port) && program.code === undefined
  ) {
    port = elsewhere() ?? port;
    if (deadline.left <= 0) {
      throw late("the first line, but the program does not listen");
    }
    await delay(LOOK);
  }
  await untilCalm(program, limit);
  if (program.code === undefined) return port;
  if (program.excess) throw new StepFailed(program.excess, "it ended", due);
  // A program that printed its first line has started.
  if (isFirst && !banner()) {
    throw new NotStarted(
      `The program ended before it listened, ${exitOf(program)}`,
    );
  }
  throw new StepFailed("exited", `it ended ${exitOf(program)}`, due);
}

/** Waits until a program waits for something, or has ended. A program that never waits is not waited for. */
export async function untilCalm(program: Program, limit: Limit): Promise<void> {
  const deadline = limit(CALM);
  let calm = 0;
  while (
    Deno.build.os === "linux" && calm < CALM_LOOKS && deadline.left > 0 &&
    program.code === undefined
  ) {
    await delay(CALM_LOOK);
    // One that has ended is not calm: its exit code is about to come.
    calm = program.isRunning || program.hasEnded ? 0 : calm + 1;
  }
}
