import { assertEquals, assertMatch } from "@std/assert";
import { needs } from "./support/needs.ts";
import { Program } from "../tools/processes/program.ts";

const run = needs("run");

run.test("the demo prints the three transcripts with labels, and exits by itself with 0 (needs run)", async () => {
  const args = [
    "run",
    "--quiet",
    "--no-prompt",
    "--allow-run",
    "tools/project/demo.ts",
  ];
  await using demo = new Program(Deno.execPath(), args);
  const { code, stdout, stderr } = await demo.ended();
  assertEquals([code, stderr], [0, ""]);
  for (
    const line of [
      /^server \| Listening at 127\.0\.0\.1\/\d+$/m,
      /^server \| Connected: Student: Alice Brown, Github Username: abrown, sid: 123456789$/m,
      /^server \| Connected: Student: Bob Chen, Github Username: bchen, sid: 987654321$/m,
      /^Alice +\| \{'clientid': \d+\} has successfully connected to/m,
      /^Bob +\| \{'clientid': \d+\} has successfully connected to/m,
      /^Alice +\| Data acknowledged by server and you passed the test$/m,
      /^Bob +\| Data acknowledged by server and you passed the test$/m,
      // No one pressed Ctrl-C: the demo says why the server ends.
      /^demo +\| Both clients have passed\. The demo stops the server now\.\n(.*\n)*server \| .* Ending, with 2 clients connected/m,
    ]
  ) assertMatch(stdout, line);
});
