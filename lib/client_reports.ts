/**
 * Bounds what clients can make a server report.
 *
 * @module
 */

import { counted } from "./text.ts";

/** How long the lines about one address count together, in milliseconds. */
const PERIOD = 10_000;
/** The most characters that are reported about one address in that time. */
const MOST = 32_768;

/** The lines about one address in the current period. */
interface Lines {
  /** Characters of the reported lines. */
  characters: number;
  /** How many lines were not reported. */
  more: number;
}

/**
 * Reports lines about clients. If there are too many about one address, the first
 * are reported, and the others are counted. Lines about other addresses are still
 * reported.
 */
export class ClientReports {
  #report: (line: string) => void;
  #lines = new Map<string, Lines>();
  #began = -Infinity;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Each line, and each count, is reported with `report`. */
  constructor(report: (line: string) => void) {
    this.#report = report;
  }

  /** Reports a line about a client at this address, or counts it. */
  report(line: string, address: string): void {
    const now = performance.now();
    if (now - this.#began >= PERIOD) this.endPeriod();
    const lines = this.#lines.get(address) ?? { characters: 0, more: 0 };
    this.#lines.set(address, lines);
    if (lines.more === 0 && lines.characters + line.length <= MOST) {
      lines.characters += line.length;
      this.#report(line);
      return;
    }
    lines.more++;
    const rest = this.#began + PERIOD - now;
    this.#timer ??= setTimeout(() => this.endPeriod(), rest);
  }

  /** Reports how many lines were only counted, and begins a new period. */
  endPeriod(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const [address, { more }] of this.#lines) {
      if (more === 0) continue;
      this.#report(`${address} caused ${counted(more, "more line")}`);
    }
    this.#lines.clear();
    this.#began = performance.now();
  }
}
