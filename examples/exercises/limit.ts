// The check of exercise 4: `deno task test examples/exercises/limit.ts`.
//
// It sets the limit maxNameLength, which does not exist until you write it.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { Client } from "../../client.ts";
import { LIMIT_NAMES, type Limits, limitsOf } from "../../lib/limits.ts";
import { Server } from "../../server.ts";

/** Returns the limit as an option of a server. */
function maxNameLength(value: number): Partial<Limits> {
  return { maxNameLength: value } as Partial<Limits>;
}

function student(name: string | null) {
  return { student_name: name, github_username: "abrown", sid: 1 };
}

Deno.test("maxNameLength is one of the limits, 0 by default", () => {
  assert(LIMIT_NAMES.includes("maxNameLength" as keyof Limits));
  assertEquals(
    Object.entries(limitsOf({})).filter(([name]) => name === "maxNameLength"),
    [["maxNameLength", 0]],
  );
});

Deno.test("maxNameLength refuses a longer name, keeps the connection, and counts the refusal", async () => {
  await using server = new Server({
    ...maxNameLength(11),
    port: 0,
    log: () => {},
    report: () => {},
  });
  void server.run();
  const client = new Client({ port: server.addr.port });
  await client.connect();
  assertEquals(await client.request(student("Alice Brown")), 1);
  assertEquals(await client.request(student(null)), 1);
  const { error } = await client.request(student("Alice Browne")) as {
    error: string;
  };
  assertMatch(error, /student_name .*11/);
  assertEquals(await client.request(student("Bob Chen")), 1);
  await client.close();
  const counts = Object.entries(server.limitHits)
    .filter(([, count]) => count > 0);
  assertEquals(counts, [["maxNameLength", 1]] as unknown);
});
