// Grading a class: what is found in a folder of submissions, and what is written.

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { crc32, deflateRawSync } from "node:zlib";
import { parse } from "@std/csv/parse";
import { delay } from "@std/async/delay";
import { UsageError } from "../lib/cli/flags.ts";
import { columnsOf } from "../lib/text.ts";
import { readCommands } from "../tools/grade/class/commands.ts";
import { find } from "../tools/grade/class/find.ts";
import { fingerprintOf } from "../tools/grade/class/files.ts";
import { folderName, replaceFile } from "../tools/grade/class/reports.ts";
import {
  type Graded,
  NotGraded,
  type Submission,
} from "../tools/grade/class/submission.ts";
import { Lanes, type Task } from "../tools/grade/class/lanes.ts";
import { wordsOf } from "../tools/grade/command.ts";
import { submissionsIn } from "../tools/grade/class/submissions.ts";
import { csvOf, summaryOf, tableOf } from "../tools/grade/class/table.ts";
import { type Room, unzip, ZipError } from "../tools/grade/class/zip.ts";
import { readCauses, readChecks, type Side } from "../tools/grade/kit.ts";
import { fromJson, toJson } from "../tools/grade/json.ts";
import type { Verdict } from "../tools/grade/run.ts";
import { Random } from "../lib/testing/random.ts";
import server from "./graded/server.py" with { type: "text" };
import { grade, isRunning } from "./support/grading.ts";
import { stablePort } from "../tools/processes/stable_port.ts";
import { needs } from "./support/needs.ts";

const files = needs("read", "write");
const net = needs("net");
const shell = needs("read", "write", "run", "Unix");
const python = needs("read", "write", "run", "Linux", "python3");
const unshare = needs("read", "write", "run", "Linux", "python3", "unshare");
const encoder = new TextEncoder();

/** A folder that is removed at the end of the test. */
class Folder implements AsyncDisposable {
  readonly path = Deno.makeTempDirSync();

  /** Writes a file, and makes the folders above it. */
  async put(path: string, content: string | Uint8Array): Promise<void> {
    const bytes = typeof content === "string"
      ? encoder.encode(content)
      : content;
    const full = `${this.path}/${path}`;
    await Deno.mkdir(full.slice(0, full.lastIndexOf("/")), { recursive: true });
    await Deno.writeFile(full, bytes);
  }

  /** Reads a file. */
  read(path: string): Promise<string> {
    return Deno.readTextFile(`${this.path}/${path}`);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Deno.remove(this.path, { recursive: true });
  }
}

/** A file of a zip file, with what it says of itself where that is wrong. */
interface Zipped {
  name: string;
  content?: Uint8Array;
  stored?: boolean;
  method?: number;
  flags?: number;
  size?: number;
  mode?: number;
}

/** Makes a zip file. */
function zip(...entries: Zipped[]): Uint8Array<ArrayBuffer> {
  const bytes: number[] = [];
  const central: number[] = [];
  const put = (to: number[], ...fields: [size: number, value: number][]) => {
    for (const [size, value] of fields) {
      for (let i = 0; i < size; i++) to.push((value >>> (8 * i)) & 0xff);
    }
  };
  for (
    const { name, content = new Uint8Array(), stored, ...wrong } of entries
  ) {
    const { flags = 0, mode = 0o100644 } = wrong;
    const packed = stored ? content : deflateRawSync(content);
    const { method = stored ? 0 : 8, size = content.length } = wrong;
    const text = encoder.encode(name);
    const at = bytes.length;
    const common: [number, number][] = [
      ...[[2, 20], [2, flags], [2, method], [4, 0]] as [number, number][],
      ...[[4, crc32(content)], [4, packed.length]] as [number, number][],
      ...[[4, size], [2, text.length], [2, 0]] as [number, number][],
    ];
    put(bytes, [4, 0x04034b50], ...common);
    bytes.push(...text);
    for (const byte of packed) bytes.push(byte);
    put(central, [4, 0x02014b50], [2, 3 << 8], ...common);
    put(central, [2, 0], [2, 0], [2, 0], [4, mode << 16], [4, at]);
    central.push(...text);
  }
  const at = bytes.length;
  const { length } = entries;
  for (const byte of central) bytes.push(byte);
  put(bytes, [4, 0x06054b50], [4, 0], [2, length], [2, length]);
  put(bytes, [4, central.length], [4, at], [2, 0]);
  return Uint8Array.from(bytes);
}

const room = (): Room => ({ files: 100, bytes: 1_000_000 });
const HELLO = encoder.encode("hello ".repeat(1000));

