/**
 * Who may see what of the board.
 *
 * @module
 */

import { timingSafeEqual } from "node:crypto";
import { textResponse } from "./http_response.ts";
import type { HttpRequest } from "./http_request.ts";
import type { HttpResponse } from "./http_response.ts";

const COOKIE = "rollcall_token";
const encoder = new TextEncoder();

/** The token of the instructor's pages. Each start of the server has another one. */
export class Token {
  /** The token: 128 random bits, in characters that a link can have. */
  readonly text: string;

  /** Makes a token. */
  constructor() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    this.text = Array.from(bytes, (it) => it.toString(16).padStart(2, "0"))
      .join("");
  }

  /** Whether a request has the token: as a bearer token, or in the cookie that the link has set. */
  isIn({ headers }: HttpRequest): boolean {
    const [, bearer] = headers.get("authorization")?.match(/^Bearer (\S+)$/i) ??
      [];
    const cookies = (headers.get("cookie") ?? "").split("; ");
    const cookie = cookies.find((it) => it.startsWith(`${COOKIE}=`));
    return this.#equals(bearer) ||
      this.#equals(cookie?.slice(COOKIE.length + 1));
  }

  /**
   * The response to the link that has the token. It moves the token into a cookie,
   * so that it is neither seen in the address bar nor kept in the history. The
   * cookie is Lax, since a Strict one would not come back if the link was opened
   * from another site, as a terminal in a browser is.
   */
  openedBy({ url }: HttpRequest): HttpResponse | undefined {
    if (!this.#equals(url.searchParams.get("token") ?? undefined)) return;
    return textResponse(303, "See the page without the token", {
      location: url.pathname,
      "set-cookie": `${COOKIE}=${this.text}; Path=/; HttpOnly; SameSite=Lax`,
    });
  }

  #equals(given: string | undefined): boolean {
    const [a, b] = [encoder.encode(given ?? ""), encoder.encode(this.text)];
    return a.length === b.length && timingSafeEqual(a, b);
  }
}

/**
 * Whether a request means this server. A name that leads here without our doing may
 * belong to a page elsewhere, which would read the board as its own (DNS rebinding).
 * An IP address cannot be rebound.
 */
export function isForUs(request: HttpRequest, host: string): boolean {
  const given = request.headers.get("host") ?? "";
  const name = given.replace(/:\d{1,5}$/, "").toLowerCase();
  const isAddress = /^(\d{1,3}\.){3}\d{1,3}$/.test(name) ||
    /^\[[\da-f:.]+\]$/.test(name);
  return isAddress || name === "localhost" || name === host.toLowerCase();
}
