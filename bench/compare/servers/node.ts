// A minimal server: Node's net with the reader of this project. The bench bundles
// it for Node.

import { createServer } from "node:net";
import process from "node:process";
import { Buffer } from "node:buffer";
import { DEFAULT_LIMITS } from "../../../lib/limits.ts";
import { ByteWriter } from "../../../lib/formats/byte_writer.ts";
import type { Message, MessageMap } from "../../../lib/formats/format.ts";
import { pickle } from "../../../lib/formats/pickle/pickle.ts";
import { readAll } from "../../../lib/testing/messages.ts";

const roster = new Map<Message, Message>();
const sink = new ByteWriter();

const server = createServer({ noDelay: true }, (socket) => {
  const reader = pickle.reader(DEFAULT_LIMITS);
  let kept = new Uint8Array();
  const send = (messages: readonly Message[]) => {
    for (const message of messages) pickle.write(message, sink);
    socket.write(sink.take());
  };
  send([{ clientid: socket.remotePort! }]);
  socket.on("data", (data: Uint8Array) => {
    const bytes = kept.length > 0 ? Buffer.concat([kept, data]) : data;
    const messages: Message[] = [];
    kept = bytes.slice(readAll(reader, bytes, bytes.length, messages));
    for (const message of messages) {
      roster.set((message as MessageMap).sid, message);
    }
    send(messages.map(() => 1));
  });
  socket.on("error", () => {});
});

server.listen(Number(process.argv[2]), "127.0.0.1", 4096);
