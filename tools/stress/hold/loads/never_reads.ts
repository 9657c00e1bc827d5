// One client that sends requests without end, and never reads. Tells what it is
// called, how much the server took of it, and whether it is still connected.

import { STUDENT } from "../../../../clienthelper.ts";
import { encode } from "../../../../lib/testing/messages.ts";
import { answerQuestions, connect } from "./load.ts";

/** What a client that never reads has come to. */
export interface NeverRead {
  /** Its source port, by which the server calls it. */
  port: number;
  /** Bytes that it could send. */
  sent: number;
  /** Whether it is connected. */
  connected: boolean;
}

const BATCH = encode(Array(256).fill(STUDENT));

const conn = await connect();
const state: NeverRead = {
  port: conn.localAddr.port,
  sent: 0,
  connected: true,
};

async function sendForever(): Promise<void> {
  try {
    for (let at = 0;; at %= BATCH.length) {
      const count = await conn.write(BATCH.subarray(at));
      at += count;
      state.sent += count;
    }
  } catch {
    state.connected = false; // as the server should have it, sooner or later
  }
}

void sendForever();
await answerQuestions(() => state);
