/**
 * Handlers that throw: at each hook, before and after its await, and whatever can be thrown.
 *
 * @module
 */

import {
  type ClientHandlerClass,
  StudentHandler,
} from "../../../clienthandler.ts";
import type { HandlerServer } from "../../../lib/handler_server.ts";
import type { Address, Connection } from "../../../lib/net.ts";
import { sharedRoster } from "../../../lib/students/memory.ts";
import type { Roster } from "../../../lib/students/roster.ts";
import type { Message, ProtocolError } from "../../../lib/formats/formats.ts";

/** Where a handler can throw that returns a promise there. */
const ASYNC_HOOKS = [
  "run",
  "sendId",
  "processRequests",
  "receive",
  "processBatch",
  "processRequest",
  "record",
  "send",
  "turnAway",
] as const;
/** Where a handler can throw that returns no promise there. */
const SYNC_HOOKS = ["constructor", "log"] as const;
/** The same, where the server calls it as it shuts down. */
const SHUTDOWN_HOOKS = ["drain", "stop", "close"] as const;

type Hook =
  (typeof ASYNC_HOOKS | typeof SYNC_HOOKS | typeof SHUTDOWN_HOOKS)[number];

/** When a hook throws: without a promise, or by rejecting its promise; before or after its work. */
type Moment = "at once" | "rejecting before" | "rejecting after" | "after";

/** One handler's fault: where, when, and what it throws. */
export interface Trap {
  /** The hook that throws. */
  hook: Hook;
  /** When it does. */
  moment: Moment;
  /** What it throws, in words. */
  name: string;
  /** What it throws. */
  thrown: unknown;
}

const unshowable = () => {
  throw new Error("This cannot be shown");
};

/** Whatever a handler may throw, with its name. */
export const THROWN: Readonly<Record<string, unknown>> = {
  "an Error": new Error("Thrown on purpose"),
  "undefined": undefined,
  "null": null,
  "a string": "Thrown on purpose",
  "an empty string": "",
  "a number": NaN,
  "a symbol": Symbol("on purpose"),
  "a frozen object": Object.freeze({}),
  "an object without prototype": Object.create(null),
  "an object whose toString throws": { toString: unshowable },
  "a function whose toString throws": Object.assign(() => {}, {
    toString: unshowable,
  }),
  "an Error whose message throws": Object.defineProperty(
    new Error(),
    "message",
    { get: unshowable },
  ),
  "an Error whose name is no text": Object.assign(new Error(), {
    name: Object.create(null),
  }),
  "a frozen Error": Object.freeze(new Error("Thrown on purpose")),
  "a rejected promise": rejected(),
};

function rejected(): Promise<never> {
  const promise = Promise.reject(new Error("Thrown on purpose"));
  promise.catch(() => {}); // that it is thrown is what matters
  return promise;
}

const ASYNC_MOMENTS = [
  "at once",
  "rejecting before",
  "rejecting after",
] as const;
const SYNC_MOMENTS = ["at once", "after"] as const;

/** All faults of a handler while the server runs. */
export function serviceTraps(): Trap[] {
  return [
    ...traps(ASYNC_HOOKS, ASYNC_MOMENTS),
    ...traps(SYNC_HOOKS, SYNC_MOMENTS),
  ];
}

/** All faults of handlers while the server shuts down; those in one list go together. */
export function shutdownTraps(): Trap[][] {
  return SHUTDOWN_HOOKS.flatMap((hook) =>
    SYNC_MOMENTS.map((moment) => traps([hook], [moment]))
  );
}

function traps(
  hooks: readonly Hook[],
  moments: readonly Moment[],
): Trap[] {
  return hooks.flatMap((hook) =>
    moments.flatMap((moment) =>
      Object.entries(THROWN).map(([name, thrown]) => ({
        hook,
        moment,
        name,
        thrown,
      }))
    )
  );
}

/** A trap that waits for a handler to step into it. */
export class Snare {
  /** How often a handler threw. */
  sprung = 0;
  #set: Trap | undefined;

  /** The next handler that is made throws. */
  set(trap: Trap): void {
    this.#set = trap;
  }

  /** The trap, for one handler only. */
  take(): Trap | undefined {
    const trap = this.#set;
    this.#set = undefined;
    return trap;
  }

  /** Throws, if this is where and when the trap says. */
  spring(trap: Trap | undefined, hook: Hook, moment: Moment): void {
    if (trap?.hook !== hook || trap.moment !== moment) return;
    this.sprung++;
    throw trap.thrown;
  }
}

/** Handlers of the lab's request, of which the next one throws as the snare is set. */
export function trappedHandler(snare: Snare): ClientHandlerClass {
  return class extends StudentHandler {
    #trap: Trap | undefined;
    #closed = Promise.withResolvers<void>();
    protected override readonly roster: Roster = {
      record: (students) =>
        this.#around(
          "record",
          () => sharedRoster(this.server).record(students),
        ),
      read: (sid) => sharedRoster(this.server).read(sid),
    };

    constructor(server: HandlerServer, conn: Connection, addr: Address) {
      const trap = snare.take();
      snare.spring(trap, "constructor", "at once");
      super(server, conn, addr);
      this.#trap = trap;
      this.#spring("constructor", "after");
    }

    override run() {
      return this.#around("run", () => super.run());
    }

    override turnAway(why: ProtocolError) {
      return this.#around("turnAway", () => super.turnAway(why));
    }

    protected override sendId() {
      return this.#around("sendId", () => super.sendId());
    }

    protected override processRequests() {
      return this.#around("processRequests", () => super.processRequests());
    }

    protected override receive() {
      return this.#around("receive", () => super.receive());
    }

    protected override processBatch(requests: readonly Message[]) {
      return this.#around("processBatch", async () => {
        // Only one that is busy is there to be stopped, and then cut off.
        if (SHUTDOWN_HOOKS.some((hook) => hook === this.#trap?.hook)) {
          await this.#closed.promise;
        }
        return await super.processBatch(requests);
      });
    }

    protected override processRequest(request: Message): Message {
      const answer = super.processRequest(request);
      if (this.#trap?.hook !== "processRequest") return answer;
      const promise = this.#around(
        "processRequest",
        () => Promise.resolve(answer),
      );
      return promise as unknown as Message; // the loop awaits it
    }

    protected override send(messages: readonly Message[]) {
      return this.#around("send", () => super.send(messages));
    }

    protected override log(lines: readonly string[]) {
      this.#beside("log", () => super.log(lines));
    }

    override drain() {
      this.#beside("drain", () => super.drain());
    }

    override stop() {
      this.#beside("stop", () => super.stop());
    }

    override close() {
      this.#closed.resolve();
      this.#beside("close", () => super.close());
    }

    #beside(hook: Hook, work: () => void): void {
      this.#spring(hook, "at once");
      work();
      this.#spring(hook, "after");
    }

    #around<T>(hook: Hook, work: () => Promise<T>): Promise<T> {
      this.#spring(hook, "at once");
      return this.#within(hook, work);
    }

    async #within<T>(hook: Hook, work: () => Promise<T>): Promise<T> {
      this.#spring(hook, "rejecting before");
      const result = await work();
      this.#spring(hook, "rejecting after");
      return result;
    }

    #spring(hook: Hook, moment: Moment): void {
      snare.spring(this.#trap, hook, moment);
    }
  };
}
