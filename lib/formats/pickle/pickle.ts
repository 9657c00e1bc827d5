/**
 * The lab's format: Python's pickle.
 *
 * @module
 */

import { LAB_MAPS, type WireFormat } from "../format.ts";
import { PickleReader } from "./reader.ts";
import { writePickle } from "./writer.ts";

/** Pickles one after another, as the lab's Python programs send and expect them. */
export const pickle: WireFormat = {
  ...LAB_MAPS,
  name: "pickle",
  // Some of the lab's clients send before they have read the greeting, and treat
  // the bytes of one `recv` as one message. An answer right behind the greeting
  // would arrive in the same `recv` and be lost.
  greetingPause: 5,
  reader: (limits) => new PickleReader(limits),
  write: writePickle,
};
