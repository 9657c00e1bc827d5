import { assertEquals } from "@std/assert";
import { nearest, suggestion } from "../lib/cli/suggestion.ts";

const FLAGS = ["host", "port", "wire", "max-clients", "quiet", "help"];

Deno.test("nearest() returns the name that was mistyped", () => {
  for (
    const [given, name] of [
      ["prot", "port"], // two letters swapped
      ["hlep", "help"],
      ["hst", "host"], // one is missing
      ["wires", "wire"], // one is too many
      ["quite", "quiet"],
      ["maxclients", "max-clients"],
      ["max-cleints", "max-clients"],
      ["clients", "max-clients"], // a part of one name
    ]
  ) assertEquals(nearest(given, FLAGS), name, given);
});

Deno.test("nearest() returns undefined if no name is near", () => {
  for (const given of ["tls", "cert", "key", "verbose", "h", "x", ""]) {
    assertEquals(nearest(given, FLAGS), undefined, given);
  }
  assertEquals(
    nearest("clients", [...FLAGS, "max-clients-per-address"]),
    undefined,
  );
});

Deno.test("suggestion() is a question, or empty", () => {
  const flag = (name: string) => `--${name}`;
  assertEquals(suggestion("prot", FLAGS, flag), " Is it --port?");
  assertEquals(suggestion("tls", FLAGS, flag), "");
});
