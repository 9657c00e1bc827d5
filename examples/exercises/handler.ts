// The check of exercise 2: `deno task test examples/exercises/handler.ts`.
//
// It tests the class VoteHandler in examples/votes.ts, which you write.

import { assert, assertEquals } from "@std/assert";
import { Client } from "../../client.ts";
import { ClientHandler, type ClientHandlerClass } from "../../clienthandler.ts";
import type { Message } from "../../lib/formats/formats.ts";
import { Server } from "../../server.ts";

const VOTES: string = "../votes.ts"; // a variable, since the file does not exist yet

async function voteHandler(): Promise<ClientHandlerClass> {
  const { VoteHandler } = await import(VOTES);
  return VoteHandler;
}

/** Starts a server of votes, on a free port. */
async function votingServer(): Promise<Server> {
  const server = new Server({
    port: 0,
    clientHandler: await voteHandler(),
    log: () => {},
    report: () => {},
  });
  void server.run();
  return server;
}

/**
 * Votes `times` times with one client, without waiting for the answers.
 * Resolves to them.
 */
async function vote(port: number, name: string, times: number) {
  const client = new Client({ port });
  await client.connect();
  const votes = Array.from({ length: times }, () => client.request(name));
  const answers = await Promise.all(votes);
  await client.close();
  return answers;
}

Deno.test("VoteHandler is a ClientHandler", async () => {
  const handler = await voteHandler();
  assert(handler.prototype instanceof ClientHandler);
});

Deno.test("VoteHandler answers each vote with the number of votes for that name so far", async () => {
  await using server = await votingServer();
  const { port } = server.addr;
  assertEquals(await vote(port, "tea", 3), [1, 2, 3]);
  assertEquals(await vote(port, "coffee", 1), [1]);
  assertEquals(await vote(port, "tea", 1), [4]);
});

Deno.test("VoteHandler loses no vote when clients vote at the same time", async () => {
  await using server = await votingServer();
  const { port } = server.addr;
  const all = Array.from({ length: 20 }, () => vote(port, "tea", 50));
  const counts = (await Promise.all(all)).flat() as number[];
  const different = new Set(counts).size;
  assertEquals(different, 1000, "different answers, out of 1,000");
  // Each count from 1 to 1,000 was the answer to exactly one vote.
  const expected = Array.from({ length: 1000 }, (_, i) => i + 1);
  assertEquals(counts.toSorted((a, b) => a - b), expected);
});

Deno.test("VoteHandler refuses a vote that is not text, and keeps the connection", async () => {
  await using server = await votingServer();
  const client = new Client({ port: server.addr.port });
  await client.connect();
  const refused = await client.request(17) as { error: string };
  assertEquals(typeof refused.error, "string");
  const counted: Message = await client.request("tea");
  assertEquals(counted, 1);
  await client.close();
});
