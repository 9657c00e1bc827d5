/**
 * Commands, as they are typed.
 *
 * @module
 */

import { UsageError } from "../../lib/cli/flags.ts";

/** What stands in a command for the port. */
const PORT = "{port}";

/**
 * The words of a command. Quotes, single or double, keep spaces within a word;
 * there is no shell, so nothing else is special.
 *
 * @throws {UsageError} If a quote is not closed, or there is no word.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { wordsOf } from "./command.ts";
 *
 * assertEquals(wordsOf("python3 'my server.py'"), ["python3", "my server.py"]);
 * ```
 */
export function wordsOf(command: string): string[] {
  const parts = /\s+|"([^"]*)"|'([^']*)'|([^\s"']+)|(.)/gy;
  const words: string[] = [];
  let word: string | undefined;
  for (const [part, double, single, plain, quote] of command.matchAll(parts)) {
    if (quote) throw new UsageError(`A ${quote} is not closed in ${command}`);
    const text = double ?? single ?? plain;
    if (text !== undefined) {
      word = (word ?? "") + text;
    } else if (part && word !== undefined) {
      words.push(word);
      word = undefined;
    }
  }
  if (word !== undefined) words.push(word);
  if (words.length === 0) throw new UsageError("--spawn takes a command");
  return words;
}

/** Whether a command is told its port. */
export function takesPort(words: readonly string[]): boolean {
  return words.some((word) => word.includes(PORT));
}

/** The words with the port in them. */
export function withPort(words: readonly string[], port: number): string[] {
  return words.map((word) => word.replaceAll(PORT, String(port)));
}
