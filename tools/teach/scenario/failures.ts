/**
 * Scenarios of failures that a server must survive.
 *
 * @module
 */

import { ClientHandler } from "../../../clienthandler.ts";
import { Lock } from "../../../lib/lock.ts";
import type { Message } from "../../../lib/formats/formats.ts";
import { RawClient, ShippedClient } from "./clients.ts";
import type { Harness, Scenario } from "./harness.ts";
import { LOCK, STDERR } from "./story.ts";
import { UNRECORDABLE } from "./traced_handler.ts";

const leavesWhileWaiting: Scenario = {
  name: "leaves-while-waiting",
  about:
    "The system has no free file descriptor, so Alice waits to be accepted. " +
    "She resets her connection. Bob connects after her.",
  ends: 1000,
  async play(harness) {
    const alice = new RawClient(harness, "Alice");
    const bob = new ShippedClient(harness, "Bob");
    const listener = harness.network.listener!;
    listener.descriptors = false;
    harness.tell(STDERR, "(the system has no descriptors)");
    await alice.connect();
    await harness.pause(20);
    alice.reset();
    listener.descriptors = true;
    harness.tell(STDERR, "(it has descriptors again)");
    await harness.pause(100);
    await bob.connect();
    await bob.leave();
  },
};

const slowRoster: Scenario = {
  name: "slow-roster",
  about: "Recording takes 20 ms. The server acknowledges a student only " +
    "after recording.",
  recording: 20,
  ends: 1000,
  async play(harness) {
    const alice = new ShippedClient(harness, "Alice");
    await alice.connect();
    await alice.ask(1);
    await harness.pause(40);
    await alice.leave();
  },
};

/** An application that takes long for some requests. */
function slowAnswers(harness: Harness) {
  return class extends ClientHandler {
    protected override processRequest(
      request: Message,
    ): Message | Promise<Message> {
      const answer = `answer to ${request}`;
      if (request === "quick") return answer;
      return harness.pause(30).then(() => answer);
    }
  };
}

const slowFirst: Scenario = {
  name: "slow-first",
  about:
    "The first of two requests takes 30 ms, the second none. A client matches " +
    "answers to requests only by their order.",
  clientHandler: slowAnswers,
  ends: 1000,
  async play(harness) {
    const alice = new ShippedClient(harness, "Alice");
    await alice.connect();
    await harness.pause(10);
    await alice.send("slow", "quick");
    await alice.leave();
  },
};

const fullDisk: Scenario = {
  name: "full-disk",
  about: "Recording Alice fails. The server sends her an error and ends her " +
    "connection. Bob connects after her.",
  ends: 1000,
  async play(harness) {
    const alice = new ShippedClient(harness, "Alice");
    const bob = new ShippedClient(harness, "Bob");
    await alice.connect();
    await alice.ask(UNRECORDABLE);
    await harness.pause(10);
    await bob.connect();
    await bob.ask(2);
    await bob.leave();
  },
};

/** A client sends a pickle that names a function. */
export const hostilePickle: Scenario = {
  name: "hostile-pickle",
  about: "Python's pickle can name a function to be called: this one names " +
    "os.system. The server calls nothing. It refuses the opcode, and names " +
    "it in the error.",
  ends: 1000,
  async play(harness) {
    const mallory = new RawClient(harness, "Mallory");
    await mallory.connect();
    const reading = mallory.read();
    await harness.pause(10);
    const text = "\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x04true\x85R.";
    const bytes = Uint8Array.from(text, (char) => char.charCodeAt(0));
    await mallory.send(bytes, `a pickle that calls os.system("true")`);
    await reading;
  },
};

const comeAndGo: Scenario = {
  name: "come-and-go",
  about:
    "The server allows one client at a time. Alice sends a request, and leaves before Bob comes.",
  server: { maxClients: 1 },
  ends: 1000,
  async play(harness) {
    const alice = new ShippedClient(harness, "Alice");
    const bob = new ShippedClient(harness, "Bob");
    await alice.connect();
    await alice.ask(1);
    await alice.leave();
    await harness.pause(20);
    await bob.connect();
    await bob.leave();
  },
};

const unreadBytes: Scenario = {
  name: "unread-bytes",
  about:
    "Alice sends bytes that are not a pickle, and continues to send. The " +
    "server tells her why it ends the connection. It reads her bytes " +
    "before it closes: closing with unread bytes would reset the " +
    "connection, and she would lose the answers that she has not read.",
  ends: 1000,
  async play(harness) {
    const alice = new RawClient(harness, "Alice");
    await alice.connect();
    await harness.pause(10);
    await alice.ask(1);
    await alice.send(Uint8Array.of(0xff), "a byte that is not a pickle");
    for (let i = 0; i < 3; i++) {
      await alice.send(new Uint8Array(5), "5 more bytes");
    }
    await harness.pause(15);
    await alice.read();
  },
};

const resetsUnderway: Scenario = {
  name: "resets-underway",
  about: "Alice resets her connection while her answer is being written. Bob " +
    "comes after her.",
  recording: 5,
  ends: 1000,
  async play(harness) {
    const alice = new RawClient(harness, "Alice");
    const bob = new ShippedClient(harness, "Bob");
    await alice.connect();
    await harness.pause(10);
    await alice.ask(1);
    await harness.pause(3);
    alice.reset();
    await harness.pause(20);
    await bob.connect();
    await bob.ask(2);
    await bob.leave();
  },
};

const newcomer: Scenario = {
  name: "newcomer",
  about: "Three tasks use a lock, without a server. The second task waits " +
    "while the first holds the lock. The third asks for the lock just " +
    "as the first releases it.",
  ends: 1000,
  async play(harness) {
    const lock = new Lock();
    let inside = 0;
    const enter = async (name: string) => {
      harness.tell(name, "asks for the lock");
      using _guard = await lock.acquire();
      inside++;
      harness.tell(
        name,
        inside === 1 ? "is in" : `is in, too: ${inside} ` +
          `tasks are in`,
      );
      await harness.pause(10);
      inside--;
      harness.tell(name, "is out");
      if (name === "First") queueMicrotask(() => enter("Third"));
    };
    enter("First");
    await harness.pause(5);
    enter("Second");
    await harness.pause(100);
    harness.tell(LOCK, lock.locked ? "is held" : "is free");
  },
};

/** The scenarios of mishaps. */
export const FAILURES: readonly Scenario[] = [
  leavesWhileWaiting,
  slowRoster,
  slowFirst,
  fullDisk,
  comeAndGo,
  unreadBytes,
  resetsUnderway,
  newcomer,
];
