/**
 * Clients that follow the protocol. They check every answer and its order, and
 * record how long it took.
 *
 * @module
 */

import { Client } from "../../../client.ts";
import type { Message, MessageMap } from "../../../lib/formats/format.ts";
import { encode } from "../../../lib/testing/messages.ts";
import { Peer } from "../../../lib/testing/peer.ts";
import type { Random } from "../../../lib/testing/random.ts";
import { dawdle, type Session } from "./session.ts";

/** How many students there are: few enough that the roster stops growing in the warm-up. */
const STUDENTS = 500;
const NAMES = ["Alice Brown", "Bob Chen"];
const FIELDS = ["student_name", "github_username", "sid"];
/** One request in this many lacks a field, so that a wrong order shows. */
const INVALID = 8;
/** How long a client waits between two rounds of requests, at most, in milliseconds. */
const THINKING = 100;

/** A request and its expected answer. */
export interface Question {
  /** The request to send. */
  request: Message;
  /** `1`, or the field that the error must name. */
  due: string;
}

/** Returns a random question. */
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

/** Returns an answer in the form of {@linkcode Question.due}. */
export function inShort(answer: Message | undefined): string {
  if (answer === undefined) return "nothing";
  const error = (answer as MessageMap | null)?.error ?? answer;
  return String(error).split(" ")[0];
}

/** Sends requests, and resolves to the answers. */
type Exchange = (requests: Message[]) => Promise<(Message | undefined)[]>;

/** Exchanges a few rounds of up to `depth` pipelined requests. */
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
    // The first answer waits for the pause after the greeting, so it does not count.
    if (round > 0) score.took(performance.now() - begin);
    questions.forEach(({ due }, i) => score.answer(due, inShort(answers[i])));
    await dawdle(session, THINKING);
  }
}

/** Runs the shipped client, with up to `depth` requests in flight. */
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

/** Runs the shipped client, one request after another. */
export function patient(session: Session): Promise<void> {
  return shippedClient(session, 1);
}

/** Runs the shipped client, with many requests in flight. */
export function pipelining(session: Session): Promise<void> {
  return shippedClient(session, 64);
}

/** Sends requests over a raw connection, cut at any byte. */
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

/** Half-closes the connection, and gets the answers to all its requests. */
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
    session.score.fault("there was one answer too many");
  }
}

/** Sends a request one byte at a time. */
export async function slow(session: Session): Promise<void> {
  using peer = await Peer.greeted(session.address);
  const { request, due } = ask(session.random);
  for (const byte of encode([request])) {
    await peer.sendBytes(Uint8Array.of(byte));
    // About 2 s in total, far below the request timeout.
    await dawdle(session, 50);
  }
  session.score.answer(due, inShort(await peer.receive()));
}

/** Sends nothing, and leaves. */
export async function silent(session: Session): Promise<void> {
  using _peer = await Peer.greeted(session.address);
  await dawdle(session, 4000);
}
