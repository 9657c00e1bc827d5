/**
 * Opens the roster that a command line names.
 *
 * @module
 */

import { report } from "../output.ts";
import { openStore, readStore } from "../students/open.ts";
import { Roster, type RosterLimits } from "../students/roster.ts";
import { type Store, StoreError } from "../students/store.ts";
import { counted } from "../text.ts";
import { Failure } from "./program.ts";

/** Opens the roster of a server, and says how many students it has. No address is memory. @throws {Failure} If it cannot be opened. */
export async function openRoster(
  address: string | undefined,
  limits: Partial<RosterLimits>,
): Promise<Roster> {
  const store = await openStore(address).catch(failed);
  const roster = new Roster(store, limits, report);
  if (address) report(`${address} has ${counted(roster.size, "student")}`);
  return roster;
}

/** Reads a roster that a server may use at the same time. @throws {Failure} If it cannot be read. */
export async function readRoster(address: string): Promise<Store> {
  return await readStore(address).catch(failed);
}

function failed(error: unknown): never {
  throw error instanceof StoreError ? new Failure(error.message) : error;
}
