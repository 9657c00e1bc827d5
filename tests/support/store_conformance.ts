// The tests that every store must pass.

import { assert, assertEquals } from "@std/assert";
import { Random } from "../../lib/testing/random.ts";
import type { Batch, Origin, Row } from "../../lib/students/row.ts";
import type { Store } from "../../lib/students/store.ts";
import type { Sid, Student } from "../../lib/students/student.ts";
import { type Need, needs } from "./needs.ts";
import { rowsOf } from "./roster.ts";
import { sidText, StoreModel } from "./store_model.ts";

/** A kind of store. */
export interface StoreKind {
  /** Its name, with which the tests' names begin. */
  name: string;
  /** What its tests need, for their names, too. */
  needs?: readonly Need[];
  /** Opens an empty store. */
  open(): Promise<Store>;
  /** Closes a store, and opens it as another run of the program does. Only for a store whose rows outlive the program. */
  reopen?(store: Store): Promise<Store>;
  /** Removes what a test has left behind. The test has closed its store. */
  remove?(): Promise<void>;
}

const AT = 1_700_000_000_123;
const FIRST: Origin = { clientId: 50_001, clientIp: "192.0.2.1" };
const SECOND: Origin = { clientId: 70_002, clientIp: "2001:db8::2" };
/** The longest text that a test uses, in characters. */
const LONGEST = 4000;

/** Texts that a store could confuse with others, or break on. */
const TEXTS = [
  ...["", " ", "None", "null", "undefined", "NaN", "[]", "7", "07", "7.0"],
  ...["a", "A", "a ", "\ta", "a\n", "a\r\n", "a\\", "a'", 'a"', 'a","b'],
  ...["a:b", "a|b", "a,b", "a%b", "a*", "a?", "a\x1fb", "a\x00b", "a\x00"],
  ...["é", "e\u0301", "ﬁ", "\u{1f600}", "\u{1f469}\u200d\u{1f393}", "\u202ea"],
  ...["a".repeat(LONGEST), `${"a".repeat(LONGEST - 1)}b`, "\uffff", "\ufeffa"],
];
/** Numbers of students that are all different. */
const SIDS: readonly Sid[] = [
  ...[0, 7, -7, 10, 2 ** 32, 2 ** 53 - 1, -(2 ** 53) + 1],
  ...[2n ** 53n, 2n ** 64n, 2n ** 70n, 2n ** 70n + 1n, -(2n ** 70n)],
  ...["007", "+7", "-0", "7n", "1e3", "0x7", "1180591620717411303424.0"],
];

