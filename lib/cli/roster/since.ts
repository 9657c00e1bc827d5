/**
 * Points in time, as people write them.
 *
 * @module
 */

/** What {@linkcode parseTime} takes. */
export const TIMES =
  "a time such as 09:00, 2026-11-27 or 2026-11-27T09:00, or how long ago, such as 30m, 2h or 7d";

const MINUTE = 60_000;
const UNITS: Readonly<Record<string, number>> = {
  m: MINUTE,
  h: 60 * MINUTE,
  d: 24 * 60 * MINUTE,
};
const AGO = /^(\d{1,6})([mhd])$/;
const TIME = /^(?:(\d{4})-(\d\d)-(\d\d))?(?:(?:^|(?<=.)[T ])(\d\d?):(\d\d))?$/;

/**
 * Returns a local time in milliseconds since 1970, or `undefined` if `text` is none. A
 * time without a date is one of today.
 */
export function parseTime(text: string, now = Date.now()): number | undefined {
  const ago = text.match(AGO);
  if (ago) return now - Number(ago[1]) * UNITS[ago[2]];
  const match = text.match(TIME);
  if (!match || text === "") return undefined;
  const today = new Date(now);
  const [, year, month, day, hour = "0", minute = "0"] = match;
  const date = year === undefined
    ? [today.getFullYear(), today.getMonth() + 1, today.getDate()] as const
    : [Number(year), Number(month), Number(day)] as const;
  const time = new Date(date[0], date[1] - 1, date[2]);
  const isDate = time.getMonth() + 1 === date[1] && time.getDate() === date[2];
  if (!isDate || Number(hour) > 23 || Number(minute) > 59) return undefined;
  return time.setHours(Number(hour), Number(minute));
}
