/**
 * What happens in a scenario, as it is told.
 *
 * @module
 */

/** The loop that accepts clients. */
export const ACCEPT_LOOP = "accept loop";
/** The lock that the handlers share. */
export const LOCK = "lock";
/** Where students are recorded. */
export const ROSTER = "roster";
/** A database that several servers use. */
export const DATABASE = "database";
/** Lines on stdout that no traced handler reports. */
export const STDOUT = "stdout";
/** What the server's operator is told. */
export const STDERR = "stderr";

/** One event: its time, its participant, and what happened. */
export interface Event {
  /** Milliseconds since the beginning. */
  at: number;
  /** A client, its handler, or one of the above. */
  who: string;
  /** What happened. */
  what: string;
}

/** The handler of a client, as its column is called. */
export function handlerOf(client: string): string {
  return `${client}'s handler`;
}

/** The events as lines of text. */
export function tell(events: readonly Event[]): string[] {
  const width = Math.max(...events.map(({ who }) => who.length));
  return events.map(({ at, who, what }) =>
    `${at}`.padStart(5) + ` ms  ${who.padEnd(width)}  ${what}`
  );
}
