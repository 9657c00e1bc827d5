// Students who do not exist, with random numbers, from another address. Reports how
// many were acknowledged.

import { connect } from "node:net";
import { encode, TestReader } from "../../../../lib/testing/messages.ts";
import { answerQuestions } from "./load.ts";

/** Requests in one write. */
const AT_ONCE = 64;

const [port, count] = [Number(Deno.args[0]), Number(Deno.args[1])];
let acknowledged = 0;

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
  const reader = new TestReader();
  let due = 1; // the greeting
  socket.on("data", (bytes: Uint8Array) => {
    const answers = reader.decode(bytes);
    acknowledged += answers.filter((it) => it === 1).length;
    due -= answers.length;
    if (due > 0) return;
    due = AT_ONCE;
    socket.write(students());
  });
  socket.on("error", () => {});
  socket.on("close", () => setTimeout(sendOn, 10));
}

for (let i = 0; i < count; i++) sendOn();
await answerQuestions(() => acknowledged);
