/**
 * Command-line flags: parsing, `--help`, and error messages.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { fold, labelled, pageWidth } from "./page.ts";
import { suggestion } from "./suggestion.ts";

/** One flag of a program. */
export interface Flag<T> {
  /** What it does, for `--help`. */
  readonly help: string;
  /**
   * What its value is, for `--help` and error messages. A flag without `takes`
   * has no value.
   */
  readonly takes?: string;
  /** The value where the flag is not given. */
  readonly fallback: T;
  /** How `--help` shows the default, if not by its value. */
  readonly shown?: string;
  /** Parses the given text. Returns `undefined` if the flag does not take it. */
  parse(text: string): T | undefined;
}

/**
 * The flags of a program, one for each of its values: `maxClients` is
 * `--max-clients`.
 */
export type Flags<Values> = {
  readonly [Name in keyof Values]: Flag<Values[Name]>;
};

/** What was wrong with the command line, and what would be right. */
export class UsageError extends Error {
  /** The class's name, as in `error.name`. */
  override name = "UsageError";
}

/** A flag without a value: true if it is given. */
export function toggle(help: string): Flag<boolean> {
  return { help, fallback: false, parse: () => true };
}

/** A flag that takes any text but the empty one. */
export function text<T extends string | undefined>(
  help: string,
  fallback: T,
  shown?: string,
): Flag<T | string> {
  const parse = (text: string) => text || undefined;
  return { help, takes: "text", fallback, shown, parse };
}

/** A flag that takes a whole number. */
export function integer(
  help: string,
  fallback: number,
  min: number,
  max: number,
): Flag<number> {
  return {
    help,
    takes: `a whole number from ${min} to ${max}`,
    fallback,
    parse: (text) => inRange(/^\d+$/.test(text), text, min, max),
  };
}

/** A flag that takes seconds, from 0 up. */
export function seconds(help: string, fallback: number): Flag<number> {
  const max = 1_000_000; // well below the longest time that a timer can wait
  return {
    help,
    takes: "seconds, such as 10 or 0.5",
    fallback,
    parse: (text) => inRange(/^\d+(\.\d+)?$/.test(text), text, 0, max),
  };
}

/** A flag that takes the name of one of `choices`. */
export function choice<T>(
  help: string,
  choices: Readonly<Record<string, T>>,
  fallback: T,
): Flag<T> {
  return {
    help,
    takes: Object.keys(choices).join(" or "),
    fallback,
    parse: (text) => Object.hasOwn(choices, text) ? choices[text] : undefined,
  };
}

function inRange(
  isNumber: boolean,
  text: string,
  min: number,
  max: number,
): number | undefined {
  const value = Number(text);
  return isNumber && value >= min && value <= max ? value : undefined;
}

/**
 * Reads a command line: the values of its flags, and its operands, which are
 * the arguments that belong to no flag.
 *
 * @throws {UsageError} If a flag is unknown, or its value is not one that it takes.
 */
export function parseFlags<Values>(
  args: readonly string[],
  flags: Flags<Values>,
): { values: Values; operands: string[] } {
  const all = entriesOf(flags);
  const names = all.map(({ name }) => name);
  for (const { name, flag } of all) {
    if (!flag.takes && args.some((arg) => arg.startsWith(`--${name}=`))) {
      throw new UsageError(`--${name} takes no value`);
    }
    // parseArgs cannot tell an empty text after a space from a missing value.
    const at = args.indexOf(`--${name}`);
    if (flag.takes && at >= 0 && args[at + 1] === "") {
      throw new UsageError(`--${name} takes ${flag.takes}, and got nothing`);
    }
  }
  const given = parseArgs(args, {
    alias: { help: "h" },
    boolean: all.filter(({ flag }) => !flag.takes).map(({ name }) => name),
    string: [
      "_", // else an operand such as 007 becomes a number
      ...all.filter(({ flag }) => flag.takes).map(({ name }) => name),
    ],
    unknown: (arg: string) => {
      if (arg.startsWith("-")) throw new UsageError(unknownFlag(arg, names));
    },
  });
  const values = all.map((
    { key, name, flag },
  ) => [key, flagValue(name, flag, given[name])]);
  return {
    values: Object.fromEntries(values) as Values,
    operands: given._ as string[],
  };
}

/** Each flag, with its name on the command line. */
function entriesOf<Values>(flags: Flags<Values>) {
  return Object.entries<Flag<unknown>>(flags).map(([key, flag]) => {
    const name = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    return { key, name, flag };
  });
}

function flagValue<T>(
  name: string,
  { takes, fallback, parse }: Flag<T>,
  given: unknown,
): unknown {
  if (!takes) return given === true;
  if (given === undefined) return fallback;
  const value = parse(String(given));
  if (value === undefined) {
    const got = given === "" ? "nothing" : JSON.stringify(given);
    throw new UsageError(`--${name} takes ${takes}, and got ${got}`);
  }
  return value;
}

function unknownFlag(arg: string, names: readonly string[]): string {
  if (/^-\d/.test(arg)) {
    return `Cannot take ${arg}: a value that begins with - must follow an =, ` +
      `as in --sid=-5`;
  }
  const flag = arg.replace(/=.*/s, "");
  const name = flag.replace(/^-+/, "");
  const near = suggestion(name, names, (name) => `--${name}`);
  return `There is no flag ${flag}.${near} See --help`;
}

/** Returns the lines of `--help`: the use of a program, and each of its flags. */
export function usage<Values>(
  use: string,
  about: string,
  flags: Flags<Values>,
): string[] {
  const page = pageWidth();
  const rows = entriesOf(flags).map(({ name, flag }) => {
    const { takes, help, fallback, shown = showFallback(fallback) } = flag;
    return takes
      ? [`--${name}`, `${help} (${takes}; default ${shown})`]
      : [`--${name}`, help];
  });
  const width = Math.max(...rows.map(([flag]) => flag.length));
  return [
    `${use} [flags]`,
    "",
    ...fold(about, page),
    "",
    ...rows.flatMap(([flag, help]) =>
      labelled(`  ${flag.padEnd(width)}  `, help, page)
    ),
  ];
}

function showFallback(fallback: unknown): string {
  if (fallback === undefined) return "none";
  return typeof fallback === "object" && fallback !== null && "name" in fallback
    ? String(fallback.name)
    : String(fallback);
}
