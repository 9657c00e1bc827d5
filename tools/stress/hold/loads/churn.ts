// A client that connects and closes without end. Reports how often.

import { answerQuestions, connect } from "./load.ts";

let connected = 0;

async function churn(): Promise<never> {
  for (;;) {
    try {
      (await connect()).close();
      connected++;
    } catch {
      // The machine has no port left for the moment.
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
}

void churn();
await answerQuestions(() => connected);
