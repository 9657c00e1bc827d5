/**
 * Plays a check of the protocol kit: one function for each verb that a step
 * can have.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import { pythonRepr } from "../../lib/cli/python_repr.ts";
import { isMessageMap, type Message } from "../../lib/wire/format.ts";
import type { Check, Step } from "./kit.ts";
import { encode, Peer } from "./peer.ts";
import * as printed from "./printed.ts";
import { socketStates } from "./processes.ts";
import type { Program } from "./program.ts";
import { type Stage, StepFailed } from "./stage.ts";
import { fill, fillText } from "./values.ts";

/** Seconds that what is expected may take, unless the step says otherwise. */
const WITHIN = 5;
/** Milliseconds between the pieces of a message: on a quiet machine, each is read by itself. */
const BETWEEN_PIECES = 10;
/** Processor time a second above which a program is busy, and seconds for which it is looked at. */
const BUSY = 0.1;
const REST = 0.5;
/** Seconds that a program which cannot be looked into has to calm down. */
const UNSEEN = 2;

/** Milliseconds without an answer after which none will come before the screen goes on. */
const QUIET = 500;

/** States of a socket that its program has not closed. */
const OPEN = ["ESTABLISHED", "CLOSE_WAIT"];

/** What a verb does: `value` is what the step gives it. */
type Verb<Who> = (
  stage: Stage,
  who: Who,
  value: unknown,
  step: Step,
) => void | Promise<void>;

/** What peers do, and what is expected of what they get. */
const PEER_VERBS: Readonly<Record<string, Verb<string>>> = {
  async connect(stage, name) {
    const { port, host } = stage;
    const peer = await Peer.connect(port, host, WITHIN * 1000);
    if (typeof peer !== "string") {
      stage.peers.set(name, peer);
      return;
    }
    const wrong = await stage.wrongOfEnd() === "exited" ? "exited" : "refused";
    throw new StepFailed(wrong, peer, `a connection to port ${port}`);
  },
  listen: (stage) => stage.listen(),
  accept: (stage, name) => stage.accept(name),
  send(stage, name, value) {
    const peer = stage.peer(name);
    peer.send((value as Message[]).map((it) => request(stage, peer, it)));
  },
  sendMany(stage, name, value, { count = 1 }) {
    const peer = stage.peer(name);
    const many = Array.from({ length: count }, () => value as Message);
    peer.send(many.map((it) => request(stage, peer, it)));
  },
  bytes(stage, name, value, { as }) {
    const peer = stage.peer(name);
    const text = String(fillText(value as string, stage.newValues()));
    const bytes = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
    const meant = as === undefined
      ? bytes
      : note(stage, peer, fill(as as Message, stage.values));
    peer.sendBytes(bytes, pythonRepr(meant));
  },
  half(stage, name, value) {
    const peer = stage.peer(name);
    const bytes = encode([request(stage, peer, value as Message)]);
    const half = bytes.subarray(0, bytes.length / 2);
    peer.sendBytes(half, `the first ${half.length} bytes of ${last(stage)}`);
    stage.rest = bytes.subarray(half.length);
  },
  rest(stage, name) {
    stage.peer(name).sendBytes(stage.rest, "the other half");
  },
  async pieces(stage, name, value) {
    const peer = stage.peer(name);
    for (const message of value as Message[]) {
      const filled = request(stage, peer, message);
      for (const byte of encode([filled])) {
        peer.sendBytes(Uint8Array.of(byte), `a byte of ${pythonRepr(filled)}`);
        await delay(BETWEEN_PIECES);
      }
    }
  },
  async everyCut(stage, name, value, step) {
    const peer = stage.peer(name);
    const bytes = encode([request(stage, peer, value as Message)]);
    for (let cut = 1; cut < bytes.length; cut++) {
      const where = `of ${last(stage)}`;
      peer.sendBytes(bytes.subarray(0, cut), `the first ${cut} bytes ${where}`);
      await delay(BETWEEN_PIECES);
      peer.sendBytes(bytes.subarray(cut), `the other ${bytes.length - cut}`);
      await expect(stage, name, "$ack", step);
    }
  },
  async flood(stage, name, value) {
    const peer = stage.peer(name);
    await peer.flood(request(stage, peer, value as Message));
  },
  expect,
  async stays(stage, name, value) {
    const peer = stage.peer(name);
    const seconds = value as number;
    if (!await peer.changes.until(() => peer.hasEnd, seconds * 1000)) return;
    const due = `that the connection stays, for ${seconds} s at least`;
    throw new StepFailed("end", "its end", due, peer);
  },
  async settles(stage, name, value) {
    const peer = stage.peer(name);
    const answered = () => peer.hasEnd || peer.messages.length > 0;
    await peer.changes.until(answered, (value as number) * 1000);
  },
  finish: (stage, name) => stage.peer(name).finish(),
  close: (stage, name) => stage.peer(name).close(),
  reset: (stage, name) => stage.peer(name).reset(),
};

