import { assertRejects } from "@std/assert";
import { Program } from "../tools/processes/program.ts";
import { needs } from "./support/needs.ts";

const run = needs("run");

run.test("Program.stdout.match() rejects when the program ends without the text (needs run)", async () => {
  await using program = new Program(Deno.execPath(), ["--version"]);
  await assertRejects(
    () => program.stdout.match(/no version/),
    Error,
    "It ended without /no version/",
  );
});
