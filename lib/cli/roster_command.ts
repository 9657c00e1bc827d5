/**
 * The command line that shows a roster: `deno task roster data/class.db`.
 *
 * @module
 */

import { complain, write } from "../output.ts";
import { type Flags, text, toggle, UsageError } from "./flags.ts";
import { exitWith, runProgram, stopped } from "./program.ts";
import { readClassList } from "./roster/class_list.ts";
import { listClass } from "./roster/class_listing.ts";
import { compare } from "./roster/comparison.ts";
import { forget } from "./roster/forget.ts";
import {
  asCsv,
  asJson,
  asTables,
  type Listing,
  roomNote,
} from "./roster/listing.ts";
import { listRows, readRows } from "./roster/rows.ts";
import { parseTime, TIMES } from "./roster/since.ts";
import { STDOUT, watch } from "./roster/watch.ts";
import {
  type DatabaseFlags,
  databaseFlags,
  type RosterAddress,
} from "./roster_address.ts";
import type { StopSignals } from "./signals.ts";

interface RosterFlags extends DatabaseFlags {
  csv: boolean;
  json: boolean;
  since: number | undefined;
  expected: string | undefined;
  watch: boolean;
  forget: string | undefined;
  yes: boolean;
}

const flags: Flags<RosterFlags> = {
  csv: toggle("print CSV, for a spreadsheet"),
  json: toggle("print JSON, for other programs"),
  since: {
    help: "only students who were last seen at this time or later",
    takes: TIMES,
    fallback: undefined,
    shown: "all",
    parse: parseTime,
  },
  expected: text(
    "show who has not passed of this class list: CSV with a column sid, as data/class.csv. " +
      "With --csv or --json: the whole list, with who passed, when, and as whom",
    undefined,
  ),
  watch: toggle("show it again when something changes, until Ctrl-C"),
  forget: {
    ...text("delete all rows with this sid, after asking", undefined),
    parse: (sid) => sid, // a client may send an empty one
  },
  yes: toggle("--forget does not ask"),
  ...databaseFlags,
};

/** Flags that cannot be given together. */
const EXCLUSIVE: readonly (readonly (keyof RosterFlags)[])[] = [
  ["csv", "json", "watch", "forget"],
  ["since", "forget"],
  ["expected", "forget"],
];

function checkTogether(given: RosterFlags): void {
  for (const names of EXCLUSIVE) {
    const [first, second] = names.filter((name) =>
      given[name] !== undefined && given[name] !== false
    );
    if (second === undefined) continue;
    throw new UsageError(`--${first} and --${second} exclude each other`);
  }
  if (given.yes && given.forget === undefined) {
    throw new UsageError("--yes is only for --forget");
  }
}

function addressIn(operands: readonly string[]): string {
  const [address, another] = operands;
  if (!address) {
    throw new UsageError(
      "Name the roster, as in deno task roster data/class.db. See --help",
    );
  }
  if (another === undefined) return address;
  throw new UsageError(
    `Cannot take ${JSON.stringify(another)}: it shows one roster at a time`,
  );
}

/** Runs the roster's command line. Resolves to the exit code. */
export function main(
  args: readonly string[],
  { stop }: StopSignals,
): Promise<number> {
  return runProgram<RosterFlags>({
    use: "roster ADDRESS",
    about: "Shows the students in a roster, also while a server uses it. " +
      "ADDRESS is the server's --roster, as data/class.db.",
    flags,
    takesOperands: true,
    run: async (given, operands) => {
      checkTogether(given);
      const { passwordFile, caFile } = given;
      const where = { address: addressIn(operands), passwordFile, caFile };
      const work = run(where, given, stop);
      await Promise.race(given.watch ? [work] : [work, stopped(stop)]);
      return 0;
    },
  }, args);
}

async function run(
  where: RosterAddress,
  given: RosterFlags,
  stop: AbortSignal,
): Promise<void> {
  const width = Deno.stdout.isTerminal()
    ? Deno.consoleSize().columns || undefined
    : undefined;
  if (given.forget !== undefined) {
    return await forget(where, given.forget, { agreed: given.yes, width });
  }
  if (given.watch) return await watch(() => look(where, given), stop);
  const listing = await look(where, given);
  if (given.csv) await write(asCsv(listing));
  else if (given.json) await write(asJson(listing));
  else if (await write(asTables(listing, width))) {
    complain(listing.summary + roomNote(listing, width));
  }
}

/** Reads what the flags ask for. */
async function look(
  where: RosterAddress,
  { since = -Infinity, expected, watch }: RosterFlags,
): Promise<Listing> {
  const rows = (await readRows(where))
    .filter(({ lastSeen }) => lastSeen >= since);
  if (expected !== undefined) {
    return listClass(await compare(await readClassList(expected), rows));
  }
  // A screen may have room for a few only: those who came last.
  const isOnScreen = watch && STDOUT.size() !== undefined;
  return listRows(
    isOnScreen ? rows.sort((a, b) => b.lastSeen - a.lastSeen) : rows,
  );
}

if (import.meta.main) await exitWith(main);
