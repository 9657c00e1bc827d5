/**
 * The verbs of peers: one function for each verb of the kit.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import { pythonRepr } from "../../lib/formats/python_repr.ts";
import { isMessageMap, type Message } from "../../lib/formats/format.ts";
import { counted } from "../../lib/text.ts";
import { expect } from "./expect.ts";
import { exitOf } from "./complaint.ts";
import { type Step, WITHIN } from "./kit.ts";
import { anyOf } from "./output.ts";
import { encode, Peer } from "./peer.ts";
import type { Harness, Verb } from "./harness.ts";
import { StepFailed } from "./step_failed.ts";
import { fill, fillText } from "./values.ts";

/** Milliseconds between what a peer sends, at least, unless it is sent in pieces. */
const BETWEEN = 5;

/** What peers do, and what they expect to receive. */
export const PEER_VERBS: Readonly<Record<string, Verb>> = {
  connect,
  async join(harness, name, _, step) {
    await connect(harness, name);
    await expect(harness, name, "$any", step);
  },
  listen: (harness) => harness.listen(),
  accept: (harness, name) => harness.accept(name),
  async send(harness, name, value) {
    const peer = harness.peer(name);
    await ready(harness, peer);
    // Time for a thread that reads on its own.
    if (peer.sent.length > 0) await delay(BETWEEN);
    peer.send((value as Message[]).map((it) => request(harness, name, it)));
  },
  async sendMany(harness, name, value, { count = 1 }) {
    const peer = harness.peer(name);
    const many = Array.from({ length: count }, () => value as Message);
    await ready(harness, peer);
    peer.send(many.map((it) => request(harness, name, it)));
  },
  async bytes(harness, name, value, { as }) {
    const peer = harness.peer(name);
    const text = String(fillText(value as string, harness.newValues()));
    const bytes = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
    const meant = as === undefined
      ? bytes
      : note(harness, name, fill(as as Message, harness.values));
    await ready(harness, peer);
    peer.sendBytes(bytes, pythonRepr(meant));
  },
  async half(harness, name, value) {
    const peer = harness.peer(name);
    const bytes = encode([request(harness, name, value as Message)]);
    const half = bytes.subarray(0, bytes.length / 2);
    await ready(harness, peer);
    peer.sendBytes(
      half,
      `the first ${counted(half.length, "byte")} of ${last(harness)}`,
    );
    harness.rest = bytes.subarray(half.length);
  },
  async rest(harness, name) {
    const peer = harness.peer(name);
    await ready(harness, peer, true);
    peer.sendBytes(harness.rest, "the other half");
  },
  async pieces(harness, name, value) {
    const peer = harness.peer(name);
    for (const message of value as Message[]) {
      const filled = request(harness, name, message);
      let how: string | undefined = `${pythonRepr(filled)}, byte by byte`;
      for (const byte of encode([filled])) {
        await ready(harness, peer);
        peer.sendBytes(Uint8Array.of(byte), how);
        how = undefined;
      }
    }
  },
  async everyCut(harness, name, value, step) {
    const peer = harness.peer(name);
    const bytes = encode([request(harness, name, value as Message)]);
    for (let cut = 1; cut < bytes.length; cut++) {
      const where = `of ${last(harness)}`;
      await ready(harness, peer, false);
      peer.sendBytes(
        bytes.subarray(0, cut),
        `the first ${counted(cut, "byte")} ${where}`,
      );
      await ready(harness, peer, false);
      peer.sendBytes(
        bytes.subarray(cut),
        `the other ${counted(bytes.length - cut, "byte")}`,
      );
      await served(harness, name, true, step);
    }
  },
  async flood(harness, name, value) {
    const peer = harness.peer(name);
    await peer.flood(request(harness, name, value as Message));
  },
  expect,
  served,
  async stays(harness, name, value) {
    const peer = harness.peer(name);
    const seconds = value as number;
    const hasEnd = () => peer.hasEnd;
    if (!await harness.deadline(seconds).until(peer.changes, hasEnd)) return;
    const due = `that the connection stays open for at least ${seconds} s`;
    const wrong = await harness.wrongOfEnd();
    throw new StepFailed(wrong, "the connection ended", due, peer);
  },
  async settles(harness, name, value) {
    const peer = harness.peer(name);
    const answered = () => peer.hasEnd || peer.messages.length > 0;
    await harness.deadline(value as number).until(peer.changes, answered);
    // What has arrived may have been sent before the program read anything.
    await ready(harness, peer);
  },
  finish: (harness, name) => harness.peer(name).finish(),
  close: (harness, name) => harness.peer(name).close(),
  reset: (harness, name) => harness.peer(name).reset(),
};

async function connect(harness: Harness, name: string): Promise<void> {
  const { port, host } = harness;
  const peer = await Peer.connect(port, host, WITHIN * 1000);
  if (typeof peer !== "string") {
    harness.peers.set(name, peer);
    return;
  }
  const due = `a connection to ${host}, port ${port}`;
  if (await harness.wrongOfEnd() !== "exited") {
    throw new StepFailed("refused", peer, due);
  }
  const got = `${peer}: it ended ${exitOf(harness.lastProgram!)}`;
  throw new StepFailed("exited", got, due);
}

/**
 * Expects that the program processes the last `count` requests of a peer: it
 * acknowledges them. If it never acknowledges anything, which is a fault that
 * another check finds, it must print them; while its output is stopped, this only
 * waits until it has read them.
 */
async function served(
  harness: Harness,
  name: string,
  _: unknown,
  step: Step,
): Promise<void> {
  const peer = harness.peer(name);
  const { count = 1, within = WITHIN } = step;
  if (!harness.isSilent) {
    await expect(harness, name, "$ack", step);
    return peer.noteAnswered(count);
  }
  const program = harness.lastProgram!;
  if (program.stdout.isStopped) {
    return await harness.untilRead(peer, program, true);
  }
  const searches = peer.asked.slice(-count)
    .map(({ sid }) => anyOf(program.stdout, [String(sid)], peer.printedBefore));
  const missing = () => searches.filter((it) => !it.look()).length;
  const over = () => missing() === 0 || program.code !== undefined;
  await harness.deadline(within).until(program.changes, over);
  if (missing() === 0) return;
  const due = "that it prints the requests, since it acknowledges none";
  const got = `no line for ${missing()} of ${count} in ${within} s`;
  if (program.code !== undefined) {
    throw new StepFailed("exited", `it ended ${exitOf(program)}`, due, peer);
  }
  throw new StepFailed(peer.hasEnd ? "end" : "nothing", got, due, peer);
}

/** Waits until a peer can send something that arrives on its own. */
async function ready(
  harness: Harness,
  peer: Peer,
  // A server that has answered has read the request. A client may send before it reads.
  isExact = harness.side === "client",
): Promise<void> {
  const program = harness.lastProgram;
  await harness.untilRead(peer, program, isExact);
  peer.printedBefore = program?.stdout.length ?? 0;
}

/** Returns a message with its values filled in, and records it as sent. A message without values keeps the last student. */
function request(harness: Harness, name: string, message: Message): Message {
  if (typeof message === "number") return message;
  return note(harness, name, fill(message, harness.newValues()));
}

/** Records a message as sent. */
function note(harness: Harness, name: string, message: Message): Message {
  if (!isMessageMap(message)) return message;
  harness.sent.push(message);
  harness.peer(name).asked.push(message);
  return message;
}

function last(harness: Harness): string {
  return pythonRepr(harness.sent.at(-1)!);
}
