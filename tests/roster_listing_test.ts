// What `deno task roster` prints: tables, CSV, JSON; and what it reads: class
// lists, times.

import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { parse } from "@std/csv/parse";
import { mapInSlices, sortInSlices } from "../lib/board/slices.ts";
import { listSummary, parseClassList } from "../lib/cli/roster/class_list.ts";
import { listClass } from "../lib/cli/roster/class_listing.ts";
import { compare } from "../lib/cli/roster/comparison.ts";
import { csv } from "../lib/cli/roster/csv.ts";
import { json } from "../lib/cli/roster/json.ts";
import {
  asCsv,
  asJson,
  asTable,
  asTables,
  roomNote,
} from "../lib/cli/roster/listing.ts";
import {
  type ListedRow,
  listRows,
  markDoubtful,
} from "../lib/cli/roster/rows.ts";
import { parseTime } from "../lib/cli/roster/since.ts";
import { table } from "../lib/cli/roster/table.ts";
import { columnsOf, escape } from "../lib/text.ts";

/** Returns a text of up to `most` characters of an alphabet. */
function randomText(alphabet: readonly string[], most: number): string {
  const length = Math.floor(Math.random() * (most + 1));
  return Array.from(
    { length },
    () => alphabet[Math.floor(Math.random() * alphabet.length)],
  ).join("");
}

const HOSTILE = [..."=+-@;,|\t\r\n\"' 1aé李\u{1f600}\ufeff\0\\", "\uff1d"];

Deno.test("csv() quotes each cell, doubles quotes, and ends lines as Excel does", () => {
  assertEquals(
    csv([["sid", "name"], ["007", 'Bob "B" Chen'], ["", "李雷"]]),
    '\ufeff"sid","name"\r\n"007","Bob ""B"" Chen"\r\n"","李雷"\r\n',
  );
});

Deno.test("csv() keeps a text from being a formula, in every place where one may begin", () => {
  const first = (cell: string) => parse(csv([[cell]]))[0][0];
  for (
    const [cell, expected] of [
      ["=1+1", "'=1+1"],
      ["-5", "'-5"],
      ["@a", "'@a"],
      ["\uff1d1", "'\uff1d1"],
      ["\t=1", "\\t=1"],
      [" =1", "\\x20=1"],
      ["a;=1", "a;'=1"],
      ["a; +1", "a; '+1"],
      ['a";=1', "a\";'=1"],
      ["'=1", "''=1"],
      ["Anne-Marie O'Neil, 2nd", "Anne-Marie O'Neil, 2nd"],
      ["a@x.example", "a@x.example"],
    ]
  ) assertEquals(first(cell), expected);
});

Deno.test("csv() cuts a cell that is too long for a spreadsheet, and says how long it was", () => {
  for (const letter of ["x", "\u{1f600}", ";="]) {
    const text = letter.repeat(60_000);
    const [[cell, next]] = parse(csv([[text, "y"]]).slice(1));
    assertEquals([cell.length <= 32_767, next], [true, "y"]);
    assert(cell.length > 32_000);
    assert(cell.endsWith(`... (${text.length} characters)`));
  }
});

