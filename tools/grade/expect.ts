/**
 * Checking the messages that a peer receives.
 *
 * @module
 */

import { pythonRepr } from "../../lib/formats/python_repr.ts";
import { isMessageMap, type Message } from "../../lib/formats/format.ts";
import { type Step, WITHIN } from "./kit.ts";
import type { Harness } from "./harness.ts";
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
  const due = count === 1
    ? describe(pattern)
    : `${count} messages, each ${describe(pattern)}`;
  const deadline = harness.deadline(within);
  for (let number = 0; number < count; number++) {
    const has = () => peer.messages.length > 0 || peer.hasEnd || !!peer.broken;
    await deadline.until(peer.changes, has);
    const message = peer.messages.shift();
    if (message !== undefined) {
      if (fits(message, pattern)) continue;
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
      `${before}${got} in ${within} s`,
      due,
      peer,
    );
  }
}

/** Whether a message matches a pattern of the kit. */
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
  if (pattern === "$refusal") {
    return "a map with an error, or the end of the connection";
  }
  return isMessageMap(pattern)
    ? `a map with ${
      Object.entries(pattern).map(([key, value]) =>
        value === "$any" ? key : `${key} ${pythonRepr(value)}`
      ).join(", ")
    }`
    : pythonRepr(pattern);
}
