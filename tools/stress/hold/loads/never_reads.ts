// One client that sends requests without end, and never reads. Reports its port,
// how many bytes it sent, and whether it is still connected.

import { STUDENT } from "../../../../clienthelper.ts";
import { encode } from "../../../../lib/testing/messages.ts";
import { answerQuestions, connect } from "./load.ts";

/** The state of a client that never reads. */
export interface NeverRead {
  /** Its source port, which identifies it in the server's reports. */
  port: number;
  /** How many bytes it has sent. */
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
    state.connected = false; // the server is expected to close it
  }
}

void sendForever();
await answerQuestions(() => state);
