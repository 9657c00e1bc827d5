/**
 * The wire formats that there are. A new one is a file beside this, and a line in it.
 *
 * @module
 */

import type { WireFormat } from "./format.ts";
import { json } from "./json.ts";
import { pickle } from "./pickle/pickle.ts";

export { ConnectionEnded, ProtocolError, RequestError } from "./errors.ts";
export type {
  FormatReader,
  Message,
  MessageMap,
  WireFormat,
} from "./format.ts";

/** All formats, by name. */
export const FORMATS: Readonly<Record<string, WireFormat>> = { pickle, json };

/** The lab's format. */
export const DEFAULT_FORMAT: WireFormat = pickle;
