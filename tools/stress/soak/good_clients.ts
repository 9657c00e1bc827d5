/**
 * Clients that do as they should. They check every answer and its order, and
 * note how long it took.
 *
 * @module
 */

import { Client } from "../../../client.ts";
import type { Message, MessageMap } from "../../../lib/formats/format.ts";
import { encode, Peer } from "../../../lib/testing/peer.ts";
import type { Random } from "../../../lib/testing/random.ts";
import { dawdle, type Guest } from "./guest.ts";

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
  guest: Guest,
  depth: number,
  exchange: Exchange,
): Promise<void> {
  const { random, score, leaving } = guest;
  const rounds = 2 + random.below(20);
  for (let round = 0; round < rounds && !leaving.aborted; round++) {
    const count = 1 + random.below(depth);
    const questions = Array.from({ length: count }, () => ask(random));
    const begin = performance.now();
    const answers = await exchange(questions.map(({ request }) => request));
    // The first answer waits for the greeting's pause: that is no slowness.
    if (round > 0) score.took(performance.now() - begin);
    questions.forEach(({ due }, i) => score.answer(due, inShort(answers[i])));
    await dawdle(guest, THINKING);
  }
}

/** The shipped client, with up to `depth` requests under way. */
async function shippedClient(guest: Guest, depth: number): Promise<void> {
  const { hostname: host, port } = guest.address;
  const client = new Client({ host, port });
  await client.connect();
  await converse(
    guest,
    depth,
    (requests) =>
      Promise.all(requests.map((request) => client.request(request))),
  );
  await client.close();
}

/** The shipped client, one request after another. */
export function patient(guest: Guest): Promise<void> {
  return shippedClient(guest, 1);
}

/** The shipped client, with many requests under way. */
export function pipelining(guest: Guest): Promise<void> {
  return shippedClient(guest, 64);
}

/** A bare connection, with requests that are cut anywhere. */
export async function cutting(guest: Guest): Promise<void> {
  using peer = await Peer.greeted(guest.address);
  const depth = guest.random.pick([1, 16]);
  await converse(guest, depth, async (requests) => {
    const bytes = encode(requests);
    const cut = guest.random.below(bytes.length);
    await peer.sendBytes(bytes.subarray(0, cut));
    await peer.sendBytes(bytes.subarray(cut));
    return await peer.receiveSome(requests.length);
  });
}

/** Says that it will send no more, and gets the answers to what it has sent. */
export async function halfClosing(guest: Guest): Promise<void> {
  using peer = await Peer.greeted(guest.address);
  const count = 1 + guest.random.below(16);
  const questions = Array.from({ length: count }, () => ask(guest.random));
  await peer.send(...questions.map(({ request }) => request));
  await peer.conn.closeWrite();
  for (const { due } of questions) {
    guest.score.answer(due, inShort(await peer.receive()));
  }
  if (await peer.receive() !== undefined) {
    guest.score.fault("there was an answer too many");
  }
}

/** Sends a request a byte at a time. */
export async function slow(guest: Guest): Promise<void> {
  using peer = await Peer.greeted(guest.address);
  const { request, due } = ask(guest.random);
  for (const byte of encode([request])) {
    await peer.sendBytes(Uint8Array.of(byte));
    // Some 2 s in all: far from any limit on the time that a request may take.
    await dawdle(guest, 50);
  }
  guest.score.answer(due, inShort(await peer.receive()));
}

/** Has nothing to say, and leaves. */
export async function silent(guest: Guest): Promise<void> {
  using _peer = await Peer.greeted(guest.address);
  await dawdle(guest, 4000);
}