/** Registers the tests for a kind of store. */
export function testStore(kind: StoreKind): void {
  const { test } = needs(...kind.needs ?? []);
  const needed = kind.needs ? ` (needs ${kind.needs.join(", ")})` : "";
  const register = (about: string, run: (subject: Subject) => Promise<void>) =>
    test(`${kind.name} ${about}${needed}`, async () => {
      await using subject = new Subject(kind, await kind.open());
      await run(subject);
    });

  register("is empty at first", async (subject) => {
    await subject.assertSame();
    assertEquals(await subject.store.has([student()]), [false]);
    assertEquals(await subject.store.has([]), []);
  });

  if (kind.needs) { // not in this program's memory
    register("lets handlers share a commit", (subject) => {
      assertEquals(subject.store.groupDelay, 0);
      return Promise.resolve();
    });
  }

  register(
    "counts the requests of a row, and keeps when and whence they came",
    async (subject) => {
      await subject.record(batch([student()], FIRST, AT));
      const row = {
        sid: "7",
        student_name: "Alice",
        github_username: "abrown",
        firstSeen: AT,
        lastSeen: AT,
        requests: 1,
        ...FIRST,
      };
      assertEquals(await rowsOf(subject.store), [row]);
      await subject.record(batch([student(), student()], SECOND, AT + 5));
      assertEquals(await rowsOf(subject.store), [
        { ...row, lastSeen: AT + 5, requests: 3, ...SECOND },
      ]);
      await subject.assertSame();
    },
  );

  register("has a row for each sid, name and account", async (subject) => {
    const students = ["sid", "student_name", "github_username"].flatMap((key) =>
      [null, ...TEXTS].map((text) => student({ [key]: text }))
    ).concat(SIDS.map((sid) => student({ sid })));
    // Some are the same: Alice with "7", and with 7.
    await subject.record(batch(students, FIRST, AT));
    await subject.assertSame();
    await subject.record(batch(students.toReversed(), SECOND, AT + 1));
    await subject.assertSame();
    assert((await rowsOf(subject.store)).every((row) => row.requests >= 2));
  });

  register(
    "keeps None apart from the texts that look like it",
    async (subject) => {
      const alike = [null, "None", "", "null", "undefined"];
      const students = alike.flatMap((sid) =>
        alike.flatMap((student_name) =>
          alike.map((github_username) => ({
            sid,
            student_name,
            github_username,
          }))
        )
      );
      await subject.record(batch(students, FIRST, AT));
      await subject.assertSame();
      assertEquals((await rowsOf(subject.store)).length, alike.length ** 3);
      assertEquals(subject.store.totals.sids, alike.length);
    },
  );

  register(
    "does not confuse where one text ends and the next begins",
    async (subject) => {
      const separators = [",", ":", "|", " ", "/", "\x00", "\x1f", '","', "\n"];
      const students = separators.flatMap((it) => [
        { sid: "a", student_name: `b${it}c`, github_username: "d" },
        { sid: `a${it}b`, student_name: "c", github_username: "d" },
        { sid: "a", student_name: "b", github_username: `c${it}d` },
        { sid: "a", student_name: `b${it}c${it}d`, github_username: "" },
      ]);
      await subject.record(batch(students, FIRST, AT));
      await subject.assertSame();
      assertEquals((await rowsOf(subject.store)).length, students.length);
    },
  );

  register("takes an integer and its text for one sid", async (subject) => {
    const pairs: (readonly [Sid, Sid])[] = [
      [7, "7"],
      ["123456789", 123456789],
      [-5, "-5"],
      [-0, "0"],
      [12n, 12],
      [2n ** 70n, "1180591620717411303424"],
      ["9007199254740993", 2n ** 53n + 1n],
    ];
    for (const [sid, same] of pairs) {
      await subject.record(batch([student({ sid })], FIRST, AT));
      assertEquals(await subject.store.has([student({ sid: same })]), [true]);
      await subject.record(
        batch([student({ sid: same })], FIRST, AT),
        batch([student({ sid: same, student_name: "Bob" })], FIRST, AT),
      );
    }
    await subject.assertSame();
    const counts = (await rowsOf(subject.store)).map((row) => row.requests);
    assertEquals(counts, pairs.flatMap(() => [2, 1]));
    assertEquals(subject.store.totals.sids, pairs.length);
  });

  register(
    "keeps a lone surrogate, or U+FFFD in its place",
    async (subject) => {
      const odd = ["\ud800", "a\udc00b", "\udfff\ud800"].map((text, i) => ({
        sid: i === 0 ? text : `${i}`,
        student_name: text,
        github_username: text,
      }));
      for (let time = 1; time <= 2; time++) {
        await subject.record(batch(odd, FIRST, AT));
        assertEquals(await subject.store.has(odd), [true, true, true]);
        const rows = await rowsOf(subject.store);
        assertEquals(rows.map(wellFormed), subject.model.rows.map(wellFormed));
        assertEquals(rows.map((row) => row.requests), Array(3).fill(time));
        if (kind.reopen) await subject.reopen();
      }
    },
  );

  register(
    "says with which name a sid came first, if its row is new",
    async (subject) => {
      const named = (student_name: string | null, sid: Sid = 7) =>
        student({ student_name, sid });
      const record = async (...students: Student[]) =>
        await subject.record(batch(students, FIRST, AT));
      const [before, recorded] = [{ before: "Alice" }, "recorded" as const];
      assertEquals(
        await record(named("Alice"), named("Bob"), named("Carol", "7")),
        [recorded, before, before],
      );
      assertEquals(
        await record(named("Bob"), named("Alice"), named("Dave", 7n)),
        [recorded, recorded, before],
      );
      const account = student({ github_username: "another" });
      assertEquals(await record(account, account), [recorded, recorded]);
      assertEquals(await record(named(null), named("")), [recorded, before]);
      // A name or a sid of None says nothing about who it was.
      assertEquals(
        await record(named(null, 8), named("Bob", 8), named("Carol", 8)),
        [recorded, recorded, recorded],
      );
      assertEquals(
        await record(named("Alice", null), named("Bob", null)),
        [recorded, recorded],
      );
      assertEquals(await record(named("", 9), named("Bob", 9)), [
        recorded,
        { before: "" },
      ]);
      await subject.assertSame();
    },
  );

  register(
    "records the batches of one call in their order",
    async (subject) => {
      const renamed = student({ student_name: "Bob" });
      const results = await subject.record(
        batch([student()], FIRST, AT),
        batch([renamed, student(), student({ sid: 8 })], SECOND, AT + 1),
        batch([renamed], FIRST, AT + 2),
      );
      const before = { before: "Alice" };
      assertEquals(results, [
        ...["recorded", before, "recorded", "recorded", "recorded"] as const,
      ]);
      await subject.assertSame();
    },
  );

  register(
    "reads all of many rows, in the order of their first requests",
    async (subject) => {
      const sids = Array.from({ length: 2500 }, (_, i) => i * 7919 % 2500);
      for (let from = 0; from < sids.length; from += 500) {
        const students = sids.slice(from, from + 500).map((sid) =>
          student({ sid })
        );
        // A row that is known keeps its place.
        await subject.record(
          batch([student({ sid: sids[0] })], FIRST, AT + from),
          batch(students, FIRST, AT + from),
        );
      }
      const rows = await rowsOf(subject.store);
      assertEquals(rows.map(({ sid }) => sid), sids.map((sid) => `${sid}`));
      await subject.assertSame();
    },
  );

  register(
    "keeps the three fields only, and no reference to a request",
    async (subject) => {
      const request: Student = student({ section: 3, __proto__: "x" });
      await subject.record(batch([request], FIRST, AT));
      const [row] = await rowsOf(subject.store);
      assertEquals(
        Object.keys(row).sort(),
        Object.keys(subject.model.rows[0]).sort(),
      );
      request.student_name = "Mallory";
      await subject.assertSame();
      const before = structuredClone(row);
      await subject.record(batch([student()], SECOND, AT + 1));
      assertEquals(row, before);
    },
  );

  register("knows which students it has", async (subject) => {
    const others = [
      student({ sid: 8 }),
      student({ sid: null }),
      student({ student_name: "Bob" }),
      student({ student_name: null }),
      student({ github_username: "bchen" }),
      student({ github_username: null }),
    ];
    await subject.record(batch([student(), ...others.slice(0, 2)], FIRST, AT));
    const asked = [...others, student(), student({ sid: "7" })];
    assertEquals(await subject.store.has(asked), [
      ...[true, true, false, false, false, false, true, true],
    ]);
    await subject.assertSame(); // to ask adds nothing
  });

  register("counts its sids and its bytes", async (subject) => {
    const short = "a".repeat(200);
    const most = student({
      student_name: short,
      github_username: short,
      sid: short,
    });
    const long = "a".repeat(201);
    for (
      const next of [
        ...[student(), student(), student({ sid: "7", student_name: "Bob" })],
        ...[student({ sid: 2n ** 70n }), student({ sid: null }), most],
        ...[student({ student_name: long }), student({ sid: long })],
        ...[student({ github_username: long })],
      ]
    ) {
      await subject.record(batch([next], FIRST, AT));
      assertEquals(subject.store.totals, subject.model.totals);
    }
    assert(subject.store.totals.largeBytes > 3 * 2 * 201);
  });

  register("does the same as a model with random batches", async (subject) => {
    const random = new Random(1);
    for (let round = 0; round < 60; round++) {
      const batches = randomBatches(random, round);
      const students = batches.flatMap((it) => it.students);
      const known = students.map((it) => subject.model.has(it));
      assertEquals(await subject.store.has(students), known);
      await subject.record(...batches);
      assertEquals(subject.store.totals, subject.model.totals);
      if (round % 10 === 9) await subject.assertSame();
    }
  });

  if (!kind.reopen) return;

  register(
    "has everything again after it was closed and opened",
    async (subject) => {
      const random = new Random(2);
      await subject.reopen();
      await subject.assertSame(); // it is still empty
      for (let round = 0; round < 12; round++) {
        await subject.record(...randomBatches(random, round));
        if (round % 3 === 1) await subject.reopen();
        await subject.assertSame();
      }
      const [row] = subject.model.rows;
      await subject.reopen();
      assertEquals(await subject.store.has([student(row)]), [true]);
      const renamed = student({ ...row, sid: "7", student_name: "Mallory" });
      await subject.record(batch([student({ sid: 7 }), renamed], SECOND, AT));
      await subject.reopen();
      await subject.assertSame();
    },
  );

  register(
    "has every kind of text again after it was closed and opened",
    async (subject) => {
      const students = [null, ...TEXTS].map((text) => ({
        sid: text,
        student_name: text,
        github_username: text,
      }));
      const numbers = SIDS.map((sid) => student({ sid }));
      await subject.record(batch([...students, ...numbers], FIRST, AT));
      await subject.reopen();
      await subject.assertSame();
      await subject.record(batch([...numbers, ...students], SECOND, AT + 1));
      await subject.assertSame();
      assert((await rowsOf(subject.store)).every((row) => row.requests === 2));
    },
  );
}

