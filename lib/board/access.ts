/**
 * Who may see what of the board.
 *
 * @module
 */

import { timingSafeEqual } from "node:crypto";
import { textResponse } from "./http_response.ts";
import type { HttpRequest } from "./http_request.ts";
import type { HttpResponse } from "./http_response.ts";

const encoder = new TextEncoder();

/** What a token must be: a link, a cookie and a header can have it as it is. */
export const TOKEN: RegExp = /^[\w.~-]{16,200}$/;

/** The token of the instructor's pages. */
export class Token {
  /** The token. */
  readonly text: string;

  /** Takes a token that fits {@linkcode TOKEN}, or makes one of 128 random bits. */
  constructor(text: string = randomText()) {
    this.text = text;
  }

  /** Whether a request has the token: as a bearer token, or in the cookie that the link has set. */
  isIn(request: HttpRequest): boolean {
    const { headers } = request;
    const [, bearer] = headers.get("authorization")?.match(/^Bearer (\S+)$/i) ??
      [];
    const cookies = (headers.get("cookie") ?? "").split("; ");
    const start = `${cookieName(request)}=`;
    const cookie = cookies.find((it) => it.startsWith(start));
    return this.#equals(bearer) || this.#equals(cookie?.slice(start.length));
  }

  /**
   * The response to the link that has the token. It moves the token into a cookie,
   * so that it is neither seen in the address bar nor kept in the history. The
   * cookie is Lax, since a Strict one would not come back if the link was opened
   * from another site, as a terminal in a browser is.
   */
  openedBy(request: HttpRequest): HttpResponse | undefined {
    const { url } = request;
    if (!this.#equals(url.searchParams.get("token") ?? undefined)) return;
    const cookie = `${cookieName(request)}=${this.text}`;
    return textResponse(303, "See the page without the token", {
      location: url.pathname,
      "set-cookie": `${cookie}; Path=/; HttpOnly; SameSite=Lax`,
    });
  }

  #equals(given: string | undefined): boolean {
    const [a, b] = [encoder.encode(given ?? ""), encoder.encode(this.text)];
    return a.length === b.length && timingSafeEqual(a, b);
  }
}

function randomText(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (it) => it.toString(16).padStart(2, "0")).join("");
}

/** The port in a `Host` header. */
const PORT = /:(\d{1,5})$/;

/**
 * Returns the name of the cookie. It has the port that the browser sees, since all
 * ports of a host share their cookies: two servers of one machine, or two tunnels.
 */
function cookieName({ headers }: HttpRequest): string {
  const [, port = "80"] = headers.get("host")?.match(PORT) ?? [];
  return `rollcall_token_${port}`;
}

/**
 * Whether a request means this server. A name that leads here without our doing may
 * belong to a page elsewhere, which would read the board as its own (DNS rebinding).
 * An IP address cannot be rebound.
 */
export function isForUs(request: HttpRequest, host: string): boolean {
  const given = request.headers.get("host") ?? "";
  const name = given.replace(PORT, "").toLowerCase();
  const isAddress = /^(\d{1,3}\.){3}\d{1,3}$/.test(name) ||
    /^\[[\da-f:.]+\]$/.test(name);
  return isAddress || name === "localhost" || name === host.toLowerCase();
}
