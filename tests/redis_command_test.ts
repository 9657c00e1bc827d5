// The command lines with a roster in Redis.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { delay } from "@std/async/delay";
import { client, listening, Program } from "../tools/processes/program.ts";
import { needs } from "./support/needs.ts";
import { TestRedis } from "../tools/processes/redis.ts";

const redis = needs("redis-server");

const SECRET = "swordfish-and-more";

/** Runs one of our programs, which may read files of the folder, and the environment. */
function run(
  folder: string,
  [program, ...args]: readonly string[],
  env: Record<string, string> = {},
): Program {
  const allowed = ["--allow-net", "--allow-env", `--allow-read=${folder}`];
  const command = ["run", "--quiet", "--no-prompt", ...allowed, program];
  return new Program(Deno.execPath(), [...command, ...args], { env });
}

redis.test("Two servers keep one roster in a Redis with a password, and roster shows and forgets it (needs redis-server)", async () => {
  await using server = await TestRedis.start(["--requirepass", SECRET]);
  const { address, folder } = server;
  const file = `${folder}/password`;
  await Deno.writeTextFile(file, `${SECRET}\n`);
  const byFile = ["--password-file", file];
  const inEnv = { ROLLCALL_REDIS_PASSWORD: SECRET };
  const serve = ["server.ts", "--port", "0", "--roster", address];
  await using first = run(folder, [...serve, ...byFile]);
  await using second = run(folder, serve, inEnv);
  for (const [it, sid] of [[first, "1"], [second, "2"]] as const) {
    const port = await listening(it);
    const sent = await client("--port", port, "--once", `--sid=${sid}`).ended();
    assertEquals(sent.code, 0, sent.stderr);
  }
  const roster = ["lib/cli/roster_command.ts", address];
  const list = async () => {
    const { stdout, code } = await run(folder, [...roster, "--json"], inEnv)
      .ended();
    assertEquals(code, 0);
    return JSON.parse(stdout).map(({ sid }: { sid: string }) => sid);
  };
  assertEquals(await list(), ["1", "2"]);
  const forget = [...roster, ...byFile, "--forget", "1", "--yes"];
  assertEquals((await run(folder, forget).ended()).code, 0);
  assertEquals(await list(), ["2"]);
});

redis.test("server says in one line what is wrong with a roster in Redis, and shows no password (needs redis-server)", async () => {
  await using server = await TestRedis.start(["--requirepass", SECRET]);
  const { address, folder } = server;
  const withPassword = address.replace("//", `//:${SECRET}@`);
  for (
    const [flags, message] of [
      [[address], /needs a password/],
      [[withPassword], /The password must not be in the address/],
      [[address, "--password-file", `${folder}/none`], /Cannot read .*none/],
      [["redis://127.0.0.1:1/0"], /cannot be reached/],
      [[`redis:${SECRET}@127.0.0.1`], /must be like redis:\/\/host/],
      [["mysql://127.0.0.1/0"], /it is a file, as data\/class\.db/],
    ] as const
  ) {
    const command = ["server.ts", "--port", "0", "--roster", ...flags];
    const { code, stdout, stderr } = await run(folder, command).ended();
    assertEquals([code, stdout], [1, ""], stderr);
    assertMatch(stderr, message);
    assertEquals(stderr.trimEnd().split("\n").length, 1, stderr);
    assertEquals(stderr.includes(SECRET), false);
  }
});

redis.test("server warns if its Redis may lose what it confirms (needs redis-server)", async () => {
  const evicts = ["--maxmemory", "1gb", "--maxmemory-policy", "allkeys-lru"];
  for (
    const [flags, expected] of [
      [[], []],
      [["--appendfsync", "everysec"], ["can lose"]],
      [evicts, ["deletes"]],
      [evicts.slice(2), []], // without a limit, there is no need to
    ]
  ) {
    await using server = await TestRedis.start(flags);
    const { address, folder } = server;
    const command = ["server.ts", "--port", "0", "--roster", address];
    const started = run(folder, command);
    await listening(started);
    started.kill("SIGTERM");
    const { code, stderr } = await started.ended();
    assertEquals(code, 0, stderr);
    const warned = stderr.matchAll(/This Redis (.*) acknowledged students/g);
    assertEquals(Array.from(warned, ([, what]) => what), expected);
  }
});

redis.test("roster says in one line that a row in Redis is damaged, and does not warn as the server does (needs redis-server)", async () => {
  await using server = await TestRedis.start(["--appendfsync", "everysec"]);
  const { address, folder } = server;
  const command = ["lib/cli/roster_command.ts", address];
  const empty = await run(folder, [...command, "--json"]).ended();
  assertEquals([empty.code, empty.stdout, empty.stderr], [0, "[]\n", ""]);
  await server.send("HSET", "{rollcall}:totals", "version", "1");
  await server.send("HSET", "{rollcall}:students", '["1","a","b"]', "what");
  const damaged = await run(folder, command).ended();
  assertEquals(
    [damaged.code, damaged.stdout, damaged.stderr],
    [1, "", "the roster's database has a damaged row\n"],
  );
});

redis.test("server ends at Ctrl-C while it connects to a Redis that hangs (needs redis-server)", async () => {
  await using server = await TestRedis.start();
  const { address, folder } = server;
  server.signal("SIGSTOP");
  const command = ["server.ts", "--port", "0", "--roster", address];
  const started = run(folder, command);
  await delay(1000); // so that it listens for signals
  const began = performance.now();
  started.kill("SIGINT");
  const { code, stdout, stderr } = await started.ended();
  server.signal("SIGCONT");
  assertEquals([code, stdout, stderr], [1, "", "Stopped\n"]);
  assert(performance.now() - began < 2500);
});