/** What programs are made to do, and what is expected of them. */
const PROGRAM_VERBS: Readonly<Record<string, Verb<string>>> = {
  start: (stage, name) => stage.start(name),
  async spawn(stage, name) {
    await stage.spawn(name);
  },
  signal(stage, name, value) {
    stage.program(name).signal(value as Deno.Signal);
  },
  async ends(stage, name, _, { within = WITHIN }) {
    const program = stage.program(name);
    const hasEnded = () => program.code !== undefined;
    if (await program.changes.until(hasEnded, within * 1000)) return;
    throw new StepFailed(
      "nothing",
      `it still runs after ${within} s`,
      "its end",
    );
  },
  stops(stage, name, value) {
    const { stdout } = stage.program(name);
    stdout.stopUntil(quiet(stage, (value as number) * 1000));
  },
  prints: printed.prints,
  printsNot: printed.printsNot,
  printsEach: printed.printsEach,
  printsInOrder: printed.printsInOrder,
  says: printed.says,
  async rests(stage, name, _, { within = WITHIN }) {
    const program = stage.program(name);
    const busy = await busyAfter(program, within * 1000);
    if (program.code !== undefined) {
      throw new StepFailed("exited", "its end", "that it still runs");
    }
    if (busy === undefined) return;
    const got = `${Math.round(busy * 100)} % of a processor, all the time`;
    throw new StepFailed("nothing", got, "next to none: nobody asks anything");
  },
  async calms(stage, name, value) {
    const program = stage.programs.get(name);
    if (program) await busyAfter(program, (value as number) * 1000);
    else await delay(UNSEEN * 1000);
  },
  async closes(stage, _, __, { within = WITHIN }) {
    const end = performance.now() + within * 1000;
    for (;;) {
      const states = socketStates(stage.port);
      const open = states.filter((state) => OPEN.includes(state)).length;
      if (open === 0) return;
      if (performance.now() > end) {
        const got = `${open} sockets still open after ${within} s`;
        throw new StepFailed("nothing", got, "that it closes them, too");
      }
      await delay(50);
    }
  },
  async ranNothing(stage) {
    if (!await stage.hasCanary()) return;
    const got = `it made ${stage.values.canary}, as the pickle said`;
    throw new StepFailed("there", got, "that it only reads data");
  },
};

/** Waits until a program uses next to no processor time, for so long. Resolves to how much of one it uses, if it still does. */
async function busyAfter(
  program: Program,
  ms: number,
): Promise<number | undefined> {
  const end = performance.now() + ms;
  for (;;) {
    const [before, begin] = [program.seconds, performance.now()];
    await delay(REST * 1000);
    const seconds = (performance.now() - begin) / 1000;
    const share = (program.seconds - before) / seconds;
    if (share < BUSY || program.code !== undefined) return undefined;
    if (performance.now() > end) return share;
  }
}

/** Waits until no peer has heard anything for a while, or `ms` are over. */
async function quiet(stage: Stage, ms: number): Promise<void> {
  const begin = performance.now();
  for (;;) {
    const heard = [...stage.peers.values()].map(({ heardAt }) => heardAt);
    const now = performance.now();
    if (now - Math.max(begin, ...heard) > QUIET || now - begin > ms) return;
    await delay(QUIET / 10);
  }
}

/** A message with values in it, which is remembered as sent. */
function request(stage: Stage, peer: Peer, message: Message): Message {
  return note(stage, peer, fill(message, stage.newValues()));
}

/** Remembers a message as sent. */
function note(stage: Stage, peer: Peer, message: Message): Message {
  if (isMessageMap(message)) stage.sent.push({ peer, request: message });
  return message;
}

function last(stage: Stage): string {
  return pythonRepr(stage.sent.at(-1)!.request);
}

