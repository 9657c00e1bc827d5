/**
 * How many connections the board has, and how fast they come.
 *
 * @module
 */

/** Connections from other machines, in all. Each that stays is sent four updates a second. */
const MOST = 128;
/** Connections from one other machine, which may be a whole class behind a router. */
const MOST_PER_ADDRESS = 32;
/** Connections from this machine, which nobody else can take: the projector is one. */
const MOST_LOCAL = 64;
/** How many connections may come at once: those of some pages. */
const AT_ONCE = 32;
/** The least time between two connections in the long run, in milliseconds. */
const APART = 10;

/** The places for connections. */
export class Places {
  #local = 0;
  #others = 0;
  #perAddress = new Map<string, number>();

  /** Takes a place for a connection from this address. Returns whether there was one. */
  take(address: string): boolean {
    if (isLocal(address)) {
      if (this.#local >= MOST_LOCAL) return false;
      this.#local++;
      return true;
    }
    const same = this.#perAddress.get(address) ?? 0;
    if (this.#others >= MOST || same >= MOST_PER_ADDRESS) return false;
    this.#others++;
    this.#perAddress.set(address, same + 1);
    return true;
  }

  /** Gives a place back. */
  giveBack(address: string): void {
    if (isLocal(address)) {
      this.#local--;
      return;
    }
    this.#others--;
    const same = this.#perAddress.get(address)! - 1;
    if (same > 0) this.#perAddress.set(address, same);
    else this.#perAddress.delete(address);
  }
}

function isLocal(address: string): boolean {
  return address.startsWith("127.") || address === "::1";
}

/**
 * Lets connections be accepted at a limited rate. The others wait in the system's
 * queue, where they cost the server nothing.
 */
export class AcceptRate {
  #left = AT_ONCE;
  #at = performance.now();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #wake = () => {};

  /** Resolves when the next connection may be accepted. */
  async next(): Promise<void> {
    while (!this.#take()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        this.#timer = setTimeout(resolve, APART);
      });
    }
  }

  #take(): boolean {
    const now = performance.now();
    this.#left = Math.min(AT_ONCE, this.#left + (now - this.#at) / APART);
    this.#at = now;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }

  /** Ends a wait: nothing will be accepted. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#left = AT_ONCE;
    this.#wake();
  }
}
