import { assertEquals } from "@std/assert";
import { ByteWriter } from "../lib/formats/byte_writer.ts";

Deno.test("ByteWriter.take() returns the bytes written, and later writes do not change them", () => {
  const sink = new ByteWriter();
  const taken: [Uint8Array, string][] = [];
  // Texts shorter and longer than a block, ending before, at and after its end.
  for (let round = 0; round < 40; round++) {
    for (const length of [0, 1, 5, 4095, 4096, 8191, 8192, 8193, 30_000]) {
      const letter = String.fromCharCode(0x41 + taken.length % 26);
      const text = letter.repeat(length + round);
      sink.text(text);
      taken.push([sink.take(), text]);
    }
  }
  for (const [bytes, text] of taken) {
    assertEquals(new TextDecoder().decode(bytes), text);
  }
});

Deno.test("Setting ByteWriter.length removes the last bytes written, and no others", () => {
  const sink = new ByteWriter();
  sink.text("kept");
  sink.take();
  sink.uint32(0x04030201);
  sink.uint16(0x0605);
  sink.byte(7);
  assertEquals(sink.length, 7);
  sink.length = 5;
  sink.setUint32(1, 0x0d0c0b0a);
  assertEquals([...sink.take()], [1, 0x0a, 0x0b, 0x0c, 0x0d]);
  assertEquals(sink.length, 0);
});

Deno.test("ByteWriter.take() returns bytes in a buffer no larger than a block, or than the bytes themselves", () => {
  const sink = new ByteWriter();
  const long = "x".repeat(1_000_000);
  sink.text(long);
  assertEquals(sink.take().buffer.byteLength, long.length);
  sink.byte(1);
  assertEquals(sink.take().buffer.byteLength, 8192);
});
