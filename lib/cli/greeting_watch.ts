/**
 * Says so if a server accepts a client, but is silent where it should speak.
 *
 * @module
 */

import type { Network } from "../net.ts";

/** How long a server may be silent before the user is told, in milliseconds. */
const SILENCE = 3000;

/** Watches for the greeting on each connection that is made through its network, and for the first answer. */
export class GreetingWatch implements Disposable {
  #report: (line: string) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Deno's network, watched. */
  readonly network: Network = {
    listen: (options) => Deno.listen(options),
    connect: async (options) => {
      this.end();
      const conn = await Deno.connect(options);
      this.#expect(
        "connected, but no greeting yet: is it the lab's server, with the same --wire?",
      );
      return conn;
    },
  };

  /** A line about a silent server is reported with `report`. */
  constructor(report: (line: string) => void) {
    this.#report = report;
  }

  #expect(line: string): void {
    this.#timer = setTimeout(() => this.#report(line), SILENCE);
  }

  /** Notes the greeting. From now on, an answer is due. */
  noteGreeting(): void {
    this.end();
    this.#expect("greeted, but no answer yet: does the server read requests?");
  }

  /** Stops watching: the answer came, or the connection ended. */
  end(): void {
    clearTimeout(this.#timer);
  }

  /** Stops watching at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.end();
  }
}
