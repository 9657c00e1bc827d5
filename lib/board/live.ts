/**
 * Who is connected, and who left after a refusal, as tables.
 *
 * @module
 */

import { counted } from "../text.ts";
import type { ClassState } from "./class_state.ts";
import type { ClientRecord } from "./clients.ts";
import type { Section, Sheet } from "./page/instructor_page.ts";

/** Returns the tables of the page. */
export function liveSections(
  state: ClassState,
  now = Date.now(),
): readonly Section[] {
  const left = leftSheet(state, now);
  return [
    {
      heading: "Connected",
      sheet: connectedSheet(state, now),
      none: "Nobody is.",
    },
    ...left.length > 0
      ? [{ heading: "Left after a refusal", sheet: left, none: "" }]
      : [],
  ];
}

/** Lists who is connected: first those whose requests were refused, then those without a request. */
function connectedSheet(state: ClassState, now: number): Sheet {
  const ranked: [number, string, ClientRecord | undefined][][] = [[], [], []];
  for (const [id, { clientIp }] of state.server.handlers) {
    const record = state.clients.get(id);
    ranked[rankOf(record)].push([id, clientIp, record]);
  }
  const clients = ranked.flat();
  const waiting = state.clients.connectedWithoutStudent;
  return {
    columns: [
      { title: "name" },
      { title: "last refused because", isLong: true },
      { title: "client", isNumber: true },
      { title: "address" },
      { title: "connected for", isNumber: true },
      { title: "last request", isNumber: true },
      { title: "requests", isNumber: true },
      { title: "refused", isNumber: true },
    ],
    length: clients.length,
    cells: (at) => {
      const [id, ip, record] = clients[at];
      return [
        nameOf(record),
        record?.lastRefusal ?? "",
        String(id),
        ip,
        record ? ago(now - record.since) : "",
        record?.lastAt ? ago(now - record.lastAt) : "none",
        String(record?.requests ?? 0),
        String(record?.refused ?? 0),
      ];
    },
    summary:
      `${counted(clients.length, "client")} connected, ${waiting} of them ` +
      "without a student who was acknowledged.",
  };
}

/** Lists who left after a refusal, the last one first. */
function leftSheet({ clients }: ClassState, now: number): Sheet {
  const left = clients.leftRefused;
  return {
    columns: [
      { title: "name" },
      { title: "last refused because", isLong: true },
      { title: "passed since" },
      { title: "client", isNumber: true },
      { title: "address" },
      { title: "left", isNumber: true },
      { title: "was connected for", isNumber: true },
      { title: "requests", isNumber: true },
      { title: "refused", isNumber: true },
    ],
    length: left.length,
    cells: (at) => {
      const { leftAt, since, requests, refused, lastRefusal, hasPassed } =
        left[at];
      return [
        nameOf(left[at]),
        lastRefusal,
        hasPassed ? "yes" : "",
        String(left[at].id),
        left[at].ip,
        `${ago(now - leftAt)} ago`,
        ago(leftAt - since),
        String(requests),
        String(refused),
      ];
    },
    summary: `The last ${
      counted(left.length, "client")
    } that left and had a request refused.`,
  };
}

/** Returns the name of a client's student. One that was only in a refused request is marked. */
function nameOf(record: ClientRecord | undefined): string {
  if (record?.name !== undefined) return record.name;
  return record?.refusedName === undefined
    ? ""
    : `${record.refusedName} (refused)`;
}

function rankOf(
  record: { name: string | undefined; refused: number } | undefined,
): number {
  if (!record || record.name !== undefined) return 2;
  return record.refused > 0 ? 0 : 1;
}

/** Returns a time span in its largest unit: the page is for a glance. */
function ago(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 100) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 100 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}
