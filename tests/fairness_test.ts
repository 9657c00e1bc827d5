import { assert, assertEquals } from "@std/assert";
import { Client } from "../client.ts";
import { isContended, yieldIfDue } from "../lib/connection/fairness.ts";
import { needs } from "./support/needs.ts";
import { ALICE, TestServer } from "./support/peers.ts";

const net = needs("net");

Deno.test("yieldIfDue() lets timers and sockets run beside a task that never stops", async () => {
  let turned = false;
  const timer = setTimeout(() => turned = true);
  for (let turns = 0; !turned && turns < 100_000; turns++) await yieldIfDue();
  clearTimeout(timer);
  assert(turned, "the timer did not run");
});

net.test("isContended() counts connections while they wait for a request, and no longer (needs net)", async () => {
  await using server = new TestServer();
  const clients = Array.from(
    { length: 120 },
    () => new Client({ port: server.addr.port, answerTimeout: 20 }),
  );
  for (const client of clients) await client.connect();
  assert(isContended());
  // Under contention, too, each request is answered.
  const answers = clients.map((client) =>
    Promise.all(Array(100).fill(ALICE).map((it) => client.request(it)))
  );
  assertEquals((await Promise.all(answers)).flat(), Array(12_000).fill(1));
  await Promise.all(clients.map((client) => client.close()));
  await server.server.shutdown();
  assert(!isContended());
});
