// Another project uses Rollcall, as docs/building.md says.

import { assertEquals } from "@std/assert";
import { Program, ROOT } from "../../tools/processes/program.ts";

/** What the user's program imports: every module, and a server with a client. */
const PROGRAM = `
import { Server } from "@rollcall/rollcall";
import { ClientHandler } from "@rollcall/rollcall/clienthandler";
import { Client } from "@rollcall/rollcall/client";
import { ClientHelper } from "@rollcall/rollcall/clienthelper";
import { lines } from "@rollcall/rollcall/formats";
import type { Limits } from "@rollcall/rollcall/limits";
import { Lock } from "@rollcall/rollcall/lock";
import type { Connection } from "@rollcall/rollcall/net";
import { simulate } from "@rollcall/rollcall/testing";

class Upper extends ClientHandler<string> {
  protected override processRequest(request: string): string {
    return request.toUpperCase();
  }
}

const limits: Partial<Limits> = { maxClients: 5 };
await using server = new Server({
  ...limits,
  port: 0,
  wire: lines,
  clientHandler: Upper,
  log: () => {},
  report: () => {},
});
void server.run();
await using client = new Client({ port: server.addr.port, wire: lines });
await client.connect();
const conn: Connection | undefined = server.handlers.values().next().value?.conn;
console.log(await client.request("tea"), !!conn, !!Lock, !!ClientHelper);
await simulate(1, (world) => world.pause(5));
`;

/** Runs a program of Deno, or of another name, in a folder. Resolves to its stdout. */
async function run(
  cwd: string,
  args: string[],
  command = Deno.execPath(),
): Promise<string> {
  await using program = new Program(command, args, { cwd });
  const { code, stdout, stderr } = await program.ended(60);
  assertEquals(code, 0, stdout + stderr);
  return stdout;
}

/** Makes a project with these files, and type-checks and runs the program in it. */
async function assertRuns(
  files: Record<string, string>,
  prepare = (_folder: string): Promise<unknown> => Promise.resolve(),
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "rollcall-" });
  try {
    for (const [name, text] of Object.entries(files)) {
      await Deno.writeTextFile(`${folder}/${name}`, text);
    }
    await prepare(folder);
    await Deno.writeTextFile(`${folder}/main.ts`, PROGRAM);
    await run(folder, ["check", "--quiet", "main.ts"]);
    const printed = await run(folder, ["run", "--allow-net", "main.ts"]);
    assertEquals(printed, "TEA true true true\n");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("A project uses Rollcall's folder by `links`", async () => {
  await assertRuns({ "deno.json": JSON.stringify({ links: [ROOT] }) });
});

Deno.test("A project uses a tarball of Rollcall by npm", async () => {
  await assertRuns({ "package.json": "{}" }, async (folder) => {
    const tarball = `${folder}/rollcall.tgz`;
    await run(ROOT, ["pack", "--allow-dirty", "--output", tarball]);
    await run(folder, ["install", "--no-audit", "--no-fund", tarball], "npm");
  });
});

Deno.test("Rollcall can be published, with what its users need", async () => {
  const args = ["publish", "--dry-run", "--allow-dirty"];
  await using publish = new Program(Deno.execPath(), args);
  const { code, stderr } = await publish.ended(60);
  assertEquals(code, 0, stderr);
  const published = Array.from(
    stderr.matchAll(/file:\S*\/((?:tests|tools|bench|\.ci)\/\S*)/g),
    ([, path]) => path,
  );
  assertEquals(published, []);
});
