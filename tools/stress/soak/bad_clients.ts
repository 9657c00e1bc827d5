/**
 * Clients that misbehave. The server may close the connection of each.
 *
 * @module
 */

import type { MessageMap } from "../../../lib/formats/format.ts";
import { STUDENT } from "../../../clienthelper.ts";
import { encode } from "../../../lib/testing/messages.ts";
import { Peer } from "../../../lib/testing/peer.ts";
import type { Random } from "../../../lib/testing/random.ts";
import { dawdle, type Session } from "./session.ts";

const REQUEST = encode([STUDENT]);
const HTTP = new TextEncoder().encode(
  "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
);
/** Pickles that call a function, build an object, or use a persistent id. */
const HOSTILE = [
  "cposix\nsystem\n(S'true'\ntR.",
  "\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x04true\x85R.",
  "(S'true'\niposix\nsystem\n.",
  "\x80\x02cbuiltins\neval\nX\x01\x00\x00\x001\x85\x81.",
  "P1\n.",
].map((text) => Uint8Array.from(text, (char) => char.charCodeAt(0)));
/** The start of a list of ones that never ends. */
const ENDLESS = new TextEncoder().encode("](" + "K\x01".repeat(32_768));
/** How often it is sent: in total, many times the longest message allowed. */
const ENDLESS_TIMES = 32;
/**
 * Requests whose answers are long, so that a few of them fill the kernel's buffers.
 * A valid one ends each row of invalid ones before the row is too long.
 */
const DEMANDING = encode(
  Array(100).fill([...Array(15).fill({}), STUDENT]).flat(),
);

/** Resets the connection at a random point of the exchange. */
export async function resetting({ address, random }: Session): Promise<void> {
  using peer = await Peer.connect(address);
  const stage = random.pick(["greeting", "request", "answer"]);
  if (stage === "greeting") return; // it will arrive after the close
  // Closing with unread bytes is a reset, and most of the greeting stays unread.
  await peer.conn.read(new Uint8Array(1));
  const length = stage === "answer"
    ? REQUEST.length
    : 1 + random.below(REQUEST.length - 1);
  await peer.sendBytes(REQUEST.subarray(0, length));
}

/** Sends bytes that the server must refuse. */
export async function hostile(
  { address, random, score }: Session,
): Promise<void> {
  using peer = await Peer.greeted(address);
  for (const bytes of hostileBytes(random)) await peer.sendBytes(bytes);
  await peer.conn.closeWrite();
  for (const answer of await peer.receiveAll()) {
    const { error } = answer as MessageMap;
    if (typeof error !== "string") score.fault("hostile bytes were accepted");
  }
}

function hostileBytes(random: Random): Uint8Array[] {
  return random.pick([
    () => [random.pick(HOSTILE)],
    () => [Uint8Array.from({ length: 64 }, () => random.below(256))],
    () => [HTTP],
    () => Array(ENDLESS_TIMES).fill(ENDLESS),
  ])();
}

/**
 * Sends requests without end, and never reads an answer. Leaves before the queue
 * timeout.
 */
export async function neverReading(session: Session): Promise<void> {
  using peer = await Peer.connect(session.address);
  const sending = sendWithoutEnd(session, peer).catch(() => {}); // closed, by us or by the server
  await dawdle(session, 8000);
  peer.conn.close();
  await sending;
}

async function sendWithoutEnd(session: Session, peer: Peer): Promise<never> {
  for (;;) {
    await peer.sendBytes(DEMANDING);
    // Without a pause, this client alone would determine the latency.
    await dawdle(session, 150);
  }
}
