/**
 * Says so if a server accepts a client, but does not greet it.
 *
 * @module
 */

import type { Network } from "../net.ts";

/** How long a server may be silent before the user is told, in milliseconds. */
const SILENCE = 3000;

/** Watches for the greeting on each connection that is made through its network. */
export class GreetingWatch implements Disposable {
  #report: (line: string) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Deno's network, watched. */
  readonly network: Network = {
    listen: (options) => Deno.listen(options),
    connect: async (options) => {
      this.end();
      const conn = await Deno.connect(options);
      this.#timer = setTimeout(() => this.#tell(), SILENCE);
      return conn;
    },
  };

  /** The line about a silent server is reported with `report`. */
  constructor(report: (line: string) => void) {
    this.#report = report;
  }

  #tell(): void {
    this.#report(
      "connected, but no greeting yet: is it the lab's server, with the same --wire?",
    );
  }

  /** Stops watching: the greeting came, or the connection ended. */
  end(): void {
    clearTimeout(this.#timer);
  }

  /** Stops watching at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.end();
  }
}