Deno.test("csv() is safe with random cells, whatever a spreadsheet takes for a separator", () => {
  for (let i = 0; i < 2000; i++) {
    const cells = Array.from({ length: 3 }, () => randomText(HOSTILE, 8));
    const text = csv([cells, cells]);
    const [bom, ...lines] = [text[0], ...text.slice(1).split("\r\n")];
    assertEquals([bom, lines.length, lines[2]], ["\ufeff", 3, ""]);
    for (const part of lines[0].split(/[;,|\t"\r\n]/)) {
      assert(!/^\s*[=+\-@\uff1d]/.test(part), text);
    }
    const [read] = parse(text);
    const bare = (cell: string) => cell.replaceAll("'", "");
    assertEquals(read.map(bare), cells.map(escape).map(bare));
  }
});

Deno.test("json() is exact for a parser, and shows nothing that deceives a reader", () => {
  const texts = [
    "\x1b[2J\n",
    "\u009b2J",
    "a\u202eb\u200b",
    "李 \u{e0041}",
    '"',
  ];
  const text = json(texts);
  assertEquals(JSON.parse(text), texts);
  assert(/^[ -~\n李]*$/.test(text), text);
  assertEquals(json([]), "[]\n");
});

const HEAD = { title: "name", least: 6 };

Deno.test("table() pads to the columns of a terminal, also Chinese and emoji", () => {
  const cells = [["李雷", "1"], ["Jose\u0301", "22"], ["\u{1f600}", "3"]];
  assertEquals(table([HEAD, { title: "n", isNumber: true }], cells), [
    "name   n",
    "李雷   1",
    "Jose\u0301  22",
    "\u{1f600}     3",
  ]);
});

Deno.test("table() cuts the widest columns first, then leaves columns out", () => {
  const columns = [HEAD, { title: "sid" }, { title: "from", leaveOut: 1 }];
  const cells = [["Alice Brown the First", "123456789", "192.0.2.1"]];
  const row = (width: number) => table(columns, cells, width)[1];
  assertEquals(row(43), "Alice Brown the First  123456789  192.0.2.1");
  assertEquals(
    row(42),
    "Alice Brown the F...  123456789  192.0.2.1",
  );
  assertEquals(row(28), "Ali...  123456789  192.0.2.1");
  assertEquals(row(27), "Alice Brown t...  123456789");
  assertEquals(row(5), "Ali...  123456789"); // a sid is never cut
});

Deno.test("table() prints each row on one line that is no wider, whatever the cells are", () => {
  const alphabet = [
    ..."ab=\n\r\x1b\t \u202e\u0301李\u{1f600}\u200d\\",
    "\ud800",
  ];
  for (let i = 0; i < 300; i++) {
    const rows = Array.from(
      { length: 3 },
      () => [randomText(alphabet, 90), randomText(alphabet, 20)],
    );
    const lines = table([HEAD, { title: "account", least: 6 }], rows, 40);
    assertEquals(lines.length, 4);
    for (const line of lines) {
      assert(columnsOf(line) <= 40, line);
      const bare = line.trim().replaceAll(/ +/g, " ");
      assertEquals(escape(bare), bare);
    }
  }
});

const ALICE: ListedRow = {
  sid: "123456789",
  student_name: "Alice Brown",
  github_username: "abrown",
  firstSeen: Date.UTC(2020, 1, 3, 9),
  lastSeen: Date.UTC(2020, 1, 3, 10, 30),
  requests: 2,
  clientId: 50_000,
  clientIp: "192.0.2.1",
  isDoubtful: false,
};

Deno.test("A doubtful row is marked in each form, and counted", () => {
  const bob = { ...ALICE, student_name: "Bob Chen", isDoubtful: true };
  const none = { ...ALICE, sid: null, student_name: null };
  const listing = listRows([bob, { ...bob, student_name: "=1" }, none]);
  assertEquals(
    listing.summary,
    "2 sids in 3 rows. 2 are doubtful (?): another row has the same sid",
  );
  assertEquals(
    asTable(listing).split("\n").map((line) => line.slice(0, 6)),
    ["   nam", "?  Bob", "?  =1 ", "   Non", ""],
  );
  const [, first, , last] = parse(asCsv(listing));
  assertEquals([first[8], last[0], last[8]], ["true", "", "false"]);
  const [read] = JSON.parse(asJson(listing));
  assertEquals(read, {
    sid: "123456789",
    student_name: "Bob Chen",
    github_username: "abrown",
    first_seen: "2020-02-03T09:00:00.000Z",
    last_seen: "2020-02-03T10:30:00.000Z",
    requests: 2,
    client_id: 50_000,
    client_ip: "192.0.2.1",
    doubtful: true,
  });
});

Deno.test("The table of a roster is at most 80 columns wide, and shows who and when", () => {
  const long = "Alice Brown with a very long name indeed";
  const rows = [{ ...ALICE, student_name: long, github_username: long }, {
    ...ALICE,
    isDoubtful: true,
  }];
  const lines = asTable(listRows(rows), 80).trimEnd().split("\n");
  for (const line of lines) assert(line.length <= 80, line);
  assert(/name +account +sid +last seen/.test(lines[0]), lines[0]);
  assert(/123456789 +Feb 03 2020 \d\d:\d\d/.test(lines[1]), lines[1]);
  assert(lines[1].includes("Alice Brown with ...  "), lines[1]);
  assertEquals(
    roomNote(listRows(rows), 80),
    ". No room for first seen, client, address: make the window wider",
  );
  assertEquals(roomNote(listRows(rows)), "");
});

const encoder = new TextEncoder();
const listOf = (text: string) => parseClassList(encoder.encode(text));

Deno.test("parseClassList() reads what spreadsheets write", () => {
  const expected = {
    titles: ["Name", "SID"],
    sidAt: 1,
    sidColumn: "the column SID",
    students: [["Brown, Alice", "123456789"], ["Zoë", "007"]],
  };
  for (const separator of [",", ";", "\t"]) {
    for (const newline of ["\n", "\r\n", "\r"]) {
      const lines = [
        "Name,SID",
        '"Brown, Alice",123456789',
        "",
        "Zoë, 007 ",
        "",
      ];
      const text = lines.map((line) => line.replace(/,(?! A)/, separator))
        .join(newline);
      assertEquals(listOf(text), expected);
      assertEquals(listOf(`\ufeff${text}`), expected);
      const units = Uint16Array.from(`\ufeff${text}`, (it) => it.charCodeAt(0));
      assertEquals(parseClassList(new Uint8Array(units.buffer)), expected);
      const old = Uint8Array.from(text, (it) => it.charCodeAt(0));
      assertEquals(parseClassList(old), expected);
    }
  }
});

Deno.test("parseClassList() takes the first column if none is named sid", () => {
  assertEquals(listOf("1,Alice\n2,Bob\n").students, [["1", "Alice"], [
    "2",
    "Bob",
  ]]);
  const headed = listOf("Number,Name\n1,Alice\n2,Bob,x\n");
  assertEquals(headed.titles, ["Number", "Name", "column 3"]);
  assertEquals(headed.students, [["1", "Alice", ""], ["2", "Bob", "x"]]);
  assertEquals(listOf("abrown\nbchen\n").students, [["abrown"], ["bchen"]]);
  assertEquals(listOf("sid,,sid\n1,2,3").titles, [
    "sid",
    "column 2",
    "column 3",
  ]);
});

Deno.test("parseClassList() finds the word sid in a title, and refuses a list whose first column has no numbers but another may", () => {
  const named = listOf("Name;Matrikelnummer / sid;E-Mail\nAnn;1;a@x\n");
  assertEquals(
    [named.sidAt, listSummary(named)],
    [1, "1 student, numbers in the column Matrikelnummer / sid"],
  );
  assertEquals(
    listSummary(listOf("412704025,Ann\n412704026,Bob\n")),
    "2 students, numbers in the first column",
  );
  const none = "no column is named sid, and the first one has no digits. ";
  for (
    const [text, hint] of [
      [
        "Name,Student ID,E-Mail\nAnn,412704025,a@x\nBob,412 704 026,b@x\n",
        'Are the numbers under "Student ID"? Change this title to sid',
      ],
      ["Name,Inside,Side\nAnn,a,b\n", "Begin the file with a line of titles"],
      ["Ann,412704025\nBob,412704026\n", "Begin the file with a line of"],
    ]
  ) assertThrows(() => listOf(text), SyntaxError, none + hint);
});

Deno.test("parseClassList() reads a list of any length", () => {
  const text = `sid,name\n${"1,A\n".repeat(150_000)}`;
  const { students } = parseClassList(new TextEncoder().encode(text));
  assertEquals(students.length, 150_000);
});

Deno.test("parseClassList() says what is wrong with a file", () => {
  for (
    const [text, why] of [
      ["", "no students"],
      ["sid,name\n", "no students"],
      ['sid\n"1', "line 2"],
      ["sid\n\0", "not text"],
    ]
  ) assertThrows(() => listOf(text), SyntaxError, why);
});

const rowsOf = (...sids: (string | null)[]) =>
  sids.map((sid) => ({ ...ALICE, sid }));

Deno.test("listClass() lists who has not passed; other programs get the whole class, with who passed, when, and as whom", async () => {
  const list = listOf(
    "sid,name,passed\n1,Alice Brown,x\n'-2,Bob Chen,\n008,Ann,\n",
  );
  const listing = listClass(await compare(list, rowsOf("1", "-2", "8")));
  const at = "2020-02-03T09:00:00.000Z";
  const name = "Alice Brown";
  const doubt = "Alice Brown (not the name on the list)";
  const hint = "8 passed: the same number?";
  const [head, ...lines] = parse(asCsv(listing).slice(1));
  assertEquals(head, [
    ...["sid", "name", "passed"],
    ...["passed 2", "first_seen", "student_name", "note"],
  ]);
  assertEquals(lines, [
    ["1", "Alice Brown", "x", "yes", at, name, ""],
    ["'-2", "Bob Chen", "", "doubtful", at, name, doubt],
    ["008", "Ann", "", "no", "", "", hint],
  ]);
  assertEquals(
    listing.summary,
    "Not passed: 1 of 3 students, found by the column sid. " +
      "Passed, but doubtful: 1. Passed, but not on the list: 1 row",
  );
  const titles = ["sid", "name", "passed", "note"];
  assertEquals(listing.columns.map(({ title }) => title), titles);
  assertMatch(
    asTables(listing),
    /^sid .*\n008 .*\n\nPassed, but doubtful:\nsid .* came as\n'-2 .*\n\nPassed, but not on the list:\nname .*\nAlice Brown .*\n$/,
  );
});

Deno.test("compare() marks doubtful students of the list, finds who is not on it, and hints at numbers that are written differently", async () => {
  const list = listOf(
    "sid,name\n055,Ann\n1,Alice\n2,Brown\n7,Alice\n07,Di\n",
  );
  const rows = [
    ...rowsOf("55", "1", "2", "7", null, "99"),
    { ...ALICE, sid: "1", student_name: "Mallory" },
    { ...ALICE, sid: "2", github_username: "other" },
  ];
  const comparison = await compare(list, await markDoubtful(rows));
  assertEquals(comparison.missing, [
    { student: ["055", "Ann"], note: "55 passed: the same number?" },
    // 7 passed, but is on the list: it is somebody else's.
    { student: ["07", "Di"], note: "" },
  ]);
  assertEquals(comparison.doubtful, [
    {
      student: ["1", "Alice"],
      note: "Alice Brown, Mallory (not the name on the list)",
    },
    { student: ["2", "Brown"], note: "Alice Brown, with 2 accounts" },
  ]);
  assertEquals(
    comparison.unlisted.map(({ row, note }) => [row.sid, note]),
    [[null, ""], ["55", "055 is on the list: the same number?"], ["99", ""]],
  );
  const listing = listClass(comparison);
  assertEquals(
    listing.summary,
    "Not passed: 2 of 5 students, found by the column sid. " +
      "Passed, but doubtful: 2. Passed, but not on the list: 3 rows",
  );
  assertMatch(asTable(listing), /^055 +Ann +55 passed: the same number\?$/m);
  assertEquals(JSON.parse(asJson(listing))[0], {
    sid: "055",
    name: "Ann",
    passed: "no",
    first_seen: null,
    student_name: null,
    note: "55 passed: the same number?",
  });
});

Deno.test("compare() matches numbers with spaces between or around their digits, and marks a name that has no word of the list's", async () => {
  const list = listOf(
    "sid;name;mail\n412 704 025;Brown, Álice;\n4\u00a02;Bob Chen;\n" +
      "5;Omar;brown@x.example\n6;Featherstonehaugh, Omar;\n7;;\n",
  );
  const rows = rowsOf("412704025 ", "\t42", "5", "6", "7");
  const { missing, doubtful, unlisted } = await compare(list, rows);
  assertEquals([missing, unlisted], [[], []]);
  const note = "Alice Brown (not the name on the list)";
  assertEquals(doubtful, [
    { student: ["4\u00a02", "Bob Chen", ""], note },
    { student: ["6", "Featherstonehaugh, Omar", ""], note },
  ]);
  const twice = await compare(listOf("sid\n42\n"), rowsOf("42", "42 "));
  assertEquals(
    twice.doubtful[0].note,
    "Alice Brown, with the number written differently",
  );
});

Deno.test("The CSV of a roster is a class list of which nobody is missing", async () => {
  const rows = rowsOf("1", "-5", "007", "A 1", "@x");
  const { missing, unlisted } = await compare(
    listOf(asCsv(listRows(rows))),
    rows,
  );
  assertEquals([missing, unlisted], [[], []]);
});

Deno.test("sortInSlices() and mapInSlices() do what sort() and map() do", async () => {
  const all = Array.from(
    { length: 5000 },
    (_, at) => ({ at, key: at * 7919 % 97 }),
  );
  const byKey = (a: { key: number }, b: { key: number }) => a.key - b.key;
  for (const length of [0, 1, 64, 65, 129, 5000]) {
    const items = all.slice(0, length);
    assertEquals(await sortInSlices(items, byKey), items.toSorted(byKey));
    const at = (item: { at: number }) => item.at;
    assertEquals(await mapInSlices(items, at), items.map(at));
  }
});

Deno.test("parseTime() takes times of day, dates, and how long ago", () => {
  const now = new Date(2026, 10, 27, 18, 30).getTime();
  const at = (...parts: [number, number, number, number?, number?]) =>
    new Date(parts[0], parts[1] - 1, ...parts.slice(2)).getTime();
  for (
    const [text, expected] of [
      ["09:00", at(2026, 11, 27, 9)],
      ["9:05", at(2026, 11, 27, 9, 5)],
      ["2026-11-20", at(2026, 11, 20)],
      ["2026-11-20T09:15", at(2026, 11, 20, 9, 15)],
      ["2026-11-20 09:15", at(2026, 11, 20, 9, 15)],
      ["30m", now - 30 * 60_000],
      ["2h", now - 2 * 3_600_000],
      ["7d", now - 7 * 24 * 3_600_000],
    ] as const
  ) assertEquals(parseTime(text, now), expected, text);
  for (
    const text of [
      ...["", "now", "24:00", "09:60", "9", "2026-02-30", "2026-13-01"],
      ...["2026-11-20T", "-2h", "2w", "2026-11-20T09:15:00Z", "T09:00"],
    ]
  ) assertEquals(parseTime(text, now), undefined, text);
});
