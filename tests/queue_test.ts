import { assertEquals } from "@std/assert";
import { Queue } from "../lib/connection/queue.ts";

Deno.test("Queue.take() returns the values in the order of add(), however many wait", () => {
  const queue = new Queue<number>();
  const taken: (number | undefined)[] = [];
  for (let i = 0; i < 300; i++) {
    queue.add(i);
    if (i % 3 > 0) taken.push(queue.take()); // so the queue grows
    assertEquals(queue.size, i + 1 - taken.length);
  }
  assertEquals(taken, Array.from({ length: 200 }, (_, i) => i));
  const rest = Array.from({ length: 100 }, (_, i) => 200 + i);
  assertEquals(queue.takeAll(), rest);
  assertEquals([queue.size, queue.take()], [0, undefined]);
  queue.add(7);
  assertEquals([queue.take(), queue.take()], [7, undefined]);
});
