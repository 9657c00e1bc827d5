/**
 * Handlers that throw each kind of value at each hook, before and after its await.
 *
 * @module
 */

import {
  type ClientHandlerClass,
  StudentHandler,
} from "../../../clienthandler.ts";
import type { CloseReason } from "../../../lib/events.ts";
import type { HandlerServer } from "../../../lib/connection/handler_server.ts";
import type { Address, Connection } from "../../../lib/net.ts";
import { MemoryStore } from "../../../lib/students/memory.ts";
import { Roster } from "../../../lib/students/roster.ts";
import type { Batch, Origin } from "../../../lib/students/row.ts";
import type { Message, PeerError } from "../../../lib/formats/formats.ts";

/** Hooks that return a promise. */
const ASYNC_HOOKS = [
  "run",
  "sendId",
  "processRequests",
  "receive",
  "processBatch",
  "process",
  "record",
  "send",
  "closed",
] as const;
/** Hooks that return no promise. */
const SYNC_HOOKS = ["constructor", "log", "errorResponse"] as const;
/** Hooks that return no promise, called by the server during a shutdown. */
const SHUTDOWN_HOOKS = ["stopReading", "close"] as const;

type Hook =
  (typeof ASYNC_HOOKS | typeof SYNC_HOOKS | typeof SHUTDOWN_HOOKS)[number];

/** How a hook fails: it throws or rejects its promise, before or after its work. */
type Moment = "at once" | "rejecting before" | "rejecting after" | "after";

/** One handler's fault: where, when, and what it throws. */
export interface InjectedFault {
  /** The hook that throws. */
  hook: Hook;
  /** When it throws. */
  moment: Moment;
  /** The name of the thrown value. */
  name: string;
  /** The thrown value. */
  thrown: unknown;
}

const unshowable = () => {
  throw new Error("This cannot be shown");
};

/** Each kind of value that a handler may throw, by name. */
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
  promise.catch(() => {}); // only the throw matters, not the rejection
  return promise;
}

const ASYNC_MOMENTS = [
  "at once",
  "rejecting before",
  "rejecting after",
] as const;
const SYNC_MOMENTS = ["at once", "after"] as const;

/** Returns all faults of a handler while the server runs. */
export function serviceFaults(): InjectedFault[] {
  return [
    ...faults(ASYNC_HOOKS, ASYNC_MOMENTS),
    ...faults(SYNC_HOOKS, SYNC_MOMENTS),
  ];
}

/** Returns all faults during a shutdown. Those of one list are injected together. */
export function shutdownFaults(): InjectedFault[][] {
  return SHUTDOWN_HOOKS.flatMap((hook) =>
    SYNC_MOMENTS.map((moment) => faults([hook], [moment]))
  );
}

function faults(
  hooks: readonly Hook[],
  moments: readonly Moment[],
): InjectedFault[] {
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

/** Holds a fault for the next handler. */
export class FaultInjector {
  /** How often a handler threw. */
  injected = 0;
  /** The faults of the handlers that have one. */
  readonly faults = new WeakMap<Origin, InjectedFault>();
  #set: InjectedFault | undefined;

  /** Sets the fault of the next handler that is created. */
  set(fault: InjectedFault): void {
    this.#set = fault;
  }

  /** Returns the fault, and removes it: only one handler gets it. */
  take(): InjectedFault | undefined {
    const fault = this.#set;
    this.#set = undefined;
    return fault;
  }

  /** Throws if the fault is for this hook and this moment. */
  inject(fault: InjectedFault | undefined, hook: Hook, moment: Moment): void {
    if (fault?.hook !== hook || fault.moment !== moment) return;
    this.injected++;
    throw fault.thrown;
  }

  /** Injects the fault before or after some work, if it is for this hook. */
  around<T>(
    fault: InjectedFault | undefined,
    hook: Hook,
    work: () => Promise<T>,
  ): Promise<T> {
    this.inject(fault, hook, "at once");
    return this.#within(fault, hook, work);
  }

  async #within<T>(
    fault: InjectedFault | undefined,
    hook: Hook,
    work: () => Promise<T>,
  ): Promise<T> {
    this.inject(fault, hook, "rejecting before");
    const result = await work();
    this.inject(fault, hook, "rejecting after");
    return result;
  }
}

/** A store that fails whenever it records for a handler with such a fault. */
class FaultyStore extends MemoryStore {
  #injector: FaultInjector;

  constructor(injector: FaultInjector) {
    super();
    this.#injector = injector;
  }

  override record(batches: readonly Batch[]) {
    const fault = batches.map(({ origin }) => this.#injector.faults.get(origin))
      .find((it) => it?.hook === "record");
    return this.#injector.around(
      fault,
      "record",
      async () => await super.record(batches),
    );
  }
}

/** Returns a class of lab handlers that take their faults from the injector. */
export function faultyHandler(injector: FaultInjector): ClientHandlerClass {
  const roster = new Roster(new FaultyStore(injector));
  return class extends StudentHandler {
    #fault: InjectedFault | undefined;
    #closed = Promise.withResolvers<void>();
    protected override readonly roster = roster;

    constructor(server: HandlerServer, conn: Connection, addr: Address) {
      const fault = injector.take();
      injector.inject(fault, "constructor", "at once");
      super(server, conn, addr);
      this.#fault = fault;
      if (fault) injector.faults.set(this, fault);
      this.#inject("constructor", "after");
    }

    override run() {
      return this.#around("run", () => super.run());
    }

    protected override closed(reason: CloseReason) {
      return this.#around("closed", async () => await super.closed(reason));
    }

    protected override errorResponse(error: PeerError) {
      this.#inject("errorResponse", "at once");
      const response = super.errorResponse(error);
      this.#inject("errorResponse", "after");
      return response;
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
        // Only a busy handler is still there to be stopped and then closed.
        if (SHUTDOWN_HOOKS.some((hook) => hook === this.#fault?.hook)) {
          await this.#closed.promise;
        }
        return await super.processBatch(requests);
      });
    }

    protected override processEach<T>(
      requests: readonly Message[],
      process: (request: Message) => T | Promise<T>,
    ) {
      if (this.#fault?.hook !== "process") {
        return super.processEach(requests, process);
      }
      return super.processEach(
        requests,
        (request) =>
          this.#around("process", async () => await process(request)),
      );
    }

    protected override send(messages: readonly Message[]) {
      return this.#around("send", () => super.send(messages));
    }

    protected override log(lines: readonly string[]) {
      this.#beside("log", () => super.log(lines));
    }

    override stopReading() {
      this.#beside("stopReading", () => super.stopReading());
    }

    override close() {
      this.#closed.resolve();
      this.#beside("close", () => super.close());
    }

    #beside(hook: Hook, work: () => void): void {
      this.#inject(hook, "at once");
      work();
      this.#inject(hook, "after");
    }

    #around<T>(hook: Hook, work: () => Promise<T>): Promise<T> {
      return injector.around(this.#fault, hook, work);
    }

    #inject(hook: Hook, moment: Moment): void {
      injector.inject(this.#fault, hook, moment);
    }
  };
}
