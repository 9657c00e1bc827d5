// The port of a program under test, which a closed connection or another program can
// occupy. These tests grade in their own process, so they need all permissions.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { Failure } from "../../lib/cli/program.ts";
import { progressLine } from "../../tools/grade/exam.ts";
import { readCauses, readChecks } from "../../tools/grade/kit.ts";
import { PortTaken } from "../../tools/grade/port.ts";
import { Run } from "../../tools/grade/run.ts";
import { stablePort } from "../../tools/processes/stable_port.ts";
import { GRADED, occupy } from "../support/grading.ts";
import { needs } from "../support/needs.ts";

const python = needs("run", "net", "read", "write", "Linux", "python3");

/** Returns a run of checks of a server at a port. */
function runAt(port: number): Run {
  const command = ["python3", "server.py", `${port}`];
  return new Run({ command, folder: GRADED, port }, 5, readCauses());
}

python.test("grade says that it waits until the system frees the port (needs run, net, read, write, Linux, python3)", async () => {
  const port = stablePort();
  await occupy(port);
  const run = runAt(port);
  const waits = Promise.withResolvers<boolean>();
  run.onWait = waits.resolve;
  const making = run.make(readChecks("server")[0]);
  making.catch(() => {});
  assertEquals(await waits.promise, true);
  await run.stop();
  await assertRejects(() => making, Failure, "Stopped");
  const now = { check: "banner", number: 1, of: 30 };
  assertEquals(
    progressLine({ ...now, isWaiting: true }),
    "1 of 30: banner: waiting until the system frees the port, up to a minute",
  );
  assertEquals(progressLine({ ...now, isWaiting: false }), "1 of 30: banner");
});

python.test("grade does not wait for a port at which another program listens, and blames no program for it (needs run, net, read, write, Linux, python3)", async () => {
  const port = stablePort();
  const run = runAt(port);
  const [banner, greeting] = readChecks("server");
  assertEquals((await run.make(banner)).state, "passed");
  await occupy(port);
  using _other = Deno.listen({ hostname: "127.0.0.1", port });
  run.onWait = () => assert(false, "it waits");
  await assertRejects(() => run.make(greeting), PortTaken);
  assertEquals(run.verdicts.length, 1);
});

python.test("grade blames no program whose port another one took while it started (needs run, net, read, write, Linux, python3)", async () => {
  const port = stablePort();
  using control = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const code = "import socket, sys\n" +
    `socket.create_connection(("127.0.0.1", ${control.addr.port})).recv(1)\n` +
    'sys.exit("Address already in use")';
  const command = ["python3", "-c", code];
  const run = new Run({ command, folder: GRADED, port }, 5, readCauses());
  const making = run.make(readChecks("server")[0]);
  using starting = await control.accept();
  using _other = Deno.listen({ hostname: "127.0.0.1", port });
  await starting.write(new Uint8Array(1));
  await assertRejects(() => making, PortTaken);
});
