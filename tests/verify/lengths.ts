// Every length up to 65,536 that a client can send before its pickle.

import { assertEquals } from "@std/assert";
import { tryLengths } from "../support/lengths.ts";

Deno.test("pickle names every length up to 65,536 that comes before a pickle, unless both together are pickles", () => {
  const { valid, unnamed } = tryLengths(() => true);
  const values = ["28", "29", "4e", "5d", "7d", "88", "89", "8f"]; // and MARK
  const messages = values.slice(1).map((value) => `${value}2e`); // with STOP
  const popped = ["2831", ...values.map((value) => `${value}30`)]; // with POP
  const protocols = [0, 1, 2, 3, 4, 5].map((protocol) => `800${protocol}`);
  assertEquals(
    [...valid].sort(),
    [...messages, ...popped, ...protocols].sort(),
  );
  // Their first opcode takes bytes of the pickle as its argument. The reader pauses in
  // so long a pickle, and its start is gone when it proves to be none.
  const paused = unnamed.filter((error) =>
    /^(43|55)..: ProtocolError: .* these bytes are not what pickle\.dumps returns/
      .test(error)
  );
  assertEquals(paused.length, 12);
  // These begin a text in quotes: the reader waits for the end of the line.
  const quoted = unnamed.filter((error) =>
    /^53(22|27)(00)*: it waits$/.test(error)
  );
  assertEquals(quoted.length, 8);
  const others = unnamed.filter((it) =>
    !paused.includes(it) && !quoted.includes(it)
  );
  assertEquals(others, []);
});