files.test("unzip() writes the files of a zip file, and leaves out links and junk (needs read, write)", async () => {
  await using folder = new Folder();
  const left = room();
  const bytes = zip(
    { name: "lab4/", content: new Uint8Array(), stored: true },
    { name: "lab4/server.py", content: HELLO },
    { name: "lab4\\stored.txt", content: HELLO, stored: true },
    { name: "./empty" },
    { name: "link", content: encoder.encode("/etc/passwd"), mode: 0o120777 },
    { name: "__MACOSX/lab4/._server.py", content: HELLO },
    { name: ".DS_Store", content: HELLO },
  );
  await unzip(bytes, `${folder.path}/a`, left);
  assertEquals(await folder.read("a/lab4/server.py"), "hello ".repeat(1000));
  assertEquals(await folder.read("a/lab4/stored.txt"), "hello ".repeat(1000));
  assertEquals(await folder.read("a/empty"), "");
  const names = [...Deno.readDirSync(`${folder.path}/a`)].map((it) => it.name);
  assertEquals(names.sort(), ["empty", "lab4"]);
  assertEquals(left, { files: 97, bytes: 1_000_000 - 2 * HELLO.length });
});

files.test("unzip() refuses what could do harm, and says why (needs read, write)", async () => {
  await using folder = new Folder();
  const bomb = new Uint8Array(2_000_000);
  const cases: [Uint8Array<ArrayBuffer>, RegExp][] = [
    [zip({ name: "../x", content: HELLO }), /path out of its folder: \.\.\/x$/],
    [zip({ name: "a/..\\..\\x" }), /out of its folder/],
    [zip({ name: "/etc/x" }), /out of its folder/],
    [zip({ name: "C:x" }), /out of its folder/],
    [zip({ name: "a\0b" }), /out of its folder: a\\x00b$/],
    [zip({ name: "a", content: HELLO, flags: 1 }), /^it is encrypted: a$/],
    [zip({ name: "a", content: HELLO, method: 14 }), /by method 14/],
    [zip({ name: "a", content: bomb }), /^it is too large, unpacked$/],
    [zip({ name: "a", content: bomb, size: 10 }), /^it is damaged: a$/],
    [zip({ name: "a", content: HELLO, size: 7000 }), /^it is damaged: a$/],
    [zip({ name: "a", content: HELLO }, { name: "a" }), /^it is damaged: /],
    [zip({ name: "a", content: HELLO }, { name: "a/b" }), /^it is damaged: /],
    [zip({ name: "n".repeat(300) }), /^it is damaged: /],
    [
      zip(...Array.from({ length: 101 }, (_, i) => ({ name: `${i}` }))),
      /^it has 101 files$/,
    ],
    [zip(), /^/],
    [new Uint8Array(), /^it is no zip file/],
    [encoder.encode("Rar!".repeat(100)), /^it is no zip file/],
  ];
  for (const [i, [bytes, message]] of cases.entries()) {
    const to = `${folder.path}/${i}/in/here`;
    await Deno.mkdir(`${folder.path}/${i}/in`, { recursive: true });
    const done = unzip(bytes, to, room());
    if (bytes.length === 22) await done; // an empty zip file is one
    else {assertMatch(
        (await assertRejects(() => done, ZipError)).message,
        message,
      );}
    // Nothing lies beside the folder, nor one higher.
    const around = [...Deno.readDirSync(`${folder.path}/${i}`)];
    assertEquals(around.map(({ name }) => name), ["in"], `${i}`);
  }
});

files.test("unzip() throws only a ZipError for 500 cut or changed zip files (needs read, write)", async () => {
  await using folder = new Folder();
  const good = zip(
    { name: "lab4/server.py", content: HELLO },
    { name: "stored", content: HELLO.subarray(0, 50), stored: true },
  );
  const random = new Random(5);
  let refused = 0;
  for (let i = 0; i < 500; i++) {
    const bytes = good.slice(
      0,
      i % 3 === 0 ? random.below(good.length) : undefined,
    );
    for (let changes = random.below(4); changes > 0; changes--) {
      // Mostly in the records: a change of the content is always the same fault.
      const at = random.pick([0, good.length - 180]) + random.below(180);
      if (at < bytes.length) bytes[at] = random.pick([0, 1, 0x7f, 0x80, 0xff]);
    }
    const left = room();
    await unzip(bytes, `${folder.path}/${i}/zip`, left).catch((error) => {
      assert(error instanceof ZipError, `${i}: ${error.stack}`);
      refused++;
    });
    assert(left.bytes >= 0 && left.files >= 0);
    const around = await Array.fromAsync(Deno.readDir(folder.path));
    assert(around.every(({ name }) => name === `${i}`), `${i}`);
    await Deno.remove(`${folder.path}/${i}`, { recursive: true }).catch(
      () => {},
    );
  }
  assert(refused > 150 && refused < 495, `${refused} were refused`);
});

