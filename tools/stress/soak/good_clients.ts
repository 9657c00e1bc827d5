/**
 * Clients that do as they should. They check every answer and its order, and
 * note how long it took.
 *
 * @module
 */

import { Client } from "../../../client.ts";
import type { Message, MessageMap } from "../../../lib/formats/format.ts";
import { encode } from "../../../lib/testing/messages.ts";
import { Peer } from "../../../lib/testing/peer.ts";
import type { Random } from "../../../lib/testing/random.ts";
import { dawdle, type Session } from "./session.ts";

/** Few enough that the roster is full long before the warm-up ends, and grows no more. */
const STUDENTS = 500;
const NAMES = ["Alice Brown", "Bob Chen"];
const FIELDS = ["student_name", "github_username", "sid"];
/** One request in so many lacks a field, so that wrong order shows. */
const INVALID = 8;
/** Milliseconds between a client's rounds of requests, at most. */
const THINKING = 100;

/** A request, and the answer due to it. */
export interface Question {
  /** What is sent. */
  request: Message;
  /** `1`, or the field that the error must name. */
  due: string;
}

/** Makes a question. */
export function ask(random: Random): Question {
  const request: MessageMap = {
    student_name: random.pick(NAMES),
    github_username: "abrown",
    sid: random.below(STUDENTS),
  };
  if (random.below(INVALID) > 0) return { request, due: "1" };
  const missing = random.pick(FIELDS);
  delete request[missing];
  return { request, due: missing };
}

/** An answer in the words of {@linkcode Question.due}. */
export function inShort(answer: Message | undefined): string {
  if (answer === undefined) return "nothing";
  const error = (answer as MessageMap | null)?.error ?? answer;
  return String(error).split(" ")[0];
}

/** Sends requests, and resolves to the answers. */
type Exchange = (requests: Message[]) => Promise<(Message | undefined)[]>;

/** A few rounds of up to `depth` requests that are under way together. */
async function converse(
  session: Session,
  depth: number,
  exchange: Exchange,
): Promise<void> {
  const { random, score, leaving } = session;
  const rounds = 2 + random.below(20);
  for (let round = 0; round < rounds && !leaving.aborted; round++) {
    const count = 1 + random.below(depth);
    const questions = Array.from({ length: count }, () => ask(random));
    const begin = performance.now();
    const answers = await exchange(questions.map(({ request }) => request));
    // The first answer waits for the greeting's pause: that is no slowness.
    if (round > 0) score.took(performance.now() - begin);
    questions.forEach(({ due }, i) => score.answer(due, inShort(answers[i])));
    await dawdle(session, THINKING);
  }
}

/** The shipped client, with up to `depth` requests under way. */
async function shippedClient(session: Session, depth: number): Promise<void> {
  const { hostname: host, port } = session.address;
  const client = new Client({ host, port });
  await client.connect();
  await converse(
    session,
    depth,
    (requests) =>
      Promise.all(requests.map((request) => client.request(request))),
  );
  await client.close();
}

/** The shipped client, one request after another. */
export function patient(session: Session): Promise<void> {
  return shippedClient(session, 1);
}

/** The shipped client, with many requests under way. */
export function pipelining(session: Session): Promise<void> {
  return shippedClient(session, 64);
}

/** A bare connection, with requests that are cut anywhere. */
export async function cutting(session: Session): Promise<void> {
  using peer = await Peer.greeted(session.address);
  const depth = session.random.pick([1, 16]);
  await converse(session, depth, async (requests) => {
    const bytes = encode(requests);
    const cut = session.random.below(bytes.length);
    await peer.sendBytes(bytes.subarray(0, cut));
    await peer.sendBytes(bytes.subarray(cut));
    return await peer.receiveSome(requests.length);
  });
}

/** Says that it will send no more, and gets the answers to what it has sent. */
export async function halfClosing(session: Session): Promise<void> {
  using peer = await Peer.greeted(session.address);
  const count = 1 + session.random.below(16);
  const questions = Array.from({ length: count }, () => ask(session.random));
  await peer.send(...questions.map(({ request }) => request));
  await peer.conn.closeWrite();
  for (const { due } of questions) {
    session.score.answer(due, inShort(await peer.receive()));
  }
  if (await peer.receive() !== undefined) {
    session.score.fault("there was an answer too many");
  }
}

/** Sends a request a byte at a time. */
export async function slow(session: Session): Promise<void> {
  using peer = await Peer.greeted(session.address);
  const { request, due } = ask(session.random);
  for (const byte of encode([request])) {
    await peer.sendBytes(Uint8Array.of(byte));
    // Some 2 s in all: far from any limit on the time that a request may take.
    await dawdle(session, 50);
  }
  session.score.answer(due, inShort(await peer.receive()));
}

/** Has nothing to say, and leaves. */
export async function silent(session: Session): Promise<void> {
  using _peer = await Peer.greeted(session.address);
  await dawdle(session, 4000);
}
