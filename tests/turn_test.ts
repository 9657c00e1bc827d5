import { assert } from "@std/assert";
import { takeTurns } from "../lib/turn.ts";

Deno.test("takeTurns() lets timers and sockets have their turn beside a task that always goes on", async () => {
  let turned = false;
  const timer = setTimeout(() => turned = true);
  const end = performance.now() + 2000;
  while (!turned && performance.now() < end) await takeTurns();
  clearTimeout(timer);
  assert(turned, "nobody else had a turn");
});
