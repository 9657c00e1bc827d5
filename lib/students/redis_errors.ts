/**
 * What the errors of Redis mean, in plain words.
 *
 * @module
 */

// @ts-types="./redis_client.d.ts"
import { ErrorReply } from "@redis/client";
import { escapeAndCut } from "../text.ts";
import { NEWER } from "./redis_script.ts";
import { StoreError } from "./store.ts";

/** The message while there is no connection. */
export const UNREACHABLE = "the roster's database cannot be reached";

/** What errors mean, by the word that tells them apart. */
const MEANINGS: Readonly<Record<string, string>> = {
  NOAUTH: "the roster's database needs a password",
  WRONGPASS: "the roster's database does not accept the user name and password",
  AUTH: "the roster's database needs no password, but one was given",
  NOPERM: "the roster's database does not allow this user to keep a roster",
  OOM: "the roster's database has no memory left",
  READONLY: "the roster's database is a copy that cannot be changed",
  MISCONF: "the roster's database cannot write to its disk",
  NOREPLICAS: "the roster's database has lost its copies",
  LOADING: "the roster's database is starting",
  BUSY: "the roster's database is busy",
  MASTERDOWN: "the roster's database has lost its main copy",
  CLUSTERDOWN: "the roster's database is not complete",
  MOVED: "the roster's database is at another address of its cluster",
  WRONGTYPE: "the roster's database has other data in the roster's place",
  DB: "the roster's database has no database of this number",
  [NEWER]: "the roster was written by a newer Rollcall",
};

/** The most characters of an error that is shown as it came. */
const LONGEST = 200;

/** Whether Redis itself answered with this error, so that the connection still works. */
export function isReply(error: unknown): error is Error {
  return error instanceof ErrorReply;
}

/** Returns an error of a call as one that a client may receive. */
export function toStoreError(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  if (!isReply(error)) return new StoreError(UNREACHABLE, { cause: error });
  // An old Redis puts its own words before an error inside a script.
  const word = error.message.split(/[^A-Z]+/)
    .find((word) => Object.hasOwn(MEANINGS, word));
  const meaning = word === undefined
    ? "the roster's database failed"
    : MEANINGS[word];
  return new StoreError(meaning, { cause: error });
}

/** Returns why a connection failed, for the user who starts the server. */
export function whyUnreachable({ cause }: Error): string {
  if (!(cause instanceof Error) || isReply(cause)) return "";
  const { name, message, code } = cause as Error & { code?: unknown };
  const why = message.split("\n")[0] || String(code ?? name);
  return `: ${escapeAndCut(why, LONGEST)}`;
}