/** The names of the submissions, each with the names of its files. */
async function namesIn(folder: Folder): Promise<[string, string[]][]> {
  const links = `${folder.path}.links`;
  const { submissions } = await submissionsIn(folder.path, { files: [] }, links)
    .finally(() => Deno.remove(links, { recursive: true }).catch(() => {}));
  return submissions.map(({ name, folder: own, files }) => [
    name,
    own ? [own.split("/").at(-1)!] : files.map(({ name }) => name),
  ]);
}

files.test("submissionsIn() takes folders and zip files, and what Moodle and Canvas export (needs read, write)", async () => {
  await using folder = new Folder();
  const moodle = "Alice Brown_123456_assignsubmission";
  for (
    const path of [
      "alice/server.py",
      "alice2.zip",
      "bob10/x",
      "bob9.tar.gz",
      `${moodle}_file_/lab.zip`,
      `${moodle}_onlinetext_/onlinetext.html`,
      "Bob Chen_7_assignsubmission_onlinetext_/onlinetext.html",
      "Bob Chen_8_assignsubmission_file_server.py",
      "brownalice_12345_678910_server.py",
      "brownalice_12345_678911_clienthandler-2.py",
      "chenbob_LATE_12346_678912_lab4.zip",
      "diazcarol_12347_text.html",
      "__MACOSX/x",
      ".DS_Store",
      "._alice/server.py",
      ".hidden/server.py",
      "notes.txt",
    ]
  ) await folder.put(path, "");
  assertEquals(await namesIn(folder), [
    [".hidden", [".hidden"]],
    ["alice", ["alice"]],
    ["Alice Brown", [`${moodle}_file_`]],
    ["alice2", ["alice2.zip"]],
    ["Bob Chen 7", ["Bob Chen_7_assignsubmission_onlinetext_"]],
    ["Bob Chen 8", ["server.py"]],
    ["bob9", ["bob9.tar.gz"]],
    ["bob10", ["bob10"]],
    ["brownalice", ["server.py", "clienthandler.py"]],
    ["chenbob", ["lab4.zip"]],
    ["diazcarol", ["text.html"]],
  ]);
  await folder.put("alice.zip", "");
  const names = (await namesIn(folder)).map(([name]) => name);
  assertEquals(names.slice(1, 3), ["alice", "Alice Brown"]);
  assert(names.includes("alice.zip"), names.join());
});

shell.test("submissionsIn() finds a folder whose name is not UTF-8 (needs read, write, run, Unix)", async () => {
  await using folder = new Folder();
  const script = `mkdir -- "$1/$(printf 'jos\\351')" "$1/-n" "$1/zoë"
    mkfifo "$1/pipe.zip"`;
  const args = ["-c", script, "sh", folder.path];
  assert((await new Deno.Command("sh", { args }).output()).success);
  const links = `${folder.path}/links`;
  const ours = { files: [], folder: "links" };
  const { submissions, others } = await submissionsIn(
    folder.path,
    ours,
    links,
  );
  assertEquals(others, ["pipe.zip"]);
  assertEquals(submissions.map(({ name }) => name), ["-n", "jos\\xe9", "zoë"]);
  const [, { folder: own }] = submissions;
  await Deno.writeTextFile(`${own}/server.py`, "");
  assert((await Deno.stat(`${own}/server.py`)).isFile);
});

/** Finds the program among these files; the result is where it is, with its command and the reason. */
async function found(
  contents: Record<string, string>,
  { command = ["python3", "server.py"], side = "server" as Side } = {},
): Promise<string | undefined> {
  await using folder = new Folder();
  for (const [path, text] of Object.entries(contents)) {
    await folder.put(path, text);
  }
  const it = await find(folder.path, command, side);
  if (!it) return undefined;
  const place = it.folder.replace(folder.path, ".");
  return `${place}: ${it.command.join(" ")}${it.note && ` (${it.note})`}`;
}

const LISTENS = "s.listen(5)\nwhile True: s.accept()\n";
const CONNECTS = "s.connect(a)\nif 1: pass\n";

