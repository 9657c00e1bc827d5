/**
 * The server's flags.
 *
 * @module
 */

import {
  DEFAULT_FORMAT,
  FORMATS,
  type WireFormat,
} from "../formats/formats.ts";
import { DEFAULT_LIMITS } from "../limits.ts";
import { DEFAULT_ADDRESS } from "../net.ts";
import { DEFAULT_ROSTER_LIMITS } from "../students/limits.ts";
import {
  choice,
  type Flag,
  type Flags,
  integer,
  seconds,
  text,
  toggle,
  UsageError,
} from "./flags.ts";
import { ALL_ADDRESSES } from "./listening.ts";
import { type DatabaseFlags, databaseFlags } from "./roster_address.ts";
import type { ServerTlsFlags } from "./tls_files.ts";

/** The values of the server's flags. */
export interface ServerFlags extends DatabaseFlags, ServerTlsFlags {
  /** The address to listen at. */
  host: string | undefined;
  /** The port to listen at. */
  port: number;
  /** The format of the messages. */
  wire: WireFormat;
  /** Clients served at once. */
  maxClients: number;
  /** Clients served at once from one address; 0 means no limit. */
  maxClientsPerAddress: number | undefined;
  /** New students within a minute on one connection; 0 means no limit. */
  maxNewPerConnection: number | undefined;
  /** New students within a minute from one address; 0 means no limit. */
  maxNewPerAddress: number | undefined;
  /** How long a client may be silent before its first request, in seconds; 0 means no limit. */
  firstRequestTimeout: number;
  /** How long a client may be idle, in seconds; 0 means no limit. */
  idleTimeout: number;
  /** How long a shutdown may take, in seconds. */
  grace: number;
  /** Where to keep the roster: a file, or the address of Redis. Nothing means memory. */
  roster: string | undefined;
  /** Whether to print no line for each request. */
  quiet: boolean;
  /** Whether to print only the end of a student's number. */
  maskSid: boolean;
  /** Whether to show a page for a projector. */
  board: boolean;
  /** The port of that page. */
  boardPort: number | undefined;
  /** The file with the token of the instructor's pages. */
  boardTokenFile: string | undefined;
  /** The class list for the instructor's pages. */
  expected: string | undefined;
  /** Whether a class connects: all addresses, the limits of a class, the board, and masked numbers. */
  classroom: boolean;
}

/** The port of the board, unless a flag names another. */
export const BOARD_PORT = 8_000;

/** The limits of `--classroom`, where strangers may connect, too. */
const CLASSROOM = {
  maxClientsPerAddress: 100,
  maxNewPerConnection: 20,
  maxNewPerAddress: 200,
};
/** The same limits without `--classroom`. */
const BY_DEFAULT = { ...DEFAULT_LIMITS, ...DEFAULT_ROSTER_LIMITS };

/** A flag that takes a limit that is another with `--classroom`. */
function classroomLimit(
  help: string,
  limit: keyof typeof CLASSROOM,
): Flag<number | undefined> {
  return {
    ...integer(`${help}; 0 means any number`, 0, 0, 1_000_000),
    fallback: undefined,
    shown: `${BY_DEFAULT[limit]}, with --classroom ${CLASSROOM[limit]}`,
  };
}

