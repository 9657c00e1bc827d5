/**
 * What peers do: one function for each verb of the kit.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import { pythonRepr } from "../../lib/formats/python_repr.ts";
import { isMessageMap, type Message } from "../../lib/formats/format.ts";
import { expect } from "./expect.ts";
import { WITHIN } from "./kit.ts";
import { encode, Peer } from "./peer.ts";
import { type Stage, StepFailed, type Verb } from "./stage.ts";
import { fill, fillText } from "./values.ts";

/** Milliseconds between the pieces of a message: on a quiet machine, each is read by itself. */
const BETWEEN_PIECES = 10;

/** What peers do, and what is expected of what they get. */
export const PEER_VERBS: Readonly<Record<string, Verb>> = {
  connect,
  async join(stage, name, _, step) {
    await connect(stage, name);
    await expect(stage, name, "$any", step);
  },
  listen: (stage) => stage.listen(),
  accept: (stage, name) => stage.accept(name),
  send(stage, name, value) {
    const peer = stage.peer(name);
    peer.send((value as Message[]).map((it) => request(stage, it)));
  },
  sendMany(stage, name, value, { count = 1 }) {
    const peer = stage.peer(name);
    const many = Array.from({ length: count }, () => value as Message);
    peer.send(many.map((it) => request(stage, it)));
  },
  bytes(stage, name, value, { as }) {
    const peer = stage.peer(name);
    const text = String(fillText(value as string, stage.newValues()));
    const bytes = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
    const meant = as === undefined
      ? bytes
      : note(stage, fill(as as Message, stage.values));
    peer.sendBytes(bytes, pythonRepr(meant));
  },
  half(stage, name, value) {
    const peer = stage.peer(name);
    const bytes = encode([request(stage, value as Message)]);
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
      const filled = request(stage, message);
      let how: string | undefined = `${pythonRepr(filled)}, byte by byte`;
      for (const byte of encode([filled])) {
        peer.sendBytes(Uint8Array.of(byte), how);
        how = undefined;
        await delay(BETWEEN_PIECES);
      }
    }
  },
  async everyCut(stage, name, value, step) {
    const peer = stage.peer(name);
    const bytes = encode([request(stage, value as Message)]);
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
    await peer.flood(request(stage, value as Message));
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

async function connect(stage: Stage, name: string): Promise<void> {
  const { port, host } = stage;
  const peer = await Peer.connect(port, host, WITHIN * 1000);
  if (typeof peer !== "string") {
    stage.peers.set(name, peer);
    return;
  }
  const wrong = await stage.wrongOfEnd() === "exited" ? "exited" : "refused";
  throw new StepFailed(wrong, peer, `a connection to port ${port}`);
}

/** A message with values in it, which is remembered as sent. */
function request(stage: Stage, message: Message): Message {
  return note(stage, fill(message, stage.newValues()));
}

/** Remembers a message as sent. */
function note(stage: Stage, message: Message): Message {
  if (isMessageMap(message)) stage.sent.push(message);
  return message;
}

function last(stage: Stage): string {
  return pythonRepr(stage.sent.at(-1)!);
}
