/**
 * What is at which path of the board.
 *
 * @module
 */

import { isForUs, type Token } from "./access.ts";
import type { ClassState, ConnectTo } from "./class_state.ts";
import type { HttpRequest } from "./http_request.ts";
import { type HttpResponse, textResponse } from "./http_response.ts";
import { liveSections } from "./live.ts";
import { type Measured, METRICS_TYPE, metricsText } from "./metrics.ts";
import { BOARD_POLICY, boardPage, ICON } from "./page/board_page.ts";
import {
  INSTRUCTOR_CSS,
  INSTRUCTOR_JS,
  instructorPage,
  type Section,
} from "./page/instructor_page.ts";
import type { Streams } from "./streams.ts";

/** What the instructor's pages show of the roster. */
export interface RosterSource {
  /** The tables of the page. */
  sections(): Promise<readonly Section[]>;
  /** All rows, for a spreadsheet: the parts of a text. */
  csv(): Promise<readonly string[]>;
  /** The class list with who has passed, in the same form, if there is a class list. */
  classCsv?: () => Promise<readonly string[]>;
}

/** What the routes show. */
export interface Shown {
  /** What the board knows. */
  readonly state: ClassState;
  /** The pages that are told of changes. */
  readonly streams: Streams;
  /** What opens the instructor's pages. */
  readonly token: Token;
  /** The tables of the roster. */
  readonly roster: RosterSource;
  /** The host that the server was given. */
  readonly host: string;
  /** Where clients connect. */
  connectTo(): ConnectTo;
  /** What the board itself measures. */
  measured(): Measured;
}

type Route = (shown: Shown, request: HttpRequest) =>
  | HttpResponse
  | Promise<HttpResponse>;

const ok = (
  type: string,
  body: string | readonly string[],
): HttpResponse => ({
  status: 200,
  headers: { "content-type": type },
  body,
});
const HTML = "text/html; charset=utf-8";
const CSS = "text/css; charset=utf-8";
const JS = "text/javascript; charset=utf-8";

/** What everybody sees. */
const PUBLIC: Readonly<Record<string, Route>> = {
  "/": ({ connectTo }) => ({
    status: 200,
    headers: { "content-type": HTML, "content-security-policy": BOARD_POLICY },
    body: boardPage(connectTo()),
  }),
  "/icon.svg": () => ok("image/svg+xml", ICON),
  "/instructor.css": () => ok(CSS, INSTRUCTOR_CSS),
  "/instructor.js": () => ok(JS, INSTRUCTOR_JS),
  "/events": ({ streams }, { headers }) => ({
    status: 200,
    headers: { "content-type": "text/event-stream" },
    stream: (conn) => streams.run(conn, headers.get("last-event-id")),
  }),
};

/** What only the instructor sees. */
const WITH_TOKEN: Readonly<Record<string, Route>> = {
  "/roster": async (shown) =>
    await forInstructor("/roster", shown, await shown.roster.sections()),
  "/roster.csv": async ({ roster }) =>
    ok("text/csv; charset=utf-8", await roster.csv()),
  "/class.csv": async ({ roster: { classCsv } }) =>
    classCsv
      ? ok("text/csv; charset=utf-8", await classCsv())
      : textResponse(404, "There is no class list: --expected names one"),
  "/live": async (shown) =>
    await forInstructor("/live", shown, liveSections(shown.state)),
  "/metrics": ({ state, measured }) =>
    ok(METRICS_TYPE, metricsText(state, measured())),
};

/** Returns one of the instructor's pages. It begins with what is wrong with the roster. */
async function forInstructor(
  path: string,
  { state, roster }: Shown,
  sections: readonly Section[],
): Promise<HttpResponse> {
  const { failure } = state.roster;
  const alert = failure === undefined
    ? undefined
    : `The roster cannot record students, and their requests are refused: ${failure}.`;
  const options = { alert, hasClass: roster.classCsv !== undefined };
  return ok(HTML, await instructorPage(path, sections, options));
}

/** Answers a request. */
export function answer(
  shown: Shown,
  request: HttpRequest,
): HttpResponse | Promise<HttpResponse> {
  const { pathname } = request.url;
  if (!isForUs(request, shown.host)) {
    return textResponse(421, "Open the board by the server's IP address");
  }
  if (request.method !== "GET" && request.method !== "HEAD") {
    return textResponse(405, "The board can only be read", {
      allow: "GET, HEAD",
    });
  }
  if (Object.hasOwn(PUBLIC, pathname)) return PUBLIC[pathname](shown, request);
  if (!Object.hasOwn(WITH_TOKEN, pathname)) {
    return textResponse(404, "There is nothing here. The board is at /");
  }
  const opened = shown.token.openedBy(request);
  if (opened) return opened;
  if (!shown.token.isIn(request)) {
    return textResponse(
      401,
      "This page is for the instructor: open the link that the server printed when it started",
      { "www-authenticate": "Bearer" },
    );
  }
  return WITH_TOKEN[pathname](shown, request);
}
