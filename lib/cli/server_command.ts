/**
 * The server's command line, and how it runs a server.
 *
 * @module
 */

import type { OnEvent } from "../events.ts";
import { addressOf } from "../net.ts";
import { printer, report, reportAbout } from "../output.ts";
import type { Roster } from "../students/roster.ts";
import { lineWithoutNumbers } from "../students/mask.ts";
import { connectedLine, maskedLine } from "../students/student.ts";
import { counted } from "../text.ts";
import type { ShownBoard } from "./board.ts";
import type { CommandServer } from "./command_server.ts";
import { cannotListen, reachableAt } from "./listening.ts";
import { type Program, runProgram, stopped } from "./program.ts";
import { Repeats } from "./repeats.ts";
import { openRoster } from "./roster_address.ts";
import {
  type ServerFlags,
  serverFlags,
  settled,
  type SettledFlags,
} from "./server_flags.ts";
import { type StopSignals, whenAborted } from "./signals.ts";
import { readCertificate, withTlsFiles } from "./tls_files.ts";

/** What a server is made from: the flags, and the objects that they select. */
export interface ServerSetup extends Omit<SettledFlags, "roster"> {
  /** Where the handlers record students. */
  roster: Roster;
  /** The certificate with which it speaks TLS. */
  tls: { cert: string; key: string } | undefined;
  /** Formats the line that is printed for a student. */
  line: typeof connectedLine;
  /** Reports a line about a client, or about the server. */
  report: typeof reportAbout;
  /** Takes the events of the clients, if anything shows them. */
  onEvent: OnEvent | undefined;
  /** Prints the lines of results, if not as usual. */
  log: ((lines: readonly string[]) => void) | undefined;
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
    flags: serverFlags,
    run: (given) => run(settled(given), signals, create),
  };
  return runProgram(program, args);
}

async function run(
  flags: SettledFlags,
  signals: StopSignals,
  create: (setup: ServerSetup) => CommandServer,
): Promise<number> {
  const tls = await readCertificate(flags);
  // A database that hangs must not keep the program from ending.
  await using roster = await Promise.race([
    openRoster(flags.roster, flags, flags),
    stopped(signals.stop),
  ]);
  using board = flags.board ? await openBoard(flags, roster) : undefined;
  using repeats = flags.classroom
    ? new Repeats((lines) => printLines(lines))
    : undefined;
  const server = withTlsFiles(flags, () =>
    create({
      ...flags,
      roster,
      tls,
      line: flags.maskSid ? maskedLine : connectedLine,
      report: flags.maskSid ? reportMasked : reportAbout,
      onEvent: board?.onEvent,
      log: repeats && ((lines) => repeats.print(lines)),
    }));
  const printLines = printer(server.limits, server.limitHits);
  board?.listen(server);
  await serveUntilStopped(server, flags, board, signals);
  repeats?.end();
  if (board && flags.classroom) await board.reportClass();
  reportLimits(server, roster);
  return 0;
}

/** A refusal may quote what the client sent, and the terminal may be on the projector. */
function reportMasked(line: string, about?: { address: string }): void {
  reportAbout(about ? lineWithoutNumbers(line) : line, about);
}

async function openBoard(
  flags: SettledFlags,
  roster: Roster,
): Promise<ShownBoard> {
  // Imported only here, since a start without a board does not need it.
  const { ShownBoard } = await import("./board.ts");
  return await ShownBoard.open(flags, roster);
}

/**
 * Runs a server until a signal stops it.
 *
 * @throws {Failure} If it cannot listen where the flags say.
 */
async function serveUntilStopped(
  server: CommandServer,
  flags: SettledFlags,
  board: ShownBoard | undefined,
  { stop, stopNow }: StopSignals,
): Promise<void> {
  try {
    server.listen();
  } catch (error) {
    throw cannotListen(addressOf(flags), error);
  }
  const reachable = reachableAt(server.addr);
  if (reachable) report(reachable);
  board?.reportLinks();
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
  await Promise.race([ended, closed]);
}

function reportLimits(server: CommandServer, roster: Roster): void {
  const { maxWaitingOutput, grace, ...others } = server.limitHits;
  const hits = { ...others, ...roster.limitHits, maxWaitingOutput, grace };
  const reached = Object.entries(hits).filter(([, count]) => count > 0);
  if (reached.length === 0) return;
  const counts = reached.map(([name, count]) => `${name} ${count}`);
  report(`Limits that were reached, and how often: ${counts.join(", ")}`);
}