/** A store beside a model, which records the same. */
class Subject implements AsyncDisposable {
  readonly model = new StoreModel();
  store: Store;
  #kind: StoreKind;

  constructor(kind: StoreKind, store: Store) {
    this.#kind = kind;
    this.store = store;
  }

  /** Records batches in both, and compares the results. */
  async record(...batches: Batch[]) {
    const expected = this.model.record(batches);
    const results = await this.store.record(batches);
    assertEquals(results, expected);
    return results;
  }

  /** Compares all that can be read. */
  async assertSame(): Promise<void> {
    assertEquals(await rowsOf(this.store), this.model.rows);
    assertEquals(this.store.totals, this.model.totals);
  }

  async reopen(): Promise<void> {
    this.store = await this.#kind.reopen!(this.store);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.store.close();
    await this.#kind.remove?.();
  }
}

/** Returns a student: Alice with the sid 7, but for these fields. */
function student(fields: Partial<Row> | Record<string, Sid> = {}): Student {
  const alice = { sid: 7, student_name: "Alice", github_username: "abrown" };
  return { ...alice, ...fields } as Student;
}

function batch(
  students: readonly Student[],
  origin: Origin,
  at: number,
): Batch {
  return { students, origin, at };
}

/** Returns some batches of few different students, so that many come again. */
function randomBatches(random: Random, round: number): Batch[] {
  const sids = [...SIDS.slice(0, 8), "7", "10", null, "a\x00", "\u{1f600}"];
  const names = ["Alice", "Bob", "", null, "a".repeat(300)];
  return Array.from({ length: 1 + random.below(4) }, () => {
    const students = Array.from({ length: 1 + random.below(8) }, () =>
      student({
        sid: random.pick(sids),
        student_name: random.pick(names),
        github_username: random.pick(["abrown", "bchen", null]),
      }));
    return batch(students, random.pick([FIRST, SECOND]), AT + round);
  });
}

function wellFormed({ sid, student_name, github_username }: Row): unknown[] {
  return [sidText(sid), student_name, github_username].map((text) =>
    text?.toWellFormed()
  );
}
