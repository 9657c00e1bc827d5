/**
 * The verbs of peers: one function for each verb of the kit.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import { pythonRepr } from "../../lib/formats/python_repr.ts";
import { isMessageMap, type Message } from "../../lib/formats/format.ts";
import { expect } from "./expect.ts";
import { WITHIN } from "./kit.ts";
import { encode, Peer } from "./peer.ts";
import { type Harness, StepFailed, type Verb } from "./harness.ts";
import { fill, fillText } from "./values.ts";

/** Milliseconds between the pieces of a message: on an idle machine, the program reads each piece separately. */
const BETWEEN_PIECES = 10;

/** What peers do, and what they expect to receive. */
export const PEER_VERBS: Readonly<Record<string, Verb>> = {
  connect,
  async join(harness, name, _, step) {
    await connect(harness, name);
    await expect(harness, name, "$any", step);
  },
  listen: (harness) => harness.listen(),
  accept: (harness, name) => harness.accept(name),
  send(harness, name, value) {
    const peer = harness.peer(name);
    peer.send((value as Message[]).map((it) => request(harness, it)));
  },
  sendMany(harness, name, value, { count = 1 }) {
    const peer = harness.peer(name);
    const many = Array.from({ length: count }, () => value as Message);
    peer.send(many.map((it) => request(harness, it)));
  },
  bytes(harness, name, value, { as }) {
    const peer = harness.peer(name);
    const text = String(fillText(value as string, harness.newValues()));
    const bytes = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
    const meant = as === undefined
      ? bytes
      : note(harness, fill(as as Message, harness.values));
    peer.sendBytes(bytes, pythonRepr(meant));
  },
  half(harness, name, value) {
    const peer = harness.peer(name);
    const bytes = encode([request(harness, value as Message)]);
    const half = bytes.subarray(0, bytes.length / 2);
    peer.sendBytes(half, `the first ${half.length} bytes of ${last(harness)}`);
    harness.rest = bytes.subarray(half.length);
  },
  rest(harness, name) {
    harness.peer(name).sendBytes(harness.rest, "the other half");
  },
  async pieces(harness, name, value) {
    const peer = harness.peer(name);
    for (const message of value as Message[]) {
      const filled = request(harness, message);
      let how: string | undefined = `${pythonRepr(filled)}, byte by byte`;
      for (const byte of encode([filled])) {
        peer.sendBytes(Uint8Array.of(byte), how);
        how = undefined;
        await delay(BETWEEN_PIECES);
      }
    }
  },
  async everyCut(harness, name, value, step) {
    const peer = harness.peer(name);
    const bytes = encode([request(harness, value as Message)]);
    for (let cut = 1; cut < bytes.length; cut++) {
      const where = `of ${last(harness)}`;
      peer.sendBytes(bytes.subarray(0, cut), `the first ${cut} bytes ${where}`);
      await delay(BETWEEN_PIECES);
      peer.sendBytes(
        bytes.subarray(cut),
        `the other ${bytes.length - cut} bytes`,
      );
      await expect(harness, name, "$ack", step);
    }
  },
  async flood(harness, name, value) {
    const peer = harness.peer(name);
    await peer.flood(request(harness, value as Message));
  },
  expect,
  async stays(harness, name, value) {
    const peer = harness.peer(name);
    const seconds = value as number;
    if (!await peer.changes.until(() => peer.hasEnd, seconds * 1000)) return;
    const due = `that the connection stays open for at least ${seconds} s`;
    throw new StepFailed("end", "the connection ended", due, peer);
  },
  async settles(harness, name, value) {
    const peer = harness.peer(name);
    const answered = () => peer.hasEnd || peer.messages.length > 0;
    await peer.changes.until(answered, (value as number) * 1000);
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
  const wrong = await harness.wrongOfEnd() === "exited" ? "exited" : "refused";
  throw new StepFailed(wrong, peer, `a connection to port ${port}`);
}

/** Returns a message with its values filled in, and records it as sent. */
function request(harness: Harness, message: Message): Message {
  return note(harness, fill(message, harness.newValues()));
}

/** Records a message as sent. */
function note(harness: Harness, message: Message): Message {
  if (isMessageMap(message)) harness.sent.push(message);
  return message;
}

function last(harness: Harness): string {
  return pythonRepr(harness.sent.at(-1)!);
}
