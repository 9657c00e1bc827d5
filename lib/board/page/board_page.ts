/**
 * The page for the projector.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { ConnectTo } from "../class_state.ts";
import { Html, html } from "../html.ts";
import { policy } from "../http_response.ts";
import { BOARD_CSS } from "./board_css.ts";
import { BOARD_JS, LONG, MOST_OTHERS } from "./board_js.ts";

/**
 * The policy of the page. Its script and its style are in it, so that it is painted
 * after one response and not after three. Their hashes allow these two, and no other.
 */
export const BOARD_POLICY: string = policy(
  sourceOf(BOARD_JS),
  sourceOf(BOARD_CSS),
);

function sourceOf(text: string): string {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}

/** Returns the page. It shows where to connect before its script has run. */
export function boardPage({ addresses, port, tls }: ConnectTo): string {
  const [address, ...others] = addresses;
  const also = others.slice(0, MOST_OTHERS);
  const size = address.length > LONG ? "long" : "short";
  return html`
    <!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <title>Rollcall</title>
        <meta name="viewport" content="width=device-width">
        <meta name="color-scheme" content="light dark">
        <link rel="icon" href="/icon.svg">
        <style>${new Html(BOARD_CSS)}</style>
      </head>
      <body>
        <header>
          <dl id="where" class="where ${size}" aria-label="Where to connect">
            <div>
              <dt>host</dt>
              <dd id="host">${address}</dd>
            </div>
            <div>
              <dt>port</dt>
              <dd id="port">${port}</dd>
            </div>
          </dl>
          <dl class="counts" aria-label="Counts">
            <div class="passed">
              <dt>passed</dt>
              <dd id="passed">0</dd>
            </div>
            <div>
              <dt>connected</dt>
              <dd id="connected">0</dd>
            </div>
            <div>
              <dt>refused</dt>
              <dd id="refused">0</dd>
            </div>
          </dl>
          <p
            class="command"><code>deno task client <span id="tls">${tls
              ? "--tls "
              : ""}</span>--host <span id="to">${address}</span> --port <span id="at">${port}</span></code><span id="also">${also
                .length > 0
              ? `or ${also.join(", ")}`
              : ""}</span></p>
        </header>
        <main>
          <h1 class="unseen">Students who passed</h1>
          <p
            id="empty">Your name appears here when the server has acknowledged it.</p>
          <ol id="wall"></ol>
        </main>
        <footer>
          <h2>Refused because</h2>
          <ul id="reasons">
            <li id="none">Nothing was refused.</li>
          </ul>
          <ul id="legend" aria-label="Legend">
            <li>89: end of the sid</li>
            <li><i>newest</i></li>
          </ul>
          <p id="status"></p>
        </footer>
        <p id="news" class="unseen" role="status" aria-live="polite"></p>
        <script>${new Html(BOARD_JS)}</script>
      </body>
    </html>
  `.text.trimStart();
}

/** The icon of all pages: a tick on a list. */
export const ICON =
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">
<rect width="16" height="16" rx="3" fill="#0b6b3f"/>
<path d="M4 8.5l2.5 2.5L12 5.5" fill="none" stroke="#fff" stroke-width="2"/>
</svg>
`;
