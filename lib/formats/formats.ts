/**
 * All wire formats. A new one needs a file in this folder and a line in this file.
 *
 * @module
 */

import type { WireFormat } from "./format.ts";
import { json } from "./json.ts";
import { pickle } from "./pickle/pickle.ts";

export {
  ConnectionEnded,
  PeerError,
  ProtocolError,
  RequestError,
  TlsError,
} from "./errors.ts";
export type { PeerErrorOptions } from "./errors.ts";
export type { Lookalike } from "./lookalike.ts";
export { ByteWriter } from "./byte_writer.ts";
export { isMessageMap } from "./format.ts";
export { lengthPrefixed } from "./length_prefixed.ts";
export { lines } from "./lines.ts";
export type {
  FormatReader,
  Message,
  MessageMap,
  WireFormat,
} from "./format.ts";

/**
 * All formats, by name.
 *
 * @example A message as bytes
 * ```ts
 * import { ByteWriter, FORMATS } from "@rollcall/rollcall/formats";
 *
 * const sink = new ByteWriter();
 * FORMATS.json.write({ name: "Alice Brown" }, sink);
 * const line = new TextDecoder().decode(sink.take());
 * if (line !== '{"name":"Alice Brown"}\n') throw new Error(line);
 * ```
 */
export const FORMATS: {
  readonly pickle: WireFormat;
  readonly json: WireFormat;
} = { pickle, json };

/** The lab's format. */
export const DEFAULT_FORMAT: WireFormat = pickle;
