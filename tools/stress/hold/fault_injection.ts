/**
 * Injects the faults of {@linkcode faultyHandler} while good clients are served,
 * and looks for effects on anything else.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import { STUDENT } from "../../../clienthelper.ts";
import { isMessageMap, type Message } from "../../../lib/formats/format.ts";
import { Peer } from "../../../lib/testing/peer.ts";
import { TestServer } from "../test_server.ts";
import {
  FaultInjector,
  faultyHandler,
  type InjectedFault,
} from "./injected_faults.ts";

/** A student other than {@linkcode STUDENT}. */
const BOB = {
  student_name: "Bob Chen",
  github_username: "bchen",
  sid: 987654321,
};
/** How many good clients there are beside the one whose handler throws. */
const GOOD = 3;
/** How many requests each good client pipelines, one of them invalid. */
const BATCH = 12;
/** How long a case may take before it counts as hung, in milliseconds. */
const LONGEST = 5000;
/** The grace time, in seconds: long enough for the shutdown to stop busy handlers. */
const GRACE = 0.7;
/** How late the shutdown may be on a busy machine, in milliseconds. */
const TOLERANCE = 2000;

/**
 * Injects faults into one server, one after another. Resolves to their effects
 * on anything but the client whose handler threw. There should be none.
 */
export async function injectWhileServing(
  faults: readonly InjectedFault[],
): Promise<string[]> {
  const injector = new FaultInjector();
  await using test = new TestServer({
    clientHandler: faultyHandler(injector),
    maxClients: GOOD + 1,
    maxInvalid: 0, // the good clients send an invalid request for each fault
    grace: 1,
  });
  const group = await Group.connect(test);
  const effects: string[] = [];
  for (const fault of faults) {
    const noticed = await watched(
      group,
      () => serveOne(test, group, injector, fault),
    );
    const { hook, moment, name } = fault;
    effects.push(...noticed.map((it) => `${hook}, ${moment}, ${name}: ${it}`));
  }
  group.close();
  return effects;
}

/**
 * Injects faults into a server that shuts down, each into the handler of another
 * client. Resolves to their effects on anything else. There should be none.
 */
export async function injectAtShutdown(
  faults: readonly InjectedFault[],
): Promise<string[]> {
  const injector = new FaultInjector();
  const test = new TestServer({
    clientHandler: faultyHandler(injector),
    grace: GRACE,
  });
  const bad: Peer[] = [];
  for (const fault of faults) {
    injector.set(fault);
    const peer = await Peer.greeted(test.addr);
    await peer.send(STUDENT);
    bad.push(peer);
  }
  const group = await Group.connect(test);
  const effects = await watched(group, async () => {
    try {
      await group.exchange();
      await shutDown(test);
      await group.ended();
      await clean(test, 0);
      if (injector.injected < faults.length) {
        throw new Error("Not all handlers threw");
      }
    } finally {
      test.server.close(); // even if the shutdown failed
    }
  });
  group.close();
  for (const peer of bad) peer[Symbol.dispose]();
  return effects;
}

async function shutDown({ server, running }: TestServer): Promise<void> {
  const began = performance.now();
  try {
    await Promise.all([server.shutdown(), running]);
  } catch (error) {
    // The error may be any value, not only an Error.
    throw new Error("The shutdown failed", { cause: error });
  }
  if (performance.now() - began > GRACE * 1000 + TOLERANCE) {
    throw new Error("The shutdown outlived its grace time");
  }
}

/** Makes a handler throw while good clients are served, and serves them once more. */
async function serveOne(
  test: TestServer,
  group: Group,
  injector: FaultInjector,
  fault: InjectedFault,
): Promise<void> {
  const { injected } = injector;
  injector.set(fault);
  await Promise.all([group.exchange(), misuse(test)]);
  await group.exchange();
  await clean(test, GOOD);
  if (injector.injected === injected) {
    throw new Error("The handler did not throw");
  }
}

/** Acts as the client whose handler throws: sends, and reads to the end. */
async function misuse({ addr }: TestServer): Promise<void> {
  using peer = await Peer.connect(addr);
  const timer = setTimeout(() => peer.conn.close(), LONGEST);
  try {
    await peer.send(STUDENT, BOB, {}, STUDENT); // one is invalid
    await peer.conn.closeWrite();
    await peer.receiveAll();
  } catch (error) {
    // Its own connection may break at any time, but may not stay open.
    if (error instanceof Deno.errors.BadResource) throw error;
    if (error instanceof Deno.errors.Interrupted) throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** Waits until the table has `clients` handlers and the lock is free. */
async function clean({ server }: TestServer, clients: number): Promise<void> {
  const end = performance.now() + LONGEST;
  const isClean = () =>
    server.handlers.size === clients && !server.writeLock.locked;
  while (!isClean()) {
    if (performance.now() > end) {
      throw new Error("The table or the lock is not clean");
    }
    await delay(1);
  }
}

/** Runs a case. Resolves to its effects. */
async function watched(
  group: Group,
  run: () => Promise<void>,
): Promise<string[]> {
  const effects: string[] = [];
  const onUnhandled = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    effects.push("A rejection was not handled");
  };
  addEventListener("unhandledrejection", onUnhandled);
  const timer = setTimeout(() => group.close(), LONGEST);
  try {
    await run();
    await delay(0); // unhandled rejections are reported by then
  } catch (error) {
    effects.push(String(error)); // our own: the injected errors never get here
  } finally {
    clearTimeout(timer);
    removeEventListener("unhandledrejection", onUnhandled);
  }
  return effects;
}

/** The good clients. */
class Group {
  #peers: Peer[];

  private constructor(peers: Peer[]) {
    this.#peers = peers;
  }

  static async connect({ addr }: TestServer): Promise<Group> {
    const peers = Array.from({ length: GOOD }, () => Peer.greeted(addr));
    return new Group(await Promise.all(peers));
  }

  /** Pipelines requests from each client. @throws {Error} If an answer is not in order. */
  async exchange(): Promise<void> {
    await Promise.all(this.#peers.map(async (peer, place) => {
      // The place of the one error shows the order of the answers.
      const valid = (i: number) => i !== place + 1;
      const requests = Array.from(
        { length: BATCH },
        (_, sid) => valid(sid) ? { ...BOB, sid } : { student_name: "Bob Chen" },
      );
      await peer.send(...requests);
      const answers = await peer.receiveSome(BATCH);
      if (!answers.every((answer, i) => isAnswer(answer, valid(i)))) {
        throw new Error("A good client's requests were not answered in order");
      }
    }));
  }

  /** Waits until the server has ended all connections. */
  async ended(): Promise<void> {
    for (const peer of this.#peers) {
      if (await peer.receive() !== undefined) {
        throw new Error("A good client was answered without a request");
      }
    }
  }

  close(): void {
    for (const peer of this.#peers) peer[Symbol.dispose]();
  }
}

function isAnswer(answer: Message | undefined, valid: boolean): boolean {
  if (valid) return answer === 1;
  return answer !== undefined && isMessageMap(answer) && "error" in answer;
}
