/**
 * The server's command line, and how it runs a server.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import type { LimitHits } from "../limits.ts";
import { DEFAULT_LIMITS } from "../limits.ts";
import { type Address, addressOf, DEFAULT_ADDRESS } from "../net.ts";
import { DEFAULT_ROSTER_LIMITS, type Roster } from "../students/roster.ts";
import { connectedLine, maskedLine } from "../students/student.ts";
import {
  DEFAULT_FORMAT,
  FORMATS,
  type WireFormat,
} from "../formats/formats.ts";
import { counted } from "../text.ts";
import {
  choice,
  type Flag,
  type Flags,
  integer,
  seconds,
  text,
  toggle,
} from "./flags.ts";
import {
  addressesAt,
  ALL_ADDRESSES,
  cannotListen,
  reachableAt,
} from "./listening.ts";
import { type Program, runProgram, stopped } from "./program.ts";
import {
  type DatabaseFlags,
  databaseFlags,
  openRoster,
} from "./roster_address.ts";
import { type StopSignals, whenAborted } from "./signals.ts";
import { report } from "../output.ts";

/** The values of the server's flags. */
export interface ServerFlags extends DatabaseFlags {
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
  /** Whether to print only the last two digits of a student's number. */
  maskSid: boolean;
  /** Whether to show the server's address to a class, in big letters. */
  classroom: boolean;
}

/** How long the last output of `--classroom` may take, in milliseconds. */
const SCREEN_LONGEST = 500;

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

const flags: Flags<ServerFlags> = {
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
  maskSid: toggle("print only the last two digits of a student's number"),
  classroom: toggle(
    "for a projector: show the address in big letters, and count the clients; " +
      "includes --mask-sid",
  ),
};

/** What a server is made from: the flags, and the objects that they select. */
export interface ServerSetup extends Omit<ServerFlags, "roster"> {
  /** Where the handlers record students. */
  roster: Roster;
  /** Formats the line that is printed for a student. */
  line: typeof connectedLine;
}

/**
 * Runs the server's command line, with a server that `create` makes. Resolves to
 * the exit code.
 */
export function runServer(
  args: readonly string[],
  signals: StopSignals,
  create: (setup: ServerSetup) => CommandServer,
): Promise<number> {
  const program: Program<ServerFlags> = {
    use: "server",
    about: "Records, prints and acknowledges what the lab's clients send.",
    flags,
    run: async (given) => {
      const { classroom } = given;
      const host = given.host ?? (classroom ? ALL_ADDRESSES : undefined);
      const line = given.maskSid || classroom ? maskedLine : connectedLine;
      const byDefault = classroom ? CLASSROOM : BY_DEFAULT;
      const {
        maxClientsPerAddress = byDefault.maxClientsPerAddress,
        maxNewPerConnection = byDefault.maxNewPerConnection,
        maxNewPerAddress = byDefault.maxNewPerAddress,
      } = given;
      const limits = { maxNewPerConnection, maxNewPerAddress };
      // A database that hangs must not keep the program from ending.
      await using roster = await Promise.race([
        openRoster(given.roster, given, limits),
        stopped(signals.stop),
      ]);
      const setup = { ...given, maxClientsPerAddress, host, line, roster };
      const server = create(setup);
      const used = { ...given, host };
      return await serveUntilStopped(server, used, roster, signals);
    },
  };
  return runProgram(program, args);
}

/** The part of a server that the command line needs. */
export interface CommandServer {
  /** Where it listens. */
  readonly addr: Address;
  /** The clients that are connected. */
  readonly handlers: { readonly size: number };
  /** How often each limit was reached. */
  readonly limitHits: LimitHits;
  /** Begins to listen. */
  listen(): void;
  /** Serves clients until the server shuts down. */
  acceptClients(): Promise<void>;
  /** Shuts down in good order. */
  shutdown(): Promise<void>;
  /** Closes at once. */
  close(): void;
}

/**
 * Runs a server until a signal stops it. Resolves to the exit code when it has
 * ended.
 *
 * @throws {Failure} If it cannot listen where the flags say.
 */
async function serveUntilStopped(
  server: CommandServer,
  flags: ServerFlags,
  roster: Roster,
  { stop, stopNow }: StopSignals,
): Promise<number> {
  try {
    server.listen();
  } catch (error) {
    throw cannotListen(addressOf(flags), error);
  }
  const reachable = reachableAt(server.addr);
  if (reachable) report(reachable);
  const over = new AbortController();
  const shown = flags.classroom
    ? showClass(server, roster, over.signal)
    : undefined;
  whenAborted(stop, () => {
    const clients = counted(server.handlers.size, "client");
    report(
      `Ending, with ${clients} connected; a second Ctrl-C ends it at once`,
    );
    server.shutdown();
  });
  const closed = new Promise<void>((resolve) => {
    whenAborted(stopNow, () => {
      server.close();
      resolve(); // without waiting for handlers that never end
    });
  });
  const ended = server.acceptClients().then(() => server.shutdown());
  try {
    await Promise.race([ended, closed]);
  } finally {
    over.abort();
    // A blocked terminal must not keep the program from ending.
    if (shown) await Promise.race([shown, delay(SCREEN_LONGEST)]);
  }
  const { maxWaitingOutput, grace, ...others } = server.limitHits;
  const hits = { ...others, ...roster.limitHits, maxWaitingOutput, grace };
  const reached = Object.entries(hits).filter(([, count]) => count > 0);
  if (reached.length > 0) {
    const counts = reached.map(([name, count]) => `${name} ${count}`);
    report(`Limits that were reached, and how often: ${counts.join(", ")}`);
  }
  return 0;
}

/** Shows the server's address and counts to a class, until `over` aborts. */
async function showClass(
  server: CommandServer,
  roster: Roster,
  over: AbortSignal,
): Promise<void> {
  // Imported only here, since a start without --classroom does not need it.
  const { showClassroom, TERMINAL } = await import("./classroom.ts");
  const { hostname, port } = server.addr;
  let addresses: string[] = [];
  try {
    addresses = addressesAt(hostname);
  } catch {
    // The permission to list them is missing. reachableAt() has said so.
  }
  if (addresses.length === 0) addresses = ["this machine's address"];
  const look = () => ({
    addresses,
    port,
    connected: server.handlers.size,
    acknowledged: roster.size,
  });
  await showClassroom(look, TERMINAL, report, over);
}
