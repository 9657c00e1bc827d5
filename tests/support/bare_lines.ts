// The least that a format of somebody else does: lines of text, without any
// check of their length, and without a form for an error.

import type {
  FormatReader,
  Message,
  WireFormat,
} from "../../lib/formats/formats.ts";

const NEWLINE = 0x0a;

class BareReader implements FormatReader {
  readonly pendingBytes = 0;

  read(bytes: Uint8Array, end: number, messages: Message[]): number {
    let start = 0;
    for (;;) {
      const newline = bytes.subarray(0, end).indexOf(NEWLINE, start);
      if (newline === -1) return start;
      messages.push(new TextDecoder().decode(bytes.subarray(start, newline)));
      start = newline + 1;
    }
  }
}

export const bareLines: WireFormat = {
  name: "lines",
  greetingPause: 0,
  reader: () => new BareReader(),
  write(message, sink) {
    if (typeof message !== "string") throw new TypeError("Not a line");
    sink.text(message);
    sink.byte(NEWLINE);
  },
};