files.test("find() finds the program in a folder below, or under another name (needs read, write)", async () => {
  const cases: [Record<string, string>, string | undefined][] = [
    [{ "server.py": LISTENS, "a/server.py": "" }, ".: python3 server.py"],
    [
      { "lab/4/server.py": LISTENS, "__MACOSX/server.py": "" },
      "./lab/4: python3 server.py (server.py is in lab/4)",
    ],
    [
      { "Server.py": LISTENS },
      ".: python3 Server.py (Server.py was started: there is no server.py)",
    ],
    [
      { "a/main.py": LISTENS, "a/x.py": "", "client.py": CONNECTS },
      "./a: python3 main.py (main.py in a was started: there is no server.py, " +
      "and no other Python file listens)",
    ],
    [
      { "myserver.py": LISTENS, "proxy.py": LISTENS },
      ".: python3 myserver.py (myserver.py was started: there is no server.py, " +
      "and no other file that listens is called a server)",
    ],
    [
      {
        "lab.py": "class S:\n  def f(s): s.listen(5)\n",
        "run.py": "import lab\nlab.S()\n",
      },
      ".: python3 run.py (run.py was started: there is no server.py, " +
      "and no other Python file listens)",
    ],
    [
      {
        "server.py": "class Server:\n  def f(s): s.listen(5)\n",
        "main.py": "from server import Server\nServer().f()\n",
        "test_server.py": "import server\nserver.Server()\n",
      },
      ".: python3 main.py (main.py was started: it imports server.py, " +
      "which does nothing by itself)",
    ],
    [{ "notes.py": "# s.listen(5)\n", "client.py": CONNECTS }, undefined],
    [{}, undefined],
  ];
  for (const [contents, expected] of cases) {
    assertEquals(await found(contents), expected);
  }
  const client = { command: ["python3", "client.py"], side: "client" as Side };
  const both = { "a.py": LISTENS + CONNECTS, "b.py": CONNECTS };
  assertMatch((await found(both, client))!, /^\.: python3 b\.py /);
  const java = { command: ["java", "Server", "{port}"] };
  assertEquals(
    await found({ "x/y/Server.class": "", "x/z/a": "" }, java),
    "./x: java Server {port} (it was started in x)",
  );
  const script = { command: ["./run.sh"] };
  assertMatch(
    (await found({ "x/run.sh": "" }, script))!,
    /^\.\/x: \.\/run\.sh/,
  );
});

files.test("find() does not guess between several programs (needs read, write)", async () => {
  for (
    const contents of <Record<string, string>[]> [
      { "a/server.py": "", "b/server.py": "" },
      { "a.py": LISTENS, "b.py": LISTENS },
    ]
  ) {
    const [one, other] = Object.keys(contents);
    await assertRejects(
      () => found(contents),
      NotGraded,
      `it could be 2 programs: ${one}, ${other}`,
    );
  }
});

files.test("fingerprintOf() changes with each file, and follows no link (needs read, write)", async () => {
  await using folder = new Folder();
  const all = new Set<string>();
  const take = async (more = "") => {
    const submission: Submission = {
      ...{ name: "a", entries: ["a"], files: [] },
      folder: folder.path,
    };
    all.add(await fingerprintOf(submission, more));
  };
  await folder.put("server.py", "a");
  for (let i = 0; i < 2; i++) await take();
  assertEquals(all.size, 1);
  await take("seed 5");
  await folder.put("server.py", "b");
  await take();
  await folder.put("lab/server.py", "b");
  await take();
  if (Deno.build.os !== "windows") {
    await Deno.symlink("/dev/zero", `${folder.path}/zero`);
    await take();
    assertEquals(all.size, 5);
  }
  await folder.put("__pycache__/x.pyc", "b");
  const before = all.size;
  await take();
  assertEquals(all.size, before);
});

Deno.test("folderName() is a name that every system allows, and another one for each submission", () => {
  for (const name of ["alice", "Alice Brown", "José", "李雷", "bob_2 (late)"]) {
    assertEquals(folderName(name), name);
  }
  const odd = [
    ...["..", ".", "a/b", "a\\b", "a\nb", "a_b", "=1+1", "grades.csv", ".x"],
    ...[
      "GRADES.CSV",
      "a.",
      "x".repeat(300),
      "\ud83d".repeat(99),
      "李".repeat(99),
    ],
  ].map(folderName);
  assertEquals(new Set(odd).size, odd.length);
  for (const name of odd) {
    assertMatch(name, /^[^./\\\n=][^/\\\n]*[^. ]$/);
    assert(encoder.encode(name).length < 255, name);
    assert(!/^grades\.csv$/i.test(name));
  }
});

files.test("replaceFile() replaces a link, and not what it leads to (needs read, write)", async () => {
  await using folder = new Folder();
  await folder.put("mine.txt", "mine");
  const path = `${folder.path}/grades.csv`;
  for (const name of [path, `${path}.new`]) {
    await Deno.symlink(`${folder.path}/mine.txt`, name);
  }
  await replaceFile(path, "new");
  assertEquals(await folder.read("mine.txt"), "mine");
  assertEquals(await folder.read("grades.csv"), "new");
  assert((await Deno.lstat(path)).isFile);
});

