// The tables of a roster's file: how the journal is merged, and rows deleted.

import { DatabaseSync } from "node:sqlite";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { FileStore } from "../lib/students/file.ts";
import { Database } from "../lib/students/file_database.ts";
import type { Batch } from "../lib/students/row.ts";
import { StoreError } from "../lib/students/store.ts";
import { needs } from "./support/needs.ts";
import { ALICE } from "./support/peers.ts";
import { ORIGIN } from "./support/roster.ts";

const files = needs("read", "write");

/** Returns a batch with a student who has a long name. */
function longBatch(sid: number): Batch {
  const student = {
    student_name: "a".repeat(60_000),
    github_username: null,
    sid,
  };
  return { students: [student], origin: ORIGIN, at: 1 };
}

/** Calls `test` with the path of a roster in a new folder. */
async function withPath(
  test: (path: string) => void | Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "rollcall-" });
  try {
    await test(`${folder}/class.db`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

files.test("Database.merge() takes a few groups with long texts at a time (needs read, write)", async () => {
  await withPath((path) => {
    using database = Database.open(path, { isNew: true });
    for (let sid = 0; sid < 12; sid++) database.append([longBatch(sid)]);
    const before = database.journalLength;
    assert(before > 12 * 60_000);
    let steps = 0;
    while (database.merge()) steps++;
    assertEquals([steps, database.journalLength], [3, 0]);
    assertEquals(database.readAll().length, 12);
  });
});

files.test("FileStore merges as it records while the journal is long (needs read, write)", async () => {
  await withPath(async (path) => {
    const store = FileStore.open(path, 200_000);
    for (let sid = 0; sid < 50; sid++) await store.record([longBatch(sid)]);
    using reader = Database.open(path, { readOnly: true });
    assertEquals(reader.readAll().length, 50);
    assert(reader.journalLength < 300_000, `${reader.journalLength}`);
    await store.close();
  });
});

files.test("Database.forget() changes the file once, and deletes what is in the journal (needs read, write)", async () => {
  await withPath((path) => {
    using server = Database.open(path, { isNew: true });
    server.append([{ students: [ALICE], origin: ORIGIN, at: 1 }]);
    for (let sid = 0; sid < 12; sid++) server.append([longBatch(sid)]);
    using other = Database.open(path, {});
    const before = server.version;
    assertEquals(other.forget(String(ALICE.sid)), 1);
    assertEquals(server.version, before + 1);
    assertEquals(server.readAll().length, 12);
    assertEquals(server.journalLength, 0);
  });
});

files.test("Database.forget() says if another program keeps copies in the WAL (needs read, write)", async () => {
  await withPath((path) => {
    using server = Database.open(path, { isNew: true });
    server.append([{ students: [ALICE], origin: ORIGIN, at: 1 }]);
    const reader = new DatabaseSync(path);
    reader.exec("BEGIN; SELECT * FROM journal");
    using other = Database.open(path, {});
    assertThrows(
      () => other.forget(String(ALICE.sid)),
      StoreError,
      "The rows are deleted, but another program reads the file",
    );
    reader.close();
    assertEquals(server.readAll(), []);
  });
});
