// The check of exercise 5: `deno task test examples/exercises/one_at_a_time.ts`.
//
// It takes the class OneAtATime from examples/one_at_a_time.ts, which you write.

import { assert, assertEquals } from "@std/assert";
import { Client } from "../../client.ts";
import { Server, type ServerOptions } from "../../server.ts";

const FILE: string = "../one_at_a_time.ts"; // a variable, since it is not there yet

/** A server of the class, and what happened in it, in the order in which it did. */
async function watched(): Promise<{ server: Server; events: string[] }> {
  const { OneAtATime } = await import(FILE);
  const events: string[] = [];
  const ids: number[] = [];
  const options: ServerOptions = {
    port: 0,
    log: () => {},
    report: () => {},
    watch: (client, { what }) => {
      if (!ids.includes(client)) ids.push(client);
      events.push(`${what} ${ids.indexOf(client) + 1}`);
    },
  };
  const server: Server = new OneAtATime(options);
  assert(server instanceof Server);
  void server.run();
  return { server, events };
}

Deno.test("OneAtATime greets the second client when the first has left, and the third after it", async () => {
  const { server, events } = await watched();
  await using _server = server;
  const clients = Array.from(
    { length: 3 },
    () => new Client({ port: server.addr.port }),
  );
  const served: number[] = [];
  const serve = async (number: number, greeted: Promise<unknown>) => {
    await greeted;
    served.push(number);
  };
  const first = clients[0].connect();
  await first;
  const others = clients.slice(1).map((it) => it.connect());
  const all = [first, ...others].map((it, i) => serve(i + 1, it));
  // The first is served though others wait.
  const request = { student_name: "A", github_username: "a", sid: 1 };
  assertEquals(await clients[0].request(request), 1);
  assertEquals(served, [1]);
  for (let i = 0; i < clients.length; i++) {
    await all[i];
    assertEquals(served.length, i + 1);
    await clients[i].close();
  }
  assertEquals(served, [1, 2, 3]);
  // All are accepted at once: the accept loop waits for nobody.
  const accepted = events.indexOf("accepted 3");
  assert(accepted >= 0 && accepted < events.indexOf("closed 1"), `${events}`);
});

Deno.test("OneAtATime lets the next in also when a client is cut off", async () => {
  const { server } = await watched();
  await using _server = server;
  const { port } = server.addr;
  const conn = await Deno.connect({ port });
  await conn.read(new Uint8Array(100)); // it is greeted
  const bob = new Client({ port });
  const greeted = bob.connect();
  conn.close();
  await greeted;
  await bob.close();
});
