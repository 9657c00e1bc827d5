// The default pause between the greeting and the first answer. It is too short
// for a busy machine, so this part of `deno task verify` runs alone.

import { assertEquals } from "@std/assert";
import { needs } from "../support/needs.ts";
import {
  listening,
  Program,
  ROOT,
  server,
} from "../../tools/processes/program.ts";

const PASSED = "Data acknowledged by server and you passed the test";
const python3 = needs("python3");

python3.test("the lab's client that sends before it reads gets its acknowledgement 25 times out of 25 (needs python3)", async () => {
  await using ours = server("--port", "0");
  const port = await listening(ours);
  for (let time = 1; time <= 25; time++) {
    await using theirs = new Program("python3", [
      ...[`${ROOT}tests/python/lab_client.py`, port, "--early"],
    ]);
    const { code, stdout } = await theirs.ended();
    assertEquals(
      [time, code, stdout.trim().split("\n")[1]],
      [time, 0, PASSED],
    );
  }
});
