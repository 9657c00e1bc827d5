// The check of exercise 5: `deno task test examples/exercises/one_at_a_time.ts`.
//
// It tests the class OneAtATime in examples/one_at_a_time.ts, which you write.

import { assert, assertEquals } from "@std/assert";
import { Client } from "../../client.ts";
import type { Network } from "../../lib/net.ts";
import { Server } from "../../server.ts";

const FILE: string = "../one_at_a_time.ts"; // a variable, since the file does not exist yet

/**
 * Starts a server of the class. Returns it, and a count of the clients that it
 * accepted.
 */
async function watched(): Promise<{ server: Server; accepted: () => number }> {
  const { OneAtATime } = await import(FILE);
  let accepted = 0;
  const listen: Network["listen"] = (options) => {
    const listener = Deno.listen(options);
    const accept = async () => {
      const conn = await listener.accept();
      accepted++;
      return conn;
    };
    const { addr } = listener;
    return { addr, accept, close: () => listener.close() };
  };
  const server: Server = new OneAtATime({
    port: 0,
    log: () => {},
    report: () => {},
    network: { listen, connect: Deno.connect },
  });
  assert(server instanceof Server);
  void server.run();
  return { server, accepted: () => accepted };
}

Deno.test("OneAtATime greets the second client when the first has left, and the third when the second has left", async () => {
  const { server, accepted } = await watched();
  await using _server = server;
  const { port } = server.addr;
  const clients = [1, 2, 3].map(() => new Client({ port }));
  const greeted: number[] = [];
  const greetings = clients.map(async (client, i) => {
    await client.connect();
    greeted.push(i + 1);
  });
  await greetings[0];
  // The first is served while the others wait, and all are accepted.
  const request = { student_name: "A", github_username: "a", sid: 1 };
  assertEquals(await clients[0].request(request), 1);
  while (accepted() < 3) await new Promise((resolve) => setTimeout(resolve, 1));
  for (let i = 0; i < clients.length; i++) {
    await greetings[i];
    assertEquals(greeted, [1, 2, 3].slice(0, i + 1));
    await clients[i].close();
  }
});

Deno.test("OneAtATime greets the next client also after one disconnects early", async () => {
  const { server } = await watched();
  await using _server = server;
  const { port } = server.addr;
  const conn = await Deno.connect({ port });
  await conn.read(new Uint8Array(100)); // the greeting
  const bob = new Client({ port });
  const greeted = bob.connect();
  conn.close();
  await greeted;
  await bob.close();
});
