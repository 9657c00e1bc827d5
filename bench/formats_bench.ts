// `deno bench`: the cost of reading a request and of writing its acknowledgement.
// Each figure is for 256 of them, as in one read from a deep pipeline.

import { DEFAULT_LIMITS } from "../lib/limits.ts";
import { ByteWriter } from "../lib/formats/byte_writer.ts";
import {
  FORMATS,
  type Message,
  type WireFormat,
} from "../lib/formats/formats.ts";
import { readAll } from "../lib/testing/messages.ts";

const COUNT = 256;

/** Requests that differ in their `sid`, as the format writes them. */
function requests(format: WireFormat): Uint8Array {
  const sink = new ByteWriter();
  for (let i = 0; i < COUNT; i++) {
    const sid = 100_000_000 + i * 77_777;
    format.write(
      { student_name: "Alice Brown", github_username: "abrown", sid },
      sink,
    );
  }
  return sink.take();
}

for (const [name, format] of Object.entries(FORMATS)) {
  const bytes = requests(format);
  const reader = format.reader(DEFAULT_LIMITS);
  Deno.bench(`${name}: read ${COUNT} requests`, { group: "read" }, () => {
    const messages: Message[] = [];
    readAll(reader, bytes, bytes.length, messages);
    if (messages.length !== COUNT) throw new Error("not all were read");
  });

  const sink = new ByteWriter();
  Deno.bench(`${name}: write ${COUNT} answers`, { group: "write" }, () => {
    for (let i = 0; i < COUNT; i++) format.write(1, sink);
    sink.take();
  });
}
