/**
 * Lines that come again and again.
 *
 * @module
 */

/** How long repeats are only counted before the count is printed, in milliseconds. */
const PERIOD = 5_000;
/** The lines that are known, as many as a large class has. */
const MOST = 1_000;

/** How often a line came, and how often that was when it was last printed. */
interface Line {
  count: number;
  printed: number;
}

/** Prints each line once. Its repeats are counted, and the count is printed from time to time. */
export class Repeats implements Disposable {
  #print: (lines: readonly string[]) => void;
  /** The lines that are known. Those that came last are at the end. */
  #lines = new Map<string, Line>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Lines are printed with `print`. */
  constructor(print: (lines: readonly string[]) => void) {
    this.#print = print;
  }

  /** Prints lines that are new, and counts the others. */
  print(lines: readonly string[]): void {
    const fresh: string[] = [];
    for (const line of lines) {
      const known = this.#lines.get(line);
      this.#lines.delete(line);
      this.#lines.set(line, known ?? { count: 0, printed: 1 });
      this.#lines.get(line)!.count++;
      if (known) this.#timer ??= setTimeout(() => this.end(), PERIOD);
      else fresh.push(line, ...this.#forgetOldest());
    }
    if (fresh.length > 0) this.#print(fresh);
  }

  /** Forgets a line if too many are known. Returns its count, if that was not printed. */
  #forgetOldest(): string[] {
    if (this.#lines.size <= MOST) return [];
    const [[text, line]] = this.#lines;
    this.#lines.delete(text);
    return line.count > line.printed ? [counted(text, line)] : [];
  }

  /** Prints the counts that were not printed yet. */
  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const news: string[] = [];
    for (const [text, line] of this.#lines) {
      if (line.count === line.printed) continue;
      line.printed = line.count;
      news.push(counted(text, line));
    }
    if (news.length > 0) this.#print(news);
  }

  /** Ends the timer. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}

function counted(text: string, { count }: Line): string {
  return `${text} (x ${count} in all)`; // the first line of them counts, too
}
