// Tests the executables, if this machine can compile them.

import { assertEquals, assertMatch } from "@std/assert";
import { ALICES_LINE } from "../support/peers.ts";
import { listening, Program, ROOT } from "../../tools/processes/program.ts";

/**
 * Whether `deno compile` finds its runtime here. Compiles and runs a small
 * program to find out.
 */
async function canCompile(): Promise<boolean> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/hi.ts`, 'console.log("hi");');
    const compiled = await new Deno.Command(Deno.execPath(), {
      args: [
        "compile",
        "--quiet",
        "--output",
        `${folder}/hi`,
        `${folder}/hi.ts`,
      ],
      stderr: "null",
    }).output();
    if (!compiled.success) return false;
    const { stdout } = await new Deno.Command(`${folder}/hi`).output();
    return new TextDecoder().decode(stdout) === "hi\n";
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test({
  name: "The compiled server and client run without Deno (needs denort)",
  ignore: !await canCompile(),
  async fn() {
    await using compiling = new Program(Deno.execPath(), [
      "task",
      "--quiet",
      "compile",
    ]);
    const { code, stdout } = await compiling.ended();
    assertEquals(code, 0);
    const [server, client] = stdout.trim().split("\n").map((p) => ROOT + p);
    const options = { clearEnv: true };
    await using ours = new Program(server, ["--port", "0"], options);
    const port = await listening(ours);
    await using alice = new Program(
      client,
      ["--port", port, "--once"],
      options,
    );
    const ended = await alice.ended();
    assertEquals(ended.code, 0);
    assertMatch(ended.stdout, /passed the test\n$/);
    ours.kill("SIGTERM");
    assertMatch((await ours.ended()).stdout, new RegExp(`\n${ALICES_LINE}\n$`));
  },
});
