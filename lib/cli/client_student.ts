/**
 * Checks the student in `clienthelper.ts`, which students edit.
 *
 * @module
 */

import { describe } from "../formats/describe.ts";
import { isMessageMap, type Message } from "../formats/formats.ts";
import { foundKeys } from "../students/found_keys.ts";
import { Failure } from "./program.ts";

/** What each field may be, besides `null`. */
const FIELDS: Readonly<Record<string, string>> = {
  student_name: "text",
  github_username: "text",
  sid: "an integer or text",
};

/** The student that `clienthelper.ts` has before it is edited, and the flag that replaces each field. */
const EXAMPLE = [
  ["student_name", "Alice Brown", "name"],
  ["github_username", "abrown", "github"],
  ["sid", 123456789, "sid"],
] as const;

/**
 * Returns what to tell a student whose request still has fields of the example. In a
 * class, all who send it are one row of the roster. A field from a flag is meant.
 */
export function exampleNote(
  request: Message,
  given: Readonly<Partial<Record<"name" | "github" | "sid", unknown>>>,
): string[] {
  if (!isMessageMap(request)) return []; // a handler's own request
  const kept = EXAMPLE.filter(([field, value, flag]) =>
    request[field] === value && given[flag] === undefined
  );
  if (kept.length === 0) return [];
  const fields = kept.map(([field]) => field).join(", ");
  const options = kept.map(([, , flag]) => `--${flag}`).join(", ");
  return [
    `You still send the example's ${fields}.`,
    `Put your own into clienthelper.ts, or use ${options}.`,
  ];
}

/**
 * Throws if a field of the student cannot be sent. Deno does not check types when
 * it runs a program, so an edited file can hold anything.
 *
 * @param student The student in the file, which the request is made from.
 * @throws {Failure} It says which field is wrong.
 */
export function checkStudent(request: Message, student: object): void {
  if (!isMessageMap(request)) return; // a handler's own request
  for (const [field, expected] of Object.entries(FIELDS)) {
    const value: Message | undefined = request[field];
    if (value === undefined) {
      const all = Object.entries({ ...student, ...request });
      const keys = all.filter(([, it]) => it !== undefined)
        .map(([key]) => key);
      const why = Object.hasOwn(student, field)
        ? "Python's None is null"
        : foundKeys(field, keys, "it has");
      throw new Failure(`${field} is missing in clienthelper.ts (${why})`);
    }
    if (value === "" && field !== "github_username") {
      throw new Failure(`${field} is empty in clienthelper.ts`);
    }
    const kind = describe(value);
    if (kind !== "None" && !expected.split(" or ").includes(kind)) {
      throw new Failure(
        `${field} in clienthelper.ts must be ${expected}, not ${kind}`,
      );
    }
  }
}