files.test("readCommands() gives each submission its command, and names one that does not exist (needs read, write)", async () => {
  await using folder = new Folder();
  const file = `${folder.path}/commands.csv`;
  const submissions = ["alice", "bob", "carol"].map((name): Submission => (
    { name, entries: [`${name}.zip`], files: [] }
  ));
  await folder.put(
    "commands.csv",
    'Submission,note,Command\nalice,,"python3 ""my server.py"""\nbob.zip,x,java S\n' +
      "carol,,\n",
  );
  assertEquals(await readCommands(file, submissions), [
    ["python3", "my server.py"],
    ["java", "S"],
    undefined,
  ]);
  await folder.put("commands.csv", "submission,command\nalicia,x\n");
  await assertRejects(
    () => readCommands(file, submissions),
    UsageError,
    "has a command for alicia, which is none of the 3 submissions. Is it alice?",
  );
  await folder.put("commands.csv", "a,b\n");
  await assertRejects(
    () => readCommands(file, submissions),
    UsageError,
    "its first line must be submission,command",
  );
});

/** A program that failed these checks by these causes, and passed the others. */
function graded(name: string, failed: Record<string, string>): Graded {
  const verdicts = readChecks("server").map((check): Verdict => {
    const cause = failed[check.id];
    if (!cause) return { check, state: "passed", seconds: 1 };
    const { says: likely, see } = readCauses().get(cause)!;
    const diagnosis = {
      ...{ wrong: "other", cause, likely, see, sent: [] } as const,
      ...{ got: "a", due: "b", complaint: "", complaintOn: "stderr" } as const,
    };
    return { check, state: "failed", seconds: 1, diagnosis };
  });
  return { name, verdicts, note: "" };
}

/** A class of 40: most run strangers' code. */
const CLASS = Array.from({ length: 40 }, (_, i): Graded => {
  const name = i === 7 ? "A name that is longer than any column 李雷" : `s${i}`;
  if (i === 3) {
    const why = "The program ended before it listened, with exit code 1: ";
    return { name, verdicts: [], note: "", why: why + "x".repeat(99) };
  }
  const pickles = { "runs-code": "runs-pickles" };
  const ids = readChecks("server").slice(0, i % 3 ? 0 : i).map(({ id }) => id);
  const failed = Object.fromEntries(ids.map((id) => [id, "one-recv"]));
  return graded(name, { ...failed, ...(i > 0 && pickles) });
});

Deno.test("tableOf() shows each submission in a line, and says once what most have in common", () => {
  const lines = tableOf(CLASS, 80);
  assertEquals(lines.length, 42);
  for (const line of lines) assert(columnsOf(line) <= 80, line);
  const [head, first, second] = lines;
  assertMatch(
    head,
    /^submission {14} {4}lab {4}pro {2}failed, besides what has a/,
  );
  assertMatch(first, /^s0 {22} {2}(\d+)\/\1 {2}(\d+)\/\2$/);
  assertMatch(second, /^s1 {22} {2}(\d+)\/\1 {2}30\/35$/);
  assertMatch(lines[4], /^s3 {22} {2}not graded: The program ended [^…]*$/);
  assertMatch(lines[5], /^ {26}exit code 1: x+…$/);
  assertMatch(lines[8], /^s6 .* {2}banner, greeting, acknowledge and 3 more$/);
  assertMatch(lines[9], /^A name that is longer t… {2}\d/);
  assert(!lines.join("").includes("runs-code"));
  const few = tableOf(CLASS.slice(1, 3), 80);
  assertMatch(few[1], /runs-code$/);
});

Deno.test("summaryOf() counts the programs with each fault, and names its pages", () => {
  const lines = summaryOf(CLASS, readCauses(), { width: 80 });
  for (const line of lines) assert(columnsOf(line) <= 80, line);
  const text = lines.join("\n");
  assertMatch(text, /^Faults, and how many of the 39 programs have each:\n/);
  assertMatch(
    text,
    /^ {2}38 \* runs-code \(runs-pickles\): `pickle\.loads` runs/m,
  );
  assertMatch(text, /^ {2}12 {3}banner, greeting,[^]*\(one-recv\):/m);
  const unfolded = text.replace(/\n {7}/g, " ");
  for (const cause of ["runs-pickles", "one-recv"]) {
    const { says, see } = readCauses().get(cause)!;
    assert(
      unfolded.includes(`(${cause}): ${says} See ${see.join("; ")}`),
      text,
    );
  }
  const few = summaryOf(CLASS, readCauses(), { width: 80, least: 20 });
  assertMatch(
    few.join("\n"),
    /runs-pickles[^]*\nLeft out: 1 fault that fewer than 20 programs have$/,
  );
  assert(!few.join().includes("one-recv"));
  assertEquals(summaryOf([graded("a", {})], readCauses(), { width: 80 }), []);
});

