import { assertEquals } from "@std/assert";
import { noteNewcomer, yieldIfDue } from "../lib/connection/fairness.ts";
import { ProcessorTime } from "../lib/connection/processor_time.ts";

const LARGE = 65_536;
const SMALL = 1024;

/** Counts decoding that took so many milliseconds. */
function decode(
  time: ProcessorTime,
  ms: number,
  messages: number,
  bytes = LARGE,
): void {
  const reader = { bufferBytes: bytes, pendingBytes: 0 };
  time.countDecoding(performance.now() - ms, messages, reader);
}

Deno.test("yieldIfDue() lets those that have used less come first, and equals in their order", async () => {
  const order: string[] = [];
  await atOneTime(async () => {
    const tasks = [["c", 5], ["a", -1], ["d", 5], ["e", Infinity], ["b", 0]]
      .map(([name, used]) =>
        yieldIfDue(0, Number(used)).then(() => void order.push(`${name}`))
      );
    await Promise.all(tasks);
  });
  assertEquals(order, ["a", "b", "c", "d", "e"]);
});

Deno.test("A connection is heavy after one costly message, and no longer after many usual ones", () => {
  const time = new ProcessorTime();
  decode(time, 5, 1);
  assertEquals(time.isHeavy, true);
  for (let i = 0; i < 100; i++) decode(time, 0, 1);
  assertEquals(time.isHeavy, false);
});

Deno.test("A connection is heavy while its incomplete message has taken long", () => {
  const time = new ProcessorTime();
  for (let i = 0; i < 5; i++) decode(time, 0.5, 0);
  assertEquals(time.isHeavy, true);
});

Deno.test("A batch of many usual messages does not make a connection heavy", () => {
  const time = new ProcessorTime();
  decode(time, 20, 800);
  assertEquals(time.isHeavy, false);
});

Deno.test("A pause of the whole process does not make a connection heavy", () => {
  const time = new ProcessorTime();
  decode(time, 50, 1, SMALL);
  time.countProcessing(performance.now() - 50);
  time.countProcessing(performance.now());
  assertEquals(time.isHeavy, false);
});

Deno.test("Processing that takes long twice in a row makes a connection heavy", () => {
  const time = new ProcessorTime();
  time.countProcessing(performance.now() - 5);
  time.countProcessing(performance.now() - 5);
  assertEquals(time.isHeavy, true);
});

Deno.test("A connection that has worked little comes first, then a flood of usual messages, then a costly message in its middle, then others", async () => {
  const [flood, heavy, amid] = [1, 2, 3].map(() => new ProcessorTime());
  decode(flood, 20, 800);
  decode(heavy, 5, 1);
  const reader = { bufferBytes: LARGE, pendingBytes: 1 };
  amid.countDecoding(performance.now() - 20, 0, reader);
  const order: string[] = [];
  const all = { heavy, amid, flood, fresh: new ProcessorTime() };
  await atOneTime(async () => {
    await Promise.all(
      Object.entries(all).map(([name, time]) =>
        time.yieldIfDue(0).then(() => void order.push(name))
      ),
    );
  });
  assertEquals(order, ["fresh", "flood", "amid", "heavy"]);
});

/** Runs something while the clock stands still: after a pause of the process, who has waited for long would come first. */
async function atOneTime(run: () => Promise<void>): Promise<void> {
  const { now } = performance;
  const time = performance.now();
  performance.now = () => time;
  try {
    await run();
  } finally {
    performance.now = now;
  }
}

/** A client is accepted when a task has worked for `ms` milliseconds. Returns what comes first: the client's request, which needs two polls, or the next task. */
async function orderAfterWork(ms: number): Promise<string[]> {
  const { now } = performance;
  let time = performance.now();
  performance.now = () => time; // in a stopped process, the client would come too late
  const order: string[] = [];
  const newcomer = async () => {
    for (let turn = 1; turn <= 100 || order.length < 2; turn++) {
      await new Promise<void>((next) => setImmediate(next));
      time += 0.01;
      if (turn === 100) order.push("newcomer");
    }
  };
  try {
    const first = yieldIfDue(0, 1).then(() => {
      time += ms;
      noteNewcomer();
      return newcomer();
    });
    const second = yieldIfDue(0, 2).then(() => void order.push("work"));
    await Promise.all([first, second]);
  } finally {
    performance.now = now;
  }
  return order;
}

Deno.test("Long work waits for the first request of a newcomer, but not longer than the last work took", async () => {
  assertEquals(await orderAfterWork(10), ["newcomer", "work"]);
  assertEquals(await orderAfterWork(0.1), ["work", "newcomer"]);
});
