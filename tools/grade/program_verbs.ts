/**
 * The verbs of the program under test: one function for each verb of the kit.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import { counted } from "../../lib/text.ts";
import { WITHIN } from "./kit.ts";
import * as printed from "./printed.ts";
import { exitOf } from "./complaint.ts";
import { listensAt, socketStates } from "./port.ts";
import type { Program } from "./program.ts";
import type { Harness, Verb } from "./harness.ts";
import { StepFailed } from "./step_failed.ts";

/** Share of a processor above which a program is busy, and seconds for which it is measured. */
const BUSY = 0.1;
const REST = 0.5;
/** How many times in that period its state is sampled. */
const LOOKS = 5;
/** Seconds that a program that waits for a port needs to bind it, at most. */
const REBIND = 3;
/** Seconds that `calms` waits for a server that the grader did not start. */
const UNSEEN = 2;
/** Milliseconds without a request or an answer after which all handlers are assumed to wait for the output. */
const QUIET = 200;
/** Milliseconds between two polls of the sockets. */
const LOOK = 50;
/** The states of a socket that its program has not closed. */
const OPEN = ["ESTABLISHED", "CLOSE_WAIT"];

/** What is done to programs, and what is expected of them. */
export const PROGRAM_VERBS: Readonly<Record<string, Verb>> = {
  start: (harness, name) => harness.start(name),
  async spawn(harness, name) {
    await harness.spawn(name);
  },
  async signal(harness, name, value) {
    const program = harness.program(name);
    // What ends by itself at this moment is not ended by the signal.
    await harness.calm(program);
    mustRun(program);
    program.signal(value as Deno.Signal);
  },
  async runs(harness, name) {
    const program = harness.program(name);
    await harness.calm(program);
    mustRun(program);
  },
  async listens(harness) {
    const deadline = harness.deadline(REBIND);
    while (deadline.left > 0) {
      if (listensAt(harness.port)) return;
      await delay(LOOK);
    }
    const got = `nothing listens at port ${harness.port}`;
    throw new StepFailed("nothing", got, "that it listens there then");
  },
  async ends(harness, name, _, { within = WITHIN }) {
    const program = harness.program(name);
    const hasEnded = () => program.code !== undefined;
    if (await harness.deadline(within).until(program.changes, hasEnded)) return;
    throw new StepFailed(
      "runs",
      `it still runs after ${within} s`,
      "that it ends",
    );
  },
  stops(harness, name, value) {
    const { stdout } = harness.program(name);
    stdout.stopUntil(quiet(harness, (value as number) * 1000));
  },
  flows: (harness, name) => harness.program(name).stdout.flows(),
  prints: printed.prints,
  printsNot: printed.printsNot,
  printsEach: printed.printsEach,
  printsInOrder: printed.printsInOrder,
  says: printed.says,
  async rests(harness, name, _, { within = WITHIN }) {
    const program = harness.program(name);
    const busy = await busyAfter(program, within * 1000);
    mustRun(program);
    if (busy === undefined) return;
    const got = `${
      Math.round(busy * 100)
    } % of a processor in use, without a pause`;
    throw new StepFailed("busy", got, "almost none: it has nothing to do");
  },
  async calms(harness, name, value) {
    const program = harness.programs.get(name);
    if (program) await busyAfter(program, (value as number) * 1000);
    else await delay(UNSEEN * 1000);
  },
  async closes(harness, _, __, { within = WITHIN }) {
    const deadline = harness.deadline(within);
    for (;;) {
      const states = socketStates(harness.port);
      const open = states.filter((state) => OPEN.includes(state)).length;
      if (open === 0) return;
      if (deadline.left <= 0) {
        const got = `${counted(open, "socket")} still open after ${within} s`;
        throw new StepFailed("open", got, "that it closes all of them");
      }
      await delay(LOOK);
    }
  },
  async ranNothing(harness) {
    // It may have read the pickle, and not run it yet.
    if (harness.lastProgram) await harness.calm(harness.lastProgram);
    if (!await harness.hasCanary()) return;
    const got = `it made ${harness.values.canary}, as the pickle told it to`;
    throw new StepFailed("there", got, "that it reads data and runs nothing");
  },
};

/** @throws {StepFailed} If the program has ended. */
function mustRun(program: Program): void {
  if (program.code === undefined) return;
  const got = `it ended by itself ${exitOf(program)}`;
  throw new StepFailed("exited", got, "that it keeps running");
}

/**
 * Waits until a program uses almost no processor time, for at most `ms`.
 * Resolves to its share of a processor if it is still busy then.
 */
async function busyAfter(
  program: Program,
  ms: number,
): Promise<number | undefined> {
  const end = performance.now() + ms;
  for (;;) {
    const [before, begin] = [program.seconds, performance.now()];
    let running = 0;
    for (let look = 0; look < LOOKS; look++) {
      await delay(REST * 1000 / LOOKS);
      if (program.isRunning) running++;
    }
    const seconds = (performance.now() - begin) / 1000;
    const share = (program.seconds - before) / seconds;
    if (program.code !== undefined) return undefined;
    // On a busy machine, a busy loop may get little processor time.
    if (share < BUSY && running < LOOKS / 2) return undefined;
    if (performance.now() > end) return share;
  }
}

/** Waits until no peer has sent or received anything for a while, at most `ms`. */
async function quiet(harness: Harness, ms: number): Promise<void> {
  const begin = performance.now();
  for (;;) {
    const active = [...harness.peers.values()]
      .flatMap(({ sentAt, heardAt }) => [sentAt, heardAt]);
    const now = performance.now();
    const isQuiet = now - Math.max(begin, ...active) > QUIET;
    // On a busy machine, a handler may be late.
    const isBlocked = isQuiet && !harness.lastProgram?.isRunning;
    if (isBlocked || now - begin > ms) return;
    await delay(QUIET / 10);
  }
}
