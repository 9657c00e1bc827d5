// Students who do not exist, with random numbers, from another address. Reports how
// many were acknowledged.

import { connect } from "node:net";
import { encode } from "../../../../lib/testing/messages.ts";
import { answerQuestions } from "./load.ts";

/** Requests in one write. */
const AT_ONCE = 64;

const [port, count] = [Number(Deno.args[0]), Number(Deno.args[1])];
/** The bytes of an acknowledgement end with this one before the STOP. */
let acknowledged = 0;
const ONE = encode([1]);

function students(): Uint8Array {
  return encode(Array.from({ length: AT_ONCE }, () => ({
    student_name: "Bob Chen",
    github_username: "bchen",
    sid: Math.floor(Math.random() * 1e9),
  })));
}

function sendOn(): void {
  const socket = connect({
    port,
    host: "127.0.0.1",
    localAddress: "127.0.0.2",
  });
  let isGreeted = false;
  socket.on("data", (bytes: Uint8Array) => {
    if (isGreeted && bytes.length === AT_ONCE * ONE.length) {
      acknowledged += AT_ONCE;
    }
    isGreeted = true;
    socket.write(students());
  });
  socket.on("error", () => {});
  socket.on("close", () => setTimeout(sendOn, 10));
}

for (let i = 0; i < count; i++) sendOn();
await answerQuestions(() => acknowledged);
