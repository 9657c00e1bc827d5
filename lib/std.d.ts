// The `@std/*` modules come from npm (see deno.json), where they ship without
// declarations. This file declares only what this project calls.

declare module "@std/assert" {
  export function assert(value: unknown, message?: string): asserts value;
  export function assertEquals<T>(
    actual: T,
    expected: T,
    message?: string,
  ): void;
  export function assertMatch(
    actual: string,
    expected: RegExp,
    message?: string,
  ): void;
  export function assertThrows<E extends Error>(
    fn: () => unknown,
    // deno-lint-ignore no-explicit-any -- any error class fits
    errorClass: new (...args: any[]) => E,
    messageIncludes?: string,
    message?: string,
  ): E;
  export function assertRejects<E extends Error>(
    fn: () => PromiseLike<unknown>,
    // deno-lint-ignore no-explicit-any -- any error class fits
    errorClass: new (...args: any[]) => E,
    messageIncludes?: string,
    message?: string,
  ): Promise<E>;
}

declare module "@std/async/delay" {
  export function delay(
    ms: number,
    options?: { signal?: AbortSignal; persistent?: boolean },
  ): Promise<void>;
}

declare module "@std/async/retry" {
  export function retry<T>(
    fn: () => Promise<T> | T,
    options?: {
      multiplier?: number;
      maxTimeout?: number;
      maxAttempts?: number;
      minTimeout?: number;
      jitter?: number;
      isRetriable?: (error: unknown) => boolean;
      signal?: AbortSignal;
    },
  ): Promise<T>;
}

declare module "@std/bytes/concat" {
  export function concat(
    buffers: readonly Uint8Array[],
  ): Uint8Array<ArrayBuffer>;
}

declare module "@std/csv/parse" {
  export function parse(
    text: string,
    options?: { separator?: string },
  ): string[][];
}

declare module "@std/text/closest-string" {
  export function closestString(
    givenWord: string,
    possibleWords: readonly string[],
  ): string;
}

declare module "@std/text/levenshtein-distance" {
  export function levenshteinDistance(str1: string, str2: string): number;
}

declare module "@std/cli/parse-args" {
  export function parseArgs(
    args: readonly string[],
    options: {
      alias?: Readonly<Record<string, string>>;
      boolean?: readonly string[];
      string?: readonly string[];
      unknown?: (arg: string, key?: string, value?: unknown) => unknown;
    },
  ): { _: (string | number)[]; [flag: string]: unknown };
}