Deno.test("csvOf() gives a submission that was not graded no points, and lets no name be a formula", () => {
  const all = [
    graded("Error;=1+1;", { banner: "banner" }),
    { name: "=2\t|@3", verdicts: [], note: "", why: "it is\r\n=4" },
    { ...graded("c", {}), note: "a note" },
  ];
  const [head, ...rows] = parse(csvOf(all, "lab").slice(1));
  assertEquals(
    head.join(),
    "submission,result,lab,lab of,pro,pro of,failed,not graded,note",
  );
  assertEquals(rows, [
    [
      "Error;'=1+1;",
      "not passed",
      "61",
      "63",
      "35",
      "35",
      "banner (banner)",
      "",
      "",
    ],
    ["'=2\\t|'@3", "not graded", "", "", "", "", "", "it is\\r\\n=4", ""],
    ["c", "passed", "63", "63", "35", "35", "", "", "a note"],
  ]);
});

Deno.test("fromJson() returns the verdicts that toJson() wrote, if the checks are the same", () => {
  const outcome = graded("a", { banner: "banner" });
  const json = JSON.parse(JSON.stringify(toJson(outcome, 5)));
  assertEquals(json.seed, 5);
  const verdicts = fromJson(json, readChecks("server"))!;
  assertEquals(toJson({ verdicts, note: "" }, 5), json);
  assertEquals(fromJson(json, readChecks("client")), undefined);
  assertEquals(fromJson(json, readChecks("server").slice(1)), undefined);
});

/** Arguments of all runs below: two quick checks, and a free port for each program. */
const QUICK = [
  "--only",
  "banner,greeting",
  "--spawn",
  "python3 server.py {port}",
];
const SERVER = encoder.encode(server);

python.test("grade --all finds each program, writes its report, and says what was not graded (needs read, write, run, Linux, python3)", async () => {
  await using folder = new Folder();
  await folder.put("in/alice/server.py", SERVER);
  await folder.put("in/bob/lab4/main.py", SERVER);
  await folder.put(
    "in/carol.zip",
    zip({ name: "lab4/server.py", content: SERVER }),
  );
  const inner = zip({ name: "server.py", content: SERVER });
  const outer = zip({ name: "dave/lab.zip", content: inner });
  await folder.put("in/dave_1_2_submission.zip", outer);
  await folder.put("in/erin/prog.py", SERVER);
  await folder.put(
    "in/erin/grade.json",
    '{"server": "python3 prog.py {port}"}',
  );
  await folder.put("in/frank/any.py", SERVER);
  await folder.put("in/Error;=1+1;/server.py", "raise ValueError\n");
  await folder.put("in/new\nline/readme.txt", "");
  await folder.put("in/bomb.zip", zip({ name: "a", content: HELLO, size: 5 }));
  await folder.put("in/rar/x.rar", "");
  await folder.put("in/zoe/client.py", "sock.connect((host, 12000))\n");
  await folder.put("in/grades.csv/server.py", SERVER);
  await folder.put("in/notes.txt", "");
  await folder.put(
    "commands.csv",
    "submission,command\nfrank,python3 any.py {port}\n",
  );
  const { path } = folder;
  const args = ["--all", `${path}/in`, "--reports", `${path}/in/out`, ...QUICK];
  const commands = ["--commands", `${path}/commands.csv`];
  const { code, stdout, stderr } = await grade(...args, ...commands).ended(2);
  assertEquals(code, 1, stderr);
  assertMatch(
    stderr,
    /^Left out, because only folders and archives are submissions: notes\.txt\n/,
  );
  const passed = [
    "alice",
    "bob",
    "carol",
    "dave",
    "erin",
    "frank",
    "grades.csv",
  ];
  for (const name of passed) {
    assertMatch(stdout, new RegExp(`^${name} +5/5$`, "m"));
    assertMatch(stderr, new RegExp(`^\\d+ of 12: ${name}: lab 5 of 5$`, "m"));
  }
  for (
    const line of [
      /^bomb +not graded: bomb\.zip cannot be unpacked: it is damaged: a$/m,
      /^Error;=1\+1; +not graded: The program ended before it listened/m,
      /^new\\nline +not graded: there is no program: no server\.py, and no/m,
      /^rar +not graded: only zip files are unpacked, not x\.rar$/m,
      /^zoe +not graded: it is a client: grade it with --client$/m,
    ]
  ) assertMatch(stdout, line);
  const [, ...rows] = parse(
    (await folder.read("in/out/grades-only.csv")).slice(1),
  );
  assertEquals(rows.length, 12);
  const notes = new Map(rows.map((row) => [row[0], row.at(-1)]));
  assertEquals(
    notes.get("bob"),
    "main.py in lab4 was started: there is no server.py, and no other Python file listens",
  );
  assertEquals(
    notes.get("dave"),
    "server.py is in lab.zip",
  );
  assertEquals(notes.get("erin"), "the command is from its grade.json");
  assertMatch(
    await folder.read("in/out/bob/report-only.txt"),
    /^bob\nmain\.py in lab4 was started[^]*PASS {2}3\/3 {2}lab {2}greeting/,
  );
  assertMatch(
    await folder.read("in/out/rar/report-only.txt"),
    /^not graded: only zip/m,
  );
  assertMatch(
    await folder.read("in/out/rar/report-only.xml"),
    /<error message="only zip/,
  );
  const json = JSON.parse(await folder.read("in/out/alice/report-only.json"));
  assertEquals(json.score.lab, { got: 5, of: 5 });
});

