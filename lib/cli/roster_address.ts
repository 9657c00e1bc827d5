/**
 * Opens the roster that a command line names.
 *
 * @module
 */

import { report } from "../output.ts";
import { forgetIn, openStore, readStore } from "../students/open.ts";
import { Roster, type RosterLimits } from "../students/roster.ts";
import { type Store, StoreError } from "../students/store.ts";
import { counted, reason } from "../text.ts";
import { type Flag, text } from "./flags.ts";
import { Failure } from "./program.ts";

/** The environment variable with the password of Redis. */
const PASSWORD = "ROLLCALL_REDIS_PASSWORD";

/** Where a roster is. */
export interface RosterAddress {
  /** A file's path, or the address of Redis. */
  readonly address: string;
  /** The file with the password of Redis. */
  readonly passwordFile: string | undefined;
}

/** The flag that names a file with a password. */
export const passwordFile: Flag<string | undefined> = text(
  `a file in data/ with the password of Redis, unless ${PASSWORD} has it`,
  undefined,
  "no password",
);

/** Opens the roster of a server, and says how many students it has. No address is memory. @throws {Failure} If it cannot be opened. */
export async function openRoster(
  { address, passwordFile }: Partial<RosterAddress>,
  limits: Partial<RosterLimits>,
): Promise<Roster> {
  const options = { password: passwordIn(passwordFile) };
  const store = await openStore(address, options).catch(failed);
  const roster = new Roster(store, limits, report);
  if (address) report(`${address} has ${counted(roster.size, "student")}`);
  return roster;
}

/** Reads a roster that a server may use at the same time. @throws {Failure} If it cannot be read. */
export async function readRoster(
  { address, passwordFile }: RosterAddress,
): Promise<Store> {
  const options = { password: passwordIn(passwordFile) };
  return await readStore(address, options).catch(failed);
}

/** Deletes all rows of a `sid`. Resolves to how many there were. @throws {Failure} If it cannot. */
export async function forgetInRoster(
  { address, passwordFile }: RosterAddress,
  sid: string | null,
): Promise<number> {
  const options = { password: passwordIn(passwordFile) };
  return await forgetIn(address, sid, options).catch(failed);
}

/** Returns the password in a file, or in the environment: on a command line, every user of the machine could read it. */
function passwordIn(file: string | undefined): string | undefined {
  try {
    if (file !== undefined) return Deno.readTextFileSync(file).trimEnd();
  } catch (error) {
    throw new Failure(`Cannot read the password in ${file}: ${reason(error)}`);
  }
  const query = { name: "env", variable: PASSWORD } as const;
  const { state } = Deno.permissions.querySync(query);
  return state === "granted" ? Deno.env.get(PASSWORD) : undefined;
}

function failed(error: unknown): never {
  throw error instanceof StoreError ? new Failure(error.message) : error;
}
