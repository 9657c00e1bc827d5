// Runs every interleaving of three tasks that use a lock, and compares the lock
// with a model after each step.

import { assert, assertEquals } from "@std/assert";
import { type Guard, Lock } from "../lib/lock.ts";

/** The steps of a task, in order. */
const SCRIPTS = {
  enter: ["acquire", "release"],
  "release twice": ["acquire", "release", "release"],
  "change its mind": ["acquire", "abort", "release"],
  "come too late": ["abort", "acquire"],
  throw: ["withLock", "throw"],
  "not wait": ["tryAcquire", "release"],
} as const;

type Script = keyof typeof SCRIPTS;
type Step = typeof SCRIPTS[Script][number];

/** One task: its remaining steps, its guard, and its result. */
class Task {
  readonly name: string;
  readonly steps: Step[];
  /** Whether the task itself knows that it got the lock. */
  entered = false;
  /** Why it did not get the lock, or what it threw inside. */
  error: unknown;
  #lock: Lock;
  #guard: Guard | undefined;
  #abort = new AbortController();
  #inside = Promise.withResolvers<void>();

  constructor(name: string, script: Script, lock: Lock) {
    this.name = name;
    this.steps = [...SCRIPTS[script]];
    this.#lock = lock;
  }

  /** Whether it can take its next step. It releases or throws only while inside. */
  get ready(): boolean {
    const [step] = this.steps;
    if (step === undefined) return false;
    return this.entered || (step !== "release" && step !== "throw");
  }

  take(): Step {
    const step = this.steps.shift()!;
    if (step === "acquire") void this.#acquire();
    else if (step === "withLock") void this.#withLock();
    else if (step === "tryAcquire") this.#tryAcquire();
    else if (step === "abort") this.#abort.abort(new Error("aborted"));
    else if (step === "release") this.#guard!.release();
    else this.#inside.reject(new Error("thrown"));
    return step;
  }

  async #acquire(): Promise<void> {
    try {
      this.#guard = await this.#lock.acquire({ signal: this.#abort.signal });
      this.entered = true;
    } catch (error) {
      this.#end(error);
    }
  }

  #tryAcquire(): void {
    this.#guard = this.#lock.tryAcquire();
    this.entered = this.#guard !== undefined;
    if (!this.entered) this.#end(new Error("not free"));
  }

  async #withLock(): Promise<void> {
    try {
      await this.#lock.withLock(() => {
        this.entered = true;
        return this.#inside.promise;
      });
    } catch (error) {
      this.#end(error);
    }
  }

  #end(error: unknown): void {
    this.error = error;
    this.steps.length = 0;
  }
}

/** The model of a lock: a holder and a queue. */
class Model {
  holder: Task | undefined;
  readonly queue: Task[] = [];
  /** The tasks that got the lock, in order. */
  readonly entered: Task[] = [];
  readonly #aborted = new Set<Task>();
  readonly #released = new Set<Task>();

  note(task: Task, step: Step): void {
    if (step === "abort") this.#abort(task);
    else if (step === "tryAcquire") {
      if (!this.holder) this.#enter(task);
    } else if (step === "acquire" || step === "withLock") this.#acquire(task);
    else this.#release(task);
  }

  #acquire(task: Task): void {
    if (this.#aborted.has(task)) return;
    if (this.holder) this.queue.push(task);
    else this.#enter(task);
  }

  #enter(task: Task | undefined): void {
    this.holder = task;
    if (task) this.entered.push(task);
  }

  #abort(task: Task): void {
    this.#aborted.add(task);
    const at = this.queue.indexOf(task);
    if (at >= 0) this.queue.splice(at, 1);
  }

  #release(task: Task): void {
    if (this.#released.has(task)) return; // a guard works once
    this.#released.add(task);
    this.#enter(this.queue.shift());
  }
}

/** Lets promises settle. No promise of the lock needs more microtasks than this. */
async function settle(): Promise<void> {
  for (let i = 0; i < 12; i++) await null;
}

