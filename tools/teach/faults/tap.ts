/**
 * Reads the results of `deno test --reporter=tap`.
 *
 * @module
 */

/** The results of tests. */
export interface TapResults {
  /** The names of the tests that passed. */
  passed: string[];
  /** The names of those that failed. */
  failed: string[];
  /** Why those failed, if they gave an error. */
  errors: Map<string, string>;
  /** The files of the failed tests. Empty if one of them is not known. */
  files: string[];
}

/** The result of a test, or of a step of it, which is indented. */
const RESULT = /^( *)(not )?ok \d+ - (.*)$/;
const SKIPPED = / # SKIP$/;
/** What a failed test says whose steps say more. */
const STEPS_FAILED = /^\d+ test steps? failed\.$/;
/** What Deno says if a test waits, and no event is left that could end that. */
const WAITS_FOREVER =
  /^(Promise resolution is still pending but the event loop|Top-level await promise never resolved)/;

/** Whether a line is the result of a test, also of one that was skipped. */
export function isResult(line: string): boolean {
  return RESULT.exec(line)?.[1] === "";
}

/** Reads the results in the printed lines. A skipped test has none. */
export function readTap(lines: readonly string[]): TapResults {
  const passed: string[] = [];
  const failed: string[] = [];
  const errors = new Map<string, string>();
  const files = new Set<string>();
  let steps: string[] = [];
  lines.forEach((line, i) => {
    const [, indent, isFailed, name] = RESULT.exec(line) ?? [];
    if (name === undefined || SKIPPED.test(line)) return;
    const details = isFailed ? detailsIn(lines[i + 2] ?? "") : {};
    const error = errorIn(details);
    const isOuter = STEPS_FAILED.test(error);
    if (error && !isOuter) steps.push(indent ? `${name}: ${error}` : error);
    if (indent) return;
    (isFailed ? failed : passed).push(name);
    if (isFailed) files.add(details.at?.file ?? "");
    if (isFailed && steps.length > 0) errors.set(name, steps.join("\n"));
    steps = [];
  });
  // Tests that several files share are in a file of their own, which has no tests alone.
  const areKnown = [...files].every((file) => file.endsWith("_test.ts"));
  return { passed, failed, errors, files: areKnown ? [...files] : [] };
}

/** What the reporter says of a failed test. */
interface Details {
  message?: unknown;
  at?: { file: string };
}

/** Returns the details of a failed test: an error outside of the tests has none. */
function detailsIn(line: string): Details {
  try {
    return JSON.parse(line);
  } catch {
    return {};
  }
}

/** Returns the error in the details of a failed test, without the lines of code that it came from. */
function errorIn({ message }: Details): string {
  if (typeof message !== "string") return "";
  if (WAITS_FOREVER.test(message)) {
    return "A task waits forever: nothing is left that could wake it.";
  }
  const lines = message.split("\n");
  const stack = lines.findIndex((line) => /^ {4}at /.test(line));
  if (stack !== -1) lines.length = stack;
  if (/^ *\^$/.test(lines.at(-1) ?? "")) lines.length -= 2;
  return lines.join("\n").trimEnd();
}
