/**
 * Commands as a user types them.
 *
 * @module
 */

import { UsageError } from "../../lib/cli/flags.ts";

/** The placeholder for the port in a command. */
const PORT = "{port}";

/**
 * Splits a command into words. Single or double quotes keep spaces within a
 * word. No other character is special, since there is no shell.
 *
 * @throws {UsageError} If a quote is not closed, or the command is empty.
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

/** Whether a command contains `{port}`. */
export function takesPort(words: readonly string[]): boolean {
  return words.some((word) => word.includes(PORT));
}

/** Returns the words with `{port}` replaced by the port. */
export function withPort(words: readonly string[], port: number): string[] {
  return words.map((word) => word.replaceAll(PORT, String(port)));
}