/** The choices of one run. `advance` moves on to the next combination. */
class Choices {
  #answers: number[] = [];
  #options: number[] = [];
  #at = 0;

  /** Returns a number below `options`. */
  next(options: number): number {
    this.#options[this.#at] = options;
    return this.#answers[this.#at++] ??= 0;
  }

  /** Moves on to the next run. Returns `false` when there is none. */
  advance(): boolean {
    let at = this.#at - 1;
    while (at >= 0 && this.#answers[at] === this.#options[at] - 1) at--;
    if (at < 0) return false;
    this.#answers.length = at + 1;
    this.#answers[at]++;
    this.#at = 0;
    return true;
  }
}

/** Runs three tasks once, in the order of the choices. Returns that order. */
async function runOnce(
  scripts: readonly Script[],
  choices: Choices,
  turns: "chosen" | "always",
): Promise<string> {
  const lock = new Lock();
  const model = new Model();
  const tasks = scripts.map((script, i) => new Task("ABC"[i], script, lock));
  const order: string[] = [];
  let settled = true;
  for (;;) {
    const ready = tasks.filter((task) => task.ready);
    if (ready.length === 0 && settled) break;
    // Letting promises settle is one more choice.
    const canSettle = !settled && (turns === "chosen" || ready.length === 0);
    const choice = choices.next(ready.length + (canSettle ? 1 : 0));
    const task = ready[choice];
    const step = task?.take();
    if (step) {
      model.note(task, step);
      order.push(`${task.name} ${step}`);
      settled = false;
    }
    // A thrown error reaches the lock only when promises settle.
    if (!step || step === "throw" || turns === "always") {
      await settle();
      settled = true;
      order.push("-");
    }
    check(lock, model, tasks, settled, order);
  }
  for (const task of tasks) assertEquals(task.steps, [], order.join(", "));
  assertEquals([lock.locked, lock.waiting], [false, 0], order.join(", "));
  return order.join(", ");
}

function check(
  lock: Lock,
  model: Model,
  tasks: readonly Task[],
  settled: boolean,
  order: readonly string[],
): void {
  const text = order.join(", ");
  assertEquals(lock.locked, model.holder !== undefined, text);
  assertEquals(lock.waiting, model.queue.length, text);
  for (const task of tasks) {
    const entered = model.entered.includes(task);
    assert(!task.entered || entered, `${task.name} got in too early: ${text}`);
    if (settled) assertEquals(task.entered, entered, text);
  }
}

/** Yields every choice of three scripts, regardless of their order. */
function* threeScripts(): Generator<Script[]> {
  const names = Object.keys(SCRIPTS) as Script[];
  for (let a = 0; a < names.length; a++) {
    for (let b = a; b < names.length; b++) {
      for (let c = b; c < names.length; c++) {
        yield [names[a], names[b], names[c]];
      }
    }
  }
}

/** Runs three tasks in every order. Returns the number of orders. */
async function runAll(
  scripts: readonly Script[],
  turns: "chosen" | "always",
): Promise<number> {
  const choices = new Choices();
  let runs = 0;
  do {
    await runOnce(scripts, choices, turns);
    runs++;
  } while (choices.advance());
  return runs;
}

Deno.test("Lock behaves like its model in every interleaving of three tasks that enter, abort, throw, release twice and do not wait", async () => {
  let runs = 0;
  for (const scripts of threeScripts()) runs += await runAll(scripts, "always");
  assertEquals(runs, 6_954);
});

// All runs would take too long, so the longest scripts are left out.
Deno.test("Lock behaves like its model wherever promises settle between the steps of three tasks", async () => {
  let runs = 0;
  for (const scripts of threeScripts()) {
    const steps = scripts.flatMap((script) => SCRIPTS[script]).length;
    if (steps <= 7) runs += await runAll(scripts, "chosen");
  }
  assertEquals(runs, 73_109);
});
