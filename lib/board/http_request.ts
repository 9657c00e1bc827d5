/**
 * The heads of HTTP requests.
 *
 * @module
 */

import { type HttpResponse, textResponse } from "./http_response.ts";

/** A request without a body. */
export interface HttpRequest {
  /** `GET`, `HEAD`, or a method that is refused. */
  readonly method: string;
  /** The path, and what follows its question mark. */
  readonly url: URL;
  /** The headers. Their names are in small letters. */
  readonly headers: ReadonlyMap<string, string>;
  /** The client's IP address. */
  readonly address: string;
}

/** The longest head of a request, in bytes. That of a browser has 1,000. */
const LONGEST = 8_192;
const [CR, LF] = [13, 10];

/** Reads the head of a request. Resolves to `undefined` if the client ends before its end, and to an empty text if it is too long. */
export async function readHead(
  conn: { read(into: Uint8Array): Promise<number | null> },
): Promise<string | undefined> {
  const bytes = new Uint8Array(LONGEST);
  let length = 0;
  let searched = 0;
  while (length < LONGEST) {
    const count = await conn.read(bytes.subarray(length));
    if (count === null) return undefined;
    length += count;
    // Each byte is looked at once, also if they come one by one.
    for (; searched + 4 <= length; searched++) {
      const isEnd = bytes[searched] === CR && bytes[searched + 1] === LF &&
        bytes[searched + 2] === CR && bytes[searched + 3] === LF;
      if (isEnd) return String.fromCharCode(...bytes.subarray(0, searched));
    }
  }
  return "";
}

const REQUEST_LINE = /^([A-Z]{1,16}) (\/[!-~]{0,2000}) HTTP\/1\.[01]$/;
// Without the spaces around the value: to match them here, too, could take minutes.
const HEADER = /^([!#$%&'*+.^_`|~\w-]+):([^\r\n\0]*)$/;

/** Returns the request with this head; `undefined` if it is none. */
export function parseRequest(
  head: string,
  address: string,
): HttpRequest | undefined {
  const [first, ...lines] = head.split("\r\n");
  const [, method, target] = first.match(REQUEST_LINE) ?? [];
  if (!method) return undefined;
  const headers = new Map<string, string>();
  for (const line of lines) {
    const [, name, value] = line.match(HEADER) ?? [];
    const key = name?.toLowerCase();
    // With two hosts, a browser and this server could each take another one.
    if (!key || key === "host" && headers.has(key)) return undefined;
    headers.set(key, value.trim());
  }
  // Made by hand: `new URL("//x", ...)` would take x for a host.
  const url = new URL("http://board");
  const [path, query] = split(target, "?");
  url.pathname = path;
  url.search = query;
  return { method, url, headers, address };
}

function split(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, ""] : [text.slice(0, at), text.slice(at)];
}

/** The response to what is no request. */
export function badRequest(): HttpResponse {
  return textResponse(400, "This is not a request that the board understands");
}
