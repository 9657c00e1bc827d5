/**
 * Names for kinds of values, in the terms of Python, the lab's language.
 *
 * @module
 */

import { isMessageMap, type Message } from "./format.ts";

/** Names the kind of a value, for an error message: `None`, `an integer`, `a dict`. */
export function describe(value: unknown): string {
  switch (typeof value) {
    case "undefined":
      return "undefined";
    case "boolean":
      return value ? "True" : "False";
    case "bigint":
      return "an integer";
    case "number":
      return Number.isSafeInteger(value) ? "an integer" : "a float";
    case "string":
      return "text";
    case "object":
      if (value === null) return "None";
      if (Array.isArray(value)) {
        return Object.isFrozen(value) ? "a tuple" : "a list";
      }
      if (value instanceof Set) {
        return Object.isFrozen(value) ? "a frozenset" : "a set";
      }
      if (value instanceof Uint8Array) return "bytes";
      return value instanceof Map || isMessageMap(value as Message)
        ? "a dict"
        : `a ${value.constructor?.name ?? "object"}`;
    default:
      return `a ${typeof value}`;
  }
}
