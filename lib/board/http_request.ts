/**
 * The heads of HTTP requests.
 *
 * @module
 */

/** A request without a body. */
export interface HttpRequest {
  /** `GET`, `HEAD`, or a method that is refused. */
  readonly method: string;
  /** The path, and what follows its question mark. */
  readonly url: URL;
  /** The headers. Their names are in small letters. */
  readonly headers: ReadonlyMap<string, string>;
}

/** The longest head of a request, in bytes. That of a browser has 1,000. */
const LONGEST = 8_192;
const [CR, LF] = [13, 10];

/**
 * Reads the head of a request, without its last line end. Resolves to an empty text as
 * soon as it cannot be the head of a request: if it begins as TLS or as a message of
 * the lab does, or is too long. A line may end with LF alone, as those of `printf` do.
 *
 * @throws {Deno.errors.UnexpectedEof} If the client ends before the end of the head.
 */
export async function readHead(
  conn: { read(into: Uint8Array): Promise<number | null> },
): Promise<string> {
  const bytes = new Uint8Array(LONGEST);
  const text = (start: number, end: number) =>
    String.fromCharCode(...bytes.subarray(start, end));
  let length = 0;
  let searched = 0;
  let lineAt = 0;
  while (length < LONGEST) {
    const count = await conn.read(bytes.subarray(length));
    if (count === null) throw new Deno.errors.UnexpectedEof();
    length += count;
    if (!START.test(text(0, Math.min(length, LONGEST_START)))) return "";
    // Each byte is looked at once, also if they come one by one.
    for (; searched < length; searched++) {
      if (bytes[searched] !== LF) continue;
      const isCrLf = searched > lineAt && bytes[searched - 1] === CR;
      const end = isCrLf ? searched - 1 : searched;
      if (lineAt === 0 && !REQUEST_LINE.test(text(0, end))) return "";
      if (end === lineAt) return text(0, lineAt - 1).trimEnd();
      lineAt = searched + 1;
    }
  }
  return "";
}

/** How a request begins, and so many of its characters. */
const START = /^[A-Z]{1,16}( |$)/;
const LONGEST_START = 17;
const REQUEST_LINE = /^([A-Z]{1,16}) (\/[!-~]{0,2000}) HTTP\/1\.[01]$/;
// Without the spaces around the value: to match them here, too, could take minutes.
const HEADER = /^([!#$%&'*+.^_`|~\w-]+):([^\r\n\0]*)$/;

/** Returns the request with this head; `undefined` if it is none. */
export function parseRequest(head: string): HttpRequest | undefined {
  const [first, ...lines] = head.split(/\r?\n/);
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
  return { method, url, headers };
}

function split(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, ""] : [text.slice(0, at), text.slice(at)];
}
