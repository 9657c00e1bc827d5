/**
 * Pages that cannot be made.
 *
 * @module
 */

import { StoreError } from "../students/store.ts";
import { counted, escapeAndCut, reason } from "../text.ts";
import { type HttpResponse, textResponse } from "./http_response.ts";

/** The longest reason that is reported, in columns. */
const LONGEST = 200;

/** Reports which page fails, and why: once, since an open page asks again every few seconds. */
export class Failures {
  #report: (line: string) => void;
  /** The pages that fail at present. */
  #failing = new Map<string, { why: string; count: number }>();

  /** Each line is reported with `report`. */
  constructor(report: (line: string) => void) {
    this.#report = report;
  }

  /** Notes that a page could not be made. Returns the response that says so. */
  failed(path: string, error: unknown): HttpResponse {
    const isStores = error instanceof StoreError;
    const why = escapeAndCut(
      isStores ? error.message : reason(error),
      LONGEST,
    );
    const failing = this.#failing.get(path);
    const count = 1 + (failing?.count ?? 0);
    this.#failing.set(path, { why, count });
    if (why !== failing?.why) {
      this.#report(`The board cannot show ${path}: ${why}`);
    }
    return isStores
      ? textResponse(503, `This page cannot be made now: ${why}`)
      : textResponse(
        500,
        "The server failed to make this page: see its stderr",
      );
  }

  /** Notes that a page was made. */
  succeeded(path: string): void {
    const failing = this.#failing.get(path);
    if (!failing) return;
    this.#failing.delete(path);
    const times = counted(failing.count, "time");
    this.#report(`The board shows ${path} again. It failed ${times}`);
  }

  /** Reports how often the pages failed that still do. */
  end(): void {
    for (const [path, { count }] of this.#failing) {
      this.#report(
        `The board could not show ${path} ${counted(count, "time")}`,
      );
    }
    this.#failing.clear();
  }
}
