// What is no roster's file is not opened, and a roster whose files are gone records nothing.

import { DatabaseSync } from "node:sqlite";
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { checkFile } from "../lib/students/file_check.ts";
import { FileStore, readFile } from "../lib/students/file.ts";
import { StoreError } from "../lib/students/store.ts";
import { ORIGIN } from "./support/roster.ts";
import { ALICE } from "./support/peers.ts";
import { needs } from "./support/needs.ts";

const files = needs("read", "write");
const unix = needs("read", "write", "Unix");

/** A folder for files of a test. Disposing it deletes it. */
class Folder implements Disposable {
  readonly path = Deno.makeTempDirSync({ prefix: "rollcall-" });
  readonly roster = `${this.path}/class.db`;

  [Symbol.dispose](): void {
    Deno.removeSync(this.path, { recursive: true });
  }
}

/** Returns the message of the `StoreError` that a function throws. */
function failureOf(open: () => unknown): string {
  return assertThrows(open, StoreError).message;
}

files.test("checkFile() refuses paths that SQLite takes for something else (needs read, write)", () => {
  for (const path of [":memory:", "file:class.db", "file:class.db?mode=ro"]) {
    for (const access of ["read", "write"] as const) {
      assertEquals(
        failureOf(() => checkFile(path, access)),
        `Cannot open ${path}: SQLite does not take this name for a file: write ./${path}`,
      );
    }
  }
});

unix.test("FileStore.open() refuses a link, which has another lock than its file (needs read, write, Unix)", async () => {
  using folder = new Folder();
  const store = FileStore.open(folder.roster);
  const link = `${folder.path}/link.db`;
  Deno.symlinkSync("class.db", link);
  assertEquals(
    failureOf(() => FileStore.open(link)),
    `Cannot open ${link}: it is a link: name the file itself`,
  );
  assertEquals(readFile(link).totals.sids, 0); // reading takes no lock
  await store.close();
  const second = `${folder.path}/second.db`;
  Deno.linkSync(folder.roster, second);
  for (const name of [folder.roster, second]) {
    assertEquals(
      failureOf(() => FileStore.open(name)),
      `Cannot open ${name}: it has a second name (a hard link): delete one of them`,
    );
  }
});

files.test("FileStore.open() and readFile() name the file that is damaged (needs read, write)", async () => {
  using folder = new Folder();
  await FileStore.open(folder.roster).close();
  const copy = (name: string, change: (path: string) => void) => {
    const path = `${folder.path}/${name}`;
    Deno.copyFileSync(folder.roster, path);
    change(path);
    return path;
  };
  const short = copy("short.db", (path) => Deno.truncateSync(path, 8192));
  const tableless = copy("tableless.db", (path) => {
    const db = new DatabaseSync(path);
    db.exec("DROP TABLE journal");
    db.close();
  });
  for (const path of [short, tableless]) {
    for (const open of [FileStore.open, readFile]) {
      assertEquals(
        failureOf(() => open(path)),
        `Cannot open ${path}: its file is damaged`,
      );
    }
  }
});

files.test("FileStore.open() says whether another server or another file is in its way (needs read, write)", async () => {
  using folder = new Folder();
  const store = FileStore.open(folder.roster);
  const cannot = `Cannot open ${folder.roster}: `;
  assertEquals(
    failureOf(() => FileStore.open(folder.roster)),
    `${cannot}another server uses it`,
  );
  await store.close();
  const lock = `${folder.roster}-lock`;
  Deno.writeTextFileSync(lock, "my notes");
  assertEquals(
    failureOf(() => FileStore.open(folder.roster)),
    `${cannot}${lock} is no lock`,
  );
  assertEquals(Deno.readTextFileSync(lock), "my notes");
});

unix.test("FileStore.record() records nothing while the file or its WAL is elsewhere (needs read, write, Unix)", async () => {
  using folder = new Folder();
  const store = FileStore.open(folder.roster);
  const batch = { students: [ALICE], origin: ORIGIN, at: 1 };
  await store.record([batch]);
  for (const name of [folder.roster, `${folder.roster}-wal`]) {
    Deno.renameSync(name, `${name}-moved`);
    await assertRejects(
      () => store.record([batch]),
      StoreError,
      "its file, or the one that ends in -wal, was moved or deleted",
    );
    Deno.renameSync(`${name}-moved`, name);
    await store.record([batch]);
  }
  const rows = await Array.fromAsync(readFile(folder.roster).readAll());
  assertEquals(rows.map(({ requests }) => requests), [3]);
  await store.close();
});