python.test("grade --all --reports grades only what changed, and keeps the results of all checks beside those of some (needs read, write, run, Linux, python3)", async () => {
  await using folder = new Folder();
  const { path } = folder;
  for (const name of ["alice", "bob"]) {
    await folder.put(`in/${name}/server.py`, SERVER);
  }
  const run = async (...more: string[]) => {
    const args = ["--all", `${path}/in`, "--reports", `${path}/out`];
    const { stderr } = await grade(...args, ...QUICK, ...more).ended(2);
    const lines = stderr.match(/^\d of 2: .*$/gm) ?? [];
    return lines.map((line) => line.replace(/^.*?: /, "")).sort();
  };
  const first = ["alice: lab 5 of 5", "bob: lab 5 of 5"];
  const unchanged = first.map((line) => line.replace(":", ": unchanged,"));
  assertEquals(await run(), first);
  const csv = await folder.read("out/grades-only.csv");
  await folder.put("out/bob/report.json", "the results of all checks");
  await folder.put("out/grades.csv", "the results of all checks");
  assertEquals(await run(), unchanged);
  assertEquals(await folder.read("out/grades-only.csv"), csv);
  await folder.put("in/bob/data.txt", "new");
  assertEquals(await run(), [unchanged[0], first[1]]);
  assertEquals(await run("--seed", "5"), first);
  assertEquals(await run(), unchanged);
  for (const name of ["out/bob/report.json", "out/grades.csv"]) {
    assertEquals(await folder.read(name), "the results of all checks");
  }
  const { seed } = JSON.parse(await folder.read("out/bob/report-only.json"));
  assertEquals(seed, 5);
});

/** A server that always listens at the lab's port. */
const FIXED = `import sys\nsys.argv[1:] = ["12000"]\n${server}`;
const script = `mkdir "$1/in/$(printf 'jos\\351')" && ` +
  `cp "$1/server.py" "$1/in/$(printf 'jos\\351')"`;

unshare.test("grade --all gives each program the lab's port in a network of its own, also where its folder's name is not UTF-8 (needs read, write, run, Linux, python3, unshare)", async () => {
  await using folder = new Folder();
  const { path } = folder;
  for (const name of ["alice", "bob"]) {
    await folder.put(`in/${name}/server.py`, FIXED);
  }
  await folder.put("server.py", FIXED);
  const args = ["-c", script, "sh", path];
  assert((await new Deno.Command("sh", { args }).output()).success);
  const all = ["--all", `${path}/in`, "--reports", `${path}/out`];
  const { code, stdout, stderr } = await grade(
    ...all,
    ...["--jobs", "3", "--only", "banner,greeting"],
  ).ended(2);
  assertEquals(code, 0, stdout + stderr);
  assertMatch(stdout, /^jos\\xe9 +5\/5$/m);
});

python.test("grade goes on at the port where a server listens instead, and says so (needs read, write, run, Linux, python3)", async () => {
  await using folder = new Folder();
  const [asked, other] = [0, 1].map((index) => stablePort({ index, of: 2 }));
  const moved = `import sys\nsys.argv[1:] = ["${other}"]\n${server}`;
  const cases: [string, string[]][] = [
    [moved, []], // its first line names the port
    [moved.replace("Listening at", "Ready at"), ["banner"]],
    [moved.replace('/%d" % self.port', `/${asked}"`), ["banner"]],
  ];
  for (const [text, fails] of cases) {
    await folder.put("server.py", text);
    const { stdout } = await grade(
      ...["--spawn", "python3 server.py", "--cwd", folder.path],
      ...["--port", `${asked}`, "--only", "banner,restart", "--json"],
    ).ended(2);
    const { note, checks } = JSON.parse(stdout);
    assertEquals(
      note,
      `It listens at port ${other}, not ${asked}. The checks went on there.`,
    );
    const failed = checks.filter((it: Verdict) => it.state !== "passed");
    assertEquals(failed.map((it: { id: string }) => it.id), fails);
  }
});

