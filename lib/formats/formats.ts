/**
 * Wire formats: the interface of a format, those that are there, and their errors.
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
 * The formats of the lab's protocol, by the names that `--wire` takes. The others are
 * {@linkcode lines} and {@linkcode lengthPrefixed}.
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

/** The format of a server and a client without the option `wire`: pickle, the lab's. */
export const DEFAULT_FORMAT: WireFormat = pickle;