/** The server's flags. */
export const serverFlags: Flags<ServerFlags> = {
  host: text(
    "the address to listen at; 0.0.0.0 means all of this machine's",
    undefined,
    `${DEFAULT_ADDRESS.hostname}, with --classroom ${ALL_ADDRESSES}`,
  ),
  port: integer(
    "the port to listen at; 0 means any free one",
    DEFAULT_ADDRESS.port,
    0,
    65_535,
  ),
  wire: choice("the format of the messages", FORMATS, DEFAULT_FORMAT),
  cert: text(
    "speak TLS, with this certificate, as data/cert.pem; needs --key",
    undefined,
  ),
  key: text("the private key of the certificate, as data/key.pem", undefined),
  maxClients: integer(
    "clients served at once",
    DEFAULT_LIMITS.maxClients,
    1,
    1_000_000,
  ),
  maxClientsPerAddress: classroomLimit(
    "clients served at once from one address",
    "maxClientsPerAddress",
  ),
  maxNewPerConnection: classroomLimit(
    "new students within a minute on one connection",
    "maxNewPerConnection",
  ),
  maxNewPerAddress: classroomLimit(
    "new students within a minute from one address",
    "maxNewPerAddress",
  ),
  firstRequestTimeout: seconds(
    "close a client that sends no request for this long; 0 means never",
    DEFAULT_LIMITS.firstRequestTimeout,
  ),
  idleTimeout: seconds(
    "close a client that is idle for this long; 0 means never",
    DEFAULT_LIMITS.idleTimeout,
  ),
  grace: seconds(
    "how long a shutdown may take",
    DEFAULT_LIMITS.grace,
  ),
  roster: text(
    "what keeps the students who came: a file, as data/class.db, or redis://HOST:PORT/NUMBER",
    undefined,
    "memory, until the server ends",
  ),
  ...databaseFlags,
  quiet: toggle("do not print a line for each request"),
  maskSid: toggle(
    "print at most the last two digits of a student's number, and at most half of it",
  ),
  board: toggle(
    "show a web page for a projector, and pages for the instructor",
  ),
  boardPort: {
    ...integer("the port of that page; turns it on", 0, 0, 65_535),
    fallback: undefined,
    shown: String(BOARD_PORT),
  },
  boardTokenFile: text(
    "a file in data/ with the token of the instructor's pages, to keep it over restarts",
    undefined,
    "a new token at each start",
  ),
  expected: text(
    "the class list on the instructor's page: CSV with a column sid, as data/class.csv",
    undefined,
  ),
  classroom: toggle(
    "for a class: listen at all addresses, with the limits above, " +
      "--board and --mask-sid",
  ),
};

/** The flags, with what `--classroom` means for those that are not given. */
export type SettledFlags =
  & Omit<ServerFlags, "board" | "boardPort">
  & {
    /** Clients served at once from one address. */
    maxClientsPerAddress: number;
    /** New students within a minute on one connection. */
    maxNewPerConnection: number;
    /** New students within a minute from one address. */
    maxNewPerAddress: number;
    /** Whether there is a board: because a flag asks for it, or because `--classroom` implies it. */
    board: "asked" | "implied" | undefined;
    /** The port of the board. */
    boardPort: number;
  };

/** Fills in what follows from other flags. @throws {UsageError} If one needs another. */
export function settled(given: ServerFlags): SettledFlags {
  const { classroom } = given;
  const byDefault = classroom ? CLASSROOM : BY_DEFAULT;
  const {
    maxClientsPerAddress = byDefault.maxClientsPerAddress,
    maxNewPerConnection = byDefault.maxNewPerConnection,
    maxNewPerAddress = byDefault.maxNewPerAddress,
  } = given;
  const isAsked = given.board || given.boardPort !== undefined;
  const board = isAsked ? "asked" : classroom ? "implied" : undefined;
  const forBoard = {
    "--expected": given.expected,
    "--board-token-file": given.boardTokenFile,
  };
  for (const [flag, value] of Object.entries(forBoard)) {
    if (value === undefined || board) continue;
    throw new UsageError(
      `${flag} is for the instructor's pages: add --board`,
    );
  }
  return {
    ...given,
    host: given.host ?? (classroom ? ALL_ADDRESSES : undefined),
    maskSid: given.maskSid || classroom,
    maxClientsPerAddress,
    maxNewPerConnection,
    maxNewPerAddress,
    board,
    boardPort: board ? boardPortOf(given, board) : BOARD_PORT,
  };
}

/** Returns the port of the board. @throws {UsageError} If it is that of the clients. */
function boardPortOf(
  { port, boardPort = BOARD_PORT }: ServerFlags,
  board: "asked" | "implied",
): number {
  if (port !== boardPort || port === 0) return boardPort;
  // Nobody has asked for that port, so any other is as good.
  if (board === "implied") return 0;
  throw new UsageError(
    `--port ${port} is for clients, and --board-port ${boardPort} for the board: ` +
      "they must differ. Give one of the two flags another number",
  );
}
