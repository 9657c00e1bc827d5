/**
 * Who is connected, as a table.
 *
 * @module
 */

import { counted } from "../text.ts";
import type { ClassState } from "./class_state.ts";
import type { Sheet } from "./page/instructor_page.ts";

/** Returns who is connected: first those whose requests were refused, then those without a request. */
export function liveSheet(state: ClassState, now = Date.now()): Sheet {
  const rows = [...state.server.handlers].map(([id, { clientIp }]) => {
    const record = state.clients.get(id);
    const cells = [
      record?.name ?? "",
      String(id),
      clientIp,
      record ? ago(now - record.since) : "",
      record?.lastAt ? ago(now - record.lastAt) : "none",
      String(record?.requests ?? 0),
      String(record?.refused ?? 0),
      record?.lastRefusal ?? "",
    ];
    return { rank: rankOf(record), cells };
  });
  const waiting = state.clients.connectedWithoutStudent;
  return {
    columns: [
      { title: "name" },
      { title: "client", isNumber: true },
      { title: "address" },
      { title: "connected for", isNumber: true },
      { title: "last request", isNumber: true },
      { title: "requests", isNumber: true },
      { title: "refused", isNumber: true },
      { title: "last refused because" },
    ],
    rows: rows.sort((a, b) => a.rank - b.rank).map(({ cells }) => cells),
    summary:
      `${counted(rows.length, "client")} connected, ${waiting} of them ` +
      "without a student who was acknowledged.",
  };
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