async function expect(
  stage: Stage,
  name: string,
  value: unknown,
  { count = 1, within = WITHIN }: Step,
): Promise<void> {
  const peer = stage.peer(name);
  const pattern = fill(value as Message, {
    ...stage.values,
    ownport: stage.isNear ? peer.port : "$any",
  });
  const due = count === 1
    ? describe(pattern)
    : `${count} of ${describe(pattern)}`;
  for (let number = 0; number < count; number++) {
    const has = () => peer.messages.length > 0 || peer.hasEnd || !!peer.broken;
    await peer.changes.until(has, within * 1000);
    const message = peer.messages.shift();
    if (message !== undefined) {
      if (fits(message, pattern)) continue;
      throw new StepFailed("other", pythonRepr(message), due, peer);
    }
    if (peer.hasEnd && pattern === "$refusal") return;
    const before = number > 0 ? `${number} of them, then ` : "";
    if (peer.broken) {
      throw new StepFailed("broken", `${before}${peer.broken}`, due, peer);
    }
    if (peer.hasEnd) {
      const wrong = await stage.wrongOfEnd();
      const how = wrong === "exited"
        ? "the end of the whole program"
        : "the end";
      throw new StepFailed(wrong, before + how, due, peer);
    }
    const part = peer.unfinished;
    const got = part > 0
      ? `${part} bytes that are no whole message`
      : "nothing";
    throw new StepFailed(
      "nothing",
      `${before}${got} in ${within} s`,
      due,
      peer,
    );
  }
}

/** Whether a message is what a pattern of the kit says. */
export function fits(message: Message, pattern: Message): boolean {
  const isError = isMessageMap(message) && "error" in message;
  if (pattern === "$any") return true;
  if (pattern === "$ack") return !isError;
  if (pattern === "$refusal") return isError;
  if (!isMessageMap(pattern)) return message === pattern;
  return isMessageMap(message) &&
    Object.entries(pattern).every(([key, value]) =>
      key in message && fits(message[key], value)
    );
}

function describe(pattern: Message): string {
  if (pattern === "$any") return "a message";
  if (pattern === "$ack") return "an acknowledgement";
  if (pattern === "$refusal") return "a map with an error, or the end";
  return isMessageMap(pattern)
    ? `a map with ${
      Object.entries(pattern).map(([key, value]) =>
        value === "$any" ? key : `${key} ${pythonRepr(value)}`
      ).join(", ")
    }`
    : pythonRepr(pattern);
}

/** The names that a step means: `A1..24` are 24. */
function namesOf(name: string): string[] {
  const [, stem, first, end] = /^(.*?)(\d+)\.\.(\d+)$/.exec(name) ?? [];
  if (stem === undefined) return [name];
  const length = Number(end) - Number(first) + 1;
  return Array.from({ length }, (_, i) => `${stem}${Number(first) + i}`);
}

/** All verbs. */
export const VERBS = [
  ...Object.keys(PEER_VERBS),
  ...Object.keys(PROGRAM_VERBS),
];

/** The verb of a step. @throws {Error} If the kit has none there. */
export function verbOf(step: Step): string {
  const verbs = step.peer ? PEER_VERBS : PROGRAM_VERBS;
  const found = Object.keys(step).filter((key) => Object.hasOwn(verbs, key));
  if (found.length === 1) return found[0];
  throw new Error(
    `The kit has ${found.length} verbs in ${JSON.stringify(step)}`,
  );
}

/** What a verb needs of the system, where it needs more than TCP. */
const SYSTEMS: Readonly<Record<string, readonly string[]>> = {
  rests: ["linux"],
  closes: ["linux"],
  signal: ["linux", "darwin"],
};

/** Why a step cannot be played here, if so. */
export function unfitness(step: Step, isSpawned: boolean): string | undefined {
  if (step.steps) return undefined;
  const verb = verbOf(step);
  // A server that runs already needs no start, and calms down unseen.
  const isForAll = verb === "start" || verb === "calms";
  if (step.program && !isForAll && !isSpawned) return "needs --spawn";
  return SYSTEMS[verb]?.includes(Deno.build.os) ?? true
    ? undefined
    : `needs ${SYSTEMS[verb].join(" or ")}`;
}

/** A step that went wrong, and how. */
export interface Fall {
  step: Step;
  failed: StepFailed;
}

/** Plays the steps of a check. Resolves to the first that went wrong. */
export async function play(
  stage: Stage,
  steps: Check["steps"],
): Promise<Fall | undefined> {
  for (const step of steps) {
    for (let i = 0; i < (step.repeat ?? 0); i++) {
      const fall = await play(stage, step.steps!);
      if (fall) return fall;
    }
    if (step.repeat) continue;
    try {
      await playOne(stage, step);
    } catch (error) {
      if (error instanceof StepFailed) return { step, failed: error };
      throw error;
    }
  }
}

async function playOne(stage: Stage, step: Step): Promise<void> {
  const verb = verbOf(step);
  if (step.program) {
    await PROGRAM_VERBS[verb](stage, step.program, step[verb], step);
    return;
  }
  const act = (name: string) => PEER_VERBS[verb](stage, name, step[verb], step);
  // All begin at the same time, and the step is over when all are done.
  const results = await Promise.allSettled(
    namesOf(step.peer!).map(async (name) => await act(name)),
  );
  const failed = results.find((it) => it.status === "rejected");
  if (failed) throw failed.reason;
}
