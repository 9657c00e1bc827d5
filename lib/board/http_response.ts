/**
 * HTTP responses, with the headers that keep a page to itself.
 *
 * @module
 */

import { mapInSlices } from "./slices.ts";

/** A response. */
export interface HttpResponse {
  /** The status, such as 200. */
  readonly status: number;
  /** Headers besides those of all responses. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The body, or its parts in their order. */
  readonly body?: string | readonly string[];
  /** Whether the body is left out. */
  readonly isHead?: boolean;
  /** Writes the rest of a body that goes on. Resolves, or rejects, at its end. */
  readonly stream?: (conn: StreamTarget) => Promise<void>;
}

/** The connection of a response that goes on. */
export interface StreamTarget {
  /** Resolves to the number of bytes read, or `null` when the peer sends no more. */
  read(into: Uint8Array): Promise<number | null>;
  /** Resolves to the number of bytes written, which may be fewer than all. */
  write(bytes: Uint8Array): Promise<number>;
  /** Closes it at once. */
  close(): void;
}

const STATUS: Readonly<Record<number, string>> = {
  200: "OK",
  303: "See Other",
  400: "Bad Request",
  401: "Unauthorized",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  421: "Misdirected Request",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

/** Returns the policy of a page whose script and style come from these sources, and nothing from elsewhere. */
export function policy(script: string, style: string): string {
  return `default-src 'none'; script-src ${script}; style-src ${style}; ` +
    "img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; " +
    "frame-ancestors 'none'";
}

/** The headers of every response. No script, style or picture comes from elsewhere, and nobody frames or reads the pages. */
const HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy": policy("'self'", "'self'"),
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "cache-control": "no-store",
  "connection": "close",
};

const encoder = new TextEncoder();

/** Returns a short response for people. */
export function textResponse(
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): HttpResponse {
  return {
    status,
    headers: { "content-type": "text/plain; charset=utf-8", ...headers },
    body: `${text}\n`,
  };
}

/** Returns the bytes of a response, except what its stream writes. It works in slices. */
export async function bytesOf(
  { status, headers, body, isHead, stream }: HttpResponse,
): Promise<Uint8Array> {
  const texts = typeof body === "object" ? body : [body ?? ""];
  const parts = await mapInSlices(texts, (text) => encoder.encode(text));
  const content = parts.reduce((sum, { length }) => sum + length, 0);
  const length = stream || isHead && body === undefined
    ? {}
    : { "content-length": String(content) };
  const all = { ...HEADERS, ...headers, ...length };
  const lines = Object.entries(all).map(([name, value]) =>
    `${name}: ${value}\r\n`
  );
  const head = encoder.encode(
    `HTTP/1.1 ${status} ${STATUS[status]}\r\n${lines.join("")}\r\n`,
  );
  if (isHead) return head;
  const bytes = new Uint8Array(head.length + content);
  let at = 0;
  for (const part of [head, ...parts]) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Writes all of the bytes. */
export async function writeAll(
  conn: Pick<StreamTarget, "write">,
  bytes: Uint8Array,
): Promise<void> {
  for (let rest = bytes; rest.length > 0;) {
    rest = rest.subarray(await conn.write(rest));
  }
}
