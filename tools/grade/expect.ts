/**
 * Checking the messages that a peer receives.
 *
 * @module
 */

import { pythonRepr } from "../../lib/formats/python_repr.ts";
import {
  isMessageMap,
  type Message,
  type MessageMap,
} from "../../lib/formats/format.ts";
import { type Step, WITHIN } from "./kit.ts";
import type { Harness } from "./harness.ts";
import type { Peer } from "./peer.ts";
import { StepFailed } from "./step_failed.ts";
import { fill } from "./values.ts";

/**
 * Waits for the expected messages.
 *
 * @throws {StepFailed} If other messages arrive, or none in time.
 */
export async function expect(
  harness: Harness,
  name: string,
  value: unknown,
  { count = 1, within = WITHIN }: Step,
): Promise<void> {
  const peer = harness.peer(name);
  const pattern = fill(value as Message, {
    ...harness.values,
    ownport: harness.isSpawned ? peer.port : "$any",
  });
  const begin = performance.now();
  const due = count === 1
    ? describe(pattern)
    : `${count} messages, each ${describe(pattern)}`;
  const deadline = harness.deadline(within);
  for (let number = 0; number < count; number++) {
    const has = () => peer.messages.length > 0 || peer.hasEnd || !!peer.broken;
    await deadline.until(peer.changes, has);
    const message = peer.messages.shift();
    if (message !== undefined) {
      const fitting = pattern === "$refusal"
        ? isRefusal(message, harness.acknowledgement, peer.asked.at(-1))
        : fits(message, pattern);
      if (fitting && pattern === "$ack") harness.acknowledgement = message;
      if (fitting) continue;
      throw new StepFailed("other", pythonRepr(message), due, peer);
    }
    const before = number > 0 ? `${number} of them, then ` : "";
    if (peer.broken) {
      throw new StepFailed("broken", `${before}${peer.broken}`, due, peer);
    }
    if (peer.hasEnd) {
      const wrong = await harness.wrongOfEnd();
      if (wrong === "end" && pattern === "$refusal") return;
      const how = wrong === "exited"
        ? "the whole program ended"
        : "the connection ended";
      throw new StepFailed(wrong, before + how, due, peer);
    }
    const part = peer.unfinished;
    const got = part > 0 ? `only ${part} bytes of a message` : "nothing";
    throw new StepFailed(
      "nothing",
      `${before}${got} in ${within} s${astray(harness, peer, begin)}`,
      due,
      peer,
    );
  }
}

/** Whether a message matches a pattern of the kit. */
export function fits(message: Message, pattern: Message): boolean {
  if (pattern === "$any") return true;
  if (pattern === "$ack") return !saysNo(message);
  if (!isMessageMap(pattern)) return message === pattern;
  return isMessageMap(message) &&
    Object.entries(pattern).every(([key, value]) =>
      key in message && fits(message[key], value)
    );
}

/**
 * Whether a message refuses a request. The lab's text does not say how a server
 * refuses. So a refusal is also what differs from the acknowledgement of a good
 * request, unless it contains `True` or repeats a value of the request.
 */
export function isRefusal(
  message: Message,
  acknowledgement: Message | undefined,
  request: MessageMap | undefined,
): boolean {
  if (saysNo(message)) return true;
  const saysYes = isMessageMap(message) &&
    Object.values(message).includes(true);
  if (acknowledgement === undefined || saysYes) return false;
  const text = unnumbered(pythonRepr(message));
  const isRepeated = Object.values(request ?? {}).some((value) =>
    typeof value === "string" && text.includes(unnumbered(value))
  );
  return !isRepeated && text !== unnumbered(pythonRepr(acknowledgement));
}

/** Whether a message says no: `False`, a map with an error, or one in which something else is `False` and nothing is `True`. */
function saysNo(message: Message): boolean {
  if (!isMessageMap(message)) return message === false;
  const { error, ...others } = message;
  const values = Object.values(others);
  return Boolean(error) || (values.includes(false) && !values.includes(true));
}

/** Returns a text without the numbers that may differ in each answer, such as an id or a count. */
function unnumbered(text: string): string {
  // 0 and 1 may say no and yes.
  return text.replace(/\d+/g, (number) => Number(number) > 1 ? "N" : number);
}

/** Returns what another peer has received meanwhile, in words: an answer may go to the wrong client. */
function astray(harness: Harness, peer: Peer, begin: number): string {
  const other = [...harness.peers.values()].find((it) =>
    it !== peer && it.heardAt > begin && it.messages.length > 0
  );
  return other
    ? `, while another client received ${pythonRepr(other.messages.at(-1)!)}`
    : "";
}

function describe(pattern: Message): string {
  if (pattern === "$any") return "a message";
  if (pattern === "$ack") return "an acknowledgement";
  if (pattern === "$refusal") {
    return "a refusal, such as a map with an error, or the end of the connection";
  }
  return isMessageMap(pattern)
    ? `a map with ${
      Object.entries(pattern).map(([key, value]) =>
        value === "$any" ? key : `${key} ${pythonRepr(value)}`
      ).join(", ")
    }`
    : pythonRepr(pattern);
}