net.test("stablePort() gives each share ports of its own (needs net)", () => {
  const ports = [0, 1, 2].map((index) =>
    new Set(Array.from({ length: 50 }, () => stablePort({ index, of: 3 }) % 3))
  );
  assertEquals(ports.map(({ size }) => size), [1, 1, 1]);
  assertEquals(new Set(ports.flatMap((all) => [...all])).size, 3);
});

python.test("Lanes grades programs with the same port one at a time, and others beside them (needs read, write, run, Linux, python3)", async () => {
  await using folder = new Folder();
  const { path } = folder;
  const port = stablePort();
  const own = "python3 server.py {port}";
  const tasks: Task[] = [];
  for (const name of ["fixed1", "fixed2", "own1", "fixed3", "own2"]) {
    const command = name.startsWith("own")
      ? own
      : own.replace("{port}", `${port}`);
    await folder.put(`${name}/server.py`, SERVER);
    tasks.push({
      submission: {
        name,
        entries: [name],
        folder: `${path}/${name}`,
        files: [],
      },
      how: { command: wordsOf(command), isFixed: true, side: "server" },
      temporary: `${path}/temporary-${name}`,
    });
  }
  const checks = readChecks("server").slice(0, 1);
  const { signal: stop } = new AbortController();
  const exam = { checks, causes: readCauses(), seed: 5, stop };
  const done: Graded[] = [];
  using lanes = new Lanes(
    tasks,
    { exam, port, jobs: 3, identity: "" },
    (graded) => done.push(graded),
  );
  await lanes.run();
  assertEquals(done.map(({ why }) => why), Array(5).fill(undefined));
  for (const { verdicts } of done) assertEquals(verdicts[0].state, "passed");
  const order = done.map(({ name }) => name);
  assert(order.indexOf("own2") < order.indexOf("fixed3"), order.join());
});

python.test("grade --all can be stopped, and continues where it was (needs read, write, run, Linux, python3)", async () => {
  await using folder = new Folder();
  const { path } = folder;
  const token = crypto.randomUUID();
  await folder.put("in/alice/server.py", SERVER);
  const waits = `import time\ntime.sleep(600) # ${token}\n`;
  await folder.put("in/bob/server.py", waits);
  const args = [
    "--all",
    `${path}/in`,
    "--reports",
    `${path}/out`,
    "--jobs",
    "1",
  ];
  const own = ["--spawn", `python3 server.py {port} ${token}`];
  await using grading = grade(...args, ...QUICK, ...own);
  await grading.stderr.match(/^1 of 2: alice/m);
  while (!await isRunning(token + "$")) await delay(50);
  const begin = performance.now();
  grading.kill("SIGINT");
  const { code, stderr } = await grading.ended();
  assert(performance.now() - begin < 3000, "it took long");
  assertEquals(code, 1);
  assertMatch(
    stderr,
    /^Stopped with 1 of 2 graded: the same command continues there$/m,
  );
  assert(!await isRunning(token), "a process is left");
  const [, alice, bob] = parse(
    (await folder.read("out/grades-only.csv")).slice(1),
  );
  assertEquals([alice[1], bob[1], bob[7]], [
    "passed",
    "not graded",
    "it was not yet its turn",
  ]);
  await folder.put("in/bob/server.py", SERVER);
  const again = await grade(...args, ...QUICK, ...own).ended();
  assertEquals(again.code, 0, again.stderr);
  assertMatch(again.stderr, /: alice: unchanged, lab 5[^]*: bob: lab 5/);
});

python.test("grade --all says before it grades that a file cannot be replaced (needs read, write, run, Linux, python3)", async () => {
  await using folder = new Folder();
  const { path } = folder;
  await folder.put("in/alice/server.py", SERVER);
  await folder.put("in/grades-only.csv/server.py", SERVER);
  const { code, stderr } = await grade("--all", `${path}/in`, ...QUICK).ended();
  assertEquals(code, 1);
  assertMatch(
    stderr,
    /^Cannot write .*grades-only\.csv: there is a folder of that name/,
  );
  const missing = await grade("--all", `${path}/none`, ...QUICK).ended();
  assertEquals(missing.code, 2);
  assertMatch(missing.stderr, /^--all takes a folder: cannot read /);
  await folder.put("empty/notes.txt", "");
  const empty = await grade("--all", `${path}/empty`, ...QUICK).ended();
  assertMatch(
    empty.stderr,
    /has no submissions: each must be a folder or a zip/,
  );
});
