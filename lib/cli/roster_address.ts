/**
 * Opens the roster that a command line names.
 *
 * @module
 */

import { report } from "../output.ts";
import {
  forgetIn,
  openStore,
  readStore,
  type StoreOptions,
} from "../students/open.ts";
import type { RosterLimits } from "../students/limits.ts";
import { Roster } from "../students/roster.ts";
import type { Row } from "../students/row.ts";
import { StoreError } from "../students/store.ts";
import { counted } from "../text.ts";
import { readText } from "./data_file.ts";
import { type Flags, text } from "./flags.ts";
import { Failure } from "./program.ts";

/** The environment variable with the password of Redis. */
const PASSWORD = "ROLLCALL_REDIS_PASSWORD";

/** The values of the flags that say how to reach Redis. */
export interface DatabaseFlags {
  /** The file with the password of Redis. */
  passwordFile: string | undefined;
  /** The file with the certificates to trust. */
  caFile: string | undefined;
}

/** The flags that say how to reach Redis. */
export const databaseFlags: Flags<DatabaseFlags> = {
  passwordFile: text(
    `a file in data/ with the password of Redis, unless ${PASSWORD} has it`,
    undefined,
  ),
  caFile: text(
    "a file in data/ with the certificate that a rediss:// roster must have, or its issuer's",
    undefined,
    "what Deno trusts",
  ),
};

/** Where a roster is: a file's path, or the address of Redis, and how to reach it. */
export interface RosterAddress extends DatabaseFlags {
  /** The path, or the address. */
  address: string;
}

/** Opens the roster of a server, and says how many students it has. No address is memory. @throws {Failure} If it cannot be opened. */
export async function openRoster(
  address: string | undefined,
  flags: DatabaseFlags,
  limits: Partial<RosterLimits>,
): Promise<Roster> {
  const options = { ...optionsOf(flags), warn: report };
  const store = await openStore(address, options).catch(failed);
  const roster = new Roster(store, limits, report);
  if (address) report(`${address} has ${counted(roster.size, "student")}`);
  return roster;
}

/** Reads all rows of a roster that a server may use at the same time, in the order of their first requests. @throws {Failure} If it cannot. */
export async function readRoster(
  { address, ...flags }: RosterAddress,
): Promise<Row[]> {
  try {
    const store = await readStore(address, optionsOf(flags));
    try {
      return await Array.fromAsync(store.readAll());
    } finally {
      await store.close();
    }
  } catch (error) {
    return failed(error);
  }
}

/** Deletes all rows of a `sid`. Resolves to how many there were. @throws {Failure} If it cannot. */
export async function forgetInRoster(
  { address, ...flags }: RosterAddress,
  sid: string | null,
): Promise<number> {
  return await forgetIn(address, sid, optionsOf(flags)).catch(failed);
}

/** Reads what the flags name. A password is in a file or in the environment: on a command line, every user of the machine could read it. */
function optionsOf({ passwordFile, caFile }: DatabaseFlags): StoreOptions {
  const [password, ca] = [passwordFile, caFile].map((file) =>
    file === undefined ? undefined : readText(file)
  );
  return { password: password?.trimEnd() ?? passwordInEnvironment(), ca };
}

function passwordInEnvironment(): string | undefined {
  const query = { name: "env", variable: PASSWORD } as const;
  const { state } = Deno.permissions.querySync(query);
  return state === "granted" ? Deno.env.get(PASSWORD) : undefined;
}

function failed(error: unknown): never {
  throw error instanceof StoreError ? new Failure(error.message) : error;
}
