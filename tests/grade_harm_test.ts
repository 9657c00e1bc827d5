import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import {
  BoundedFolder,
  type Bounds,
  TooLarge,
} from "../tools/files/bounded_folder.ts";
import { exceeds } from "../tools/files/folder_size.ts";
import { removeAll } from "../tools/files/remove_all.ts";
import { isolation } from "../tools/grade/namespace.ts";
import type { Verdict } from "../tools/grade/run.ts";
import { Program, ROOT } from "../tools/processes/program.ts";
import { stablePort } from "../tools/processes/stable_port.ts";
import { copyMended } from "../tools/teach/faults/exercise.ts";
import { GRADED, isRunning, occupy } from "./support/grading.ts";
import { needs } from "./support/needs.ts";

const files = needs("run", "read", "write", "Unix");
const linuxFiles = needs("run", "read", "write", "Linux");
const python = needs("run", "net", "read", "write", "Linux", "python3");
const apart = needs("run", "unshare");
const pythonAll = needs("run", "net", "read", "write", "unshare", "python3");
const pythonApart = needs("run", "read", "unshare", "python3");

/** Seconds from Ctrl-C to the end: two, and something for a busy machine. */
const PATIENCE = 4;
const ROOMY: Bounds = { entries: 100, bytes: 2 ** 20, depth: 10 };

/** A folder for one test, with some names to begin with. */
class TestFolder implements AsyncDisposable {
  readonly path = Deno.makeTempDirSync();

  async write(name: string, text = "text"): Promise<string> {
    const path = `${this.path}/${name}`;
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(path, text);
    return path;
  }

  names(): string[] {
    return Array.from(Deno.readDirSync(this.path), ({ name }) => name).sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await removeAll(this.path);
  }
}

async function run(command: string, ...args: string[]): Promise<void> {
  const { success } = await new Deno.Command(command, { args }).output();
  assert(success, `${command} ${args}`);
}

/** Starts `deno task grade`, with a folder of its own for temporary files. */
function gradeIn(
  temporary: string,
  spawn: string,
  ...args: string[]
): Program {
  return new Program(Deno.execPath(), [
    ...["run", "--quiet", "--allow-all", "tools/grade/grade.ts"],
    ...["--spawn", spawn, "--cwd", GRADED, ...args],
  ], { env: { TMPDIR: temporary } });
}

files.test("BoundedFolder copies files and folders, and what links within the folder name (needs run, read, write, Unix)", async () => {
  await using from = new TestFolder();
  await using to = new TestFolder();
  await using outside = new TestFolder();
  const secret = await outside.write("secret");
  await Deno.chmod(await from.write("a/program", "1"), 0o4755);
  await from.write("a/left-out");
  await Deno.symlink("a/program", `${from.path}/within`);
  await Deno.symlink("a", `${from.path}/folder`);
  await Deno.symlink("..", `${from.path}/a/round`);
  await Deno.symlink(secret, `${from.path}/out`);
  await Deno.symlink(outside.path, `${from.path}/out-folder`);
  await Deno.symlink("nowhere", `${from.path}/broken`);
  await run("mkfifo", `${from.path}/fifo`);
  const folder = await BoundedFolder.open(from.path, ROOMY);
  await folder.copyTo(`${to.path}/copy`, (name) => name === "left-out");
  const copied = (path: string) =>
    Array.from(Deno.readDirSync(`${to.path}/copy${path}`), ({ name }) => name)
      .sort().join();
  assertEquals(copied(""), "a,folder,within");
  assertEquals(copied("/a"), "program");
  assertEquals(copied("/folder"), "program");
  assertEquals(await Deno.readTextFile(`${to.path}/copy/within`), "1");
  const { mode } = await Deno.stat(`${to.path}/copy/a/program`);
  assertEquals(mode! & 0o7777, 0o755);
});

files.test("BoundedFolder refuses what exceeds a bound, before it fills the disk (needs run, read, write, Unix)", async () => {
  await using from = new TestFolder();
  await using to = new TestFolder();
  const refused = async (bounds: Partial<Bounds>, message: RegExp) => {
    const folder = await BoundedFolder.open(from.path, { ...ROOMY, ...bounds });
    const copy = () => folder.copyTo(`${to.path}/${crypto.randomUUID()}`);
    assertMatch((await assertRejects(copy, TooLarge)).message, message);
  };
  for (const name of "abc") await from.write(name);
  await refused({ entries: 2 }, /^\/.* has more than 2 files$/);
  await refused({ bytes: 8 }, / has more than /);
  await from.write("d/e/f/g");
  await refused({ depth: 3 }, / has folders more than 3 deep$/);
  // Sparse: it takes no room, but a copy would.
  await run("truncate", "--size", "1T", `${from.path}/sparse`);
  await refused({}, / has more than 1 MiB$/);
});

linuxFiles.test("BoundedFolder counts bytes as it reads them, whatever the size says (needs run, read, write, Linux)", async () => {
  const script = `
    import { BoundedFolder } from "${
    import.meta.resolve("../tools/files/bounded_folder.ts")
  }";
    const bounds = { entries: 9, bytes: 2 ** 20, depth: 1 };
    const folder = await BoundedFolder.open("/proc/self", bounds);
    await folder.readText("pagemap").catch(({ name }) => console.log(name));
  `;
  const { stdout } = await new Program(Deno.execPath(), [
    "eval",
    script,
  ]).ended();
  assertEquals(stdout, "TooLarge\n");
});

files.test("copyMended() copies no FIFO, and nothing outside the exercise (needs run, read, write, Unix)", async () => {
  await using from = new TestFolder();
  await using to = new TestFolder();
  await from.write("server.ts", "// mended");
  await from.write("lib/text.ts");
  await run("mkfifo", `${from.path}/lib/lock.ts`);
  await Deno.symlink("/etc/passwd", `${from.path}/lib/limits.ts`);
  await copyMended(from.path, to.path);
  const server = await Deno.readTextFile(`${to.path}/server.ts`);
  assertEquals(server, "// mended");
  const lib = Array.from(
    Deno.readDirSync(`${to.path}/lib`),
    ({ name }) => name,
  );
  assert(!lib.includes("lock.ts") && !lib.includes("limits.ts"), `${lib}`);
});

files.test("removeAll() removes a folder without permissions, a deep one, and none (needs run, read, write, Unix)", async () => {
  await using folder = new TestFolder();
  await folder.write("a/b/c");
  await Deno.chmod(`${folder.path}/a/b`, 0);
  await Deno.chmod(`${folder.path}/a`, 0);
  const deep = "x/".repeat(500);
  await Deno.mkdir(`${folder.path}/${deep}`, { recursive: true });
  await removeAll(folder.path);
  await removeAll(folder.path);
  await assertRejects(() => Deno.lstat(folder.path), Deno.errors.NotFound);
});

files.test("exceeds() measures a folder (needs run, read, write, Unix)", async () => {
  await using folder = new TestFolder();
  await folder.write("a/b", "x".repeat(100_000));
  await folder.write("c");
  const over = (bounds: Partial<Bounds>) =>
    exceeds(folder.path, { ...ROOMY, ...bounds });
  assert(!await over({}) && !await over({ entries: 3, depth: 2 }));
  assert(await over({ entries: 2 }) && await over({ depth: 1 }));
  assert(await over({ bytes: 90_000 }));
  await run("truncate", "--size", "1T", `${folder.path}/sparse`);
  assert(!await over({}), "a sparse file takes no room");
  assert(!await exceeds(`${folder.path}/nowhere`, ROOMY));
});

const HARMFUL: [kind: string, says: RegExp][] = [
  ["fills-file", /exit code 1: OSError: .*File too large/],
  ["kills-group", /^The program ended before it listened, with exit code 137/],
  ["shuts-folder", /^lab: 4 of 4/m],
  ["hides-child", /^lab: 4 of 4/m],
];

for (const [kind, says] of HARMFUL) {
  python.test(`grade is not harmed by a program that ${kind}, and leaves nothing behind (needs run, net, read, write, Linux, python3)`, async () => {
    await using temporary = new TestFolder();
    const token = crypto.randomUUID();
    const command = `python3 harmful.py ${kind} {port} ${token}`;
    const only = ["--only", "banner,ctrl-c", "--port", "0"];
    await using grading = gradeIn(temporary.path, command, ...only);
    const { stdout, stderr } = await grading.ended(2);
    assertMatch(stdout + stderr, says);
    assert(!await isRunning(`. ${token}`), "a process is left");
    assertEquals(temporary.names(), []);
  });
}

python.test("grade fails one check of a program that never stops starting processes (needs run, net, read, write, Linux, python3)", async () => {
  await using temporary = new TestFolder();
  const command = `python3 harmful.py breeds {port} ${crypto.randomUUID()}`;
  const args = ["--port", "0", "--only", "banner,greeting,ctrl-c", "--json"];
  const { stdout } = await gradeIn(temporary.path, command, ...args).ended(2);
  const [banner, ...others]: Verdict[] = JSON.parse(stdout).checks;
  assertEquals(banner.diagnosis?.cause, "processes");
  for (const { state, by } of others) {
    assertEquals([state, by], ["blocked", "banner"]);
  }
});

python.test("grade ends the orphan of a program that keeps the port, and goes on there (needs run, net, read, write, Linux, python3)", async () => {
  await using temporary = new TestFolder();
  const token = crypto.randomUUID();
  const port = stablePort();
  const command = `python3 harmful.py keeps-port ${port} ${token}`;
  const args = ["--only", "banner,greeting,banner", "--port", `${port}`];
  await using grading = gradeIn(temporary.path, command, ...args);
  const { code, stdout, stderr } = await grading.ended(2);
  assertEquals(code, 0, stdout + stderr);
  assert(!await isRunning(`. ${token}`), "a process is left");
});

python.test("grade ends what a killed grader of the same grading left at the port, but not of another one (needs run, net, read, write, Linux, python3)", async () => {
  await using temporary = new TestFolder();
  const port = stablePort();
  // The grader waits for a greeting when it is killed.
  const silent = "bad_servers.py greets-late";
  const gradeAs = (grading: string, program = "server.py") =>
    new Program(Deno.execPath(), [
      ...["run", "--quiet", "--allow-all", "tools/grade/grade.ts"],
      ...["--spawn", `python3 ${program} ${port}`, "--cwd", GRADED],
      ...["--only", "greeting", "--port", `${port}`],
    ], { env: { TMPDIR: temporary.path, ROLLCALL_GRADE: grading } });
  const isListening = async () => {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return true;
    } catch {
      return false;
    }
  };
  const [one, another] = [crypto.randomUUID(), crypto.randomUUID()];
  const killed = gradeAs(one, silent);
  // Before it starts the server, the grader itself listens there for a moment.
  while (!await isRunning(`${silent} ${port}$`));
  while (!await isListening());
  killed.kill("SIGKILL");
  await killed.ended();
  assert(await isListening(), "its server has ended");
  assertEquals((await gradeAs(another).ended()).code, 3);
  const { code, stdout, stderr } = await gradeAs(one).ended();
  assertEquals(code, 0, stdout + stderr);
  assert(!await isListening(), "a server is left");
});

python.test("grade does not end a process that it did not start, at the port (needs run, net, read, write, Linux, python3)", async () => {
  await using temporary = new TestFolder();
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  for (const side of [[], ["--client"]]) {
    const command = `python3 server.py ${port}`;
    const args = ["--only", side[0] ? "connects" : "banner", ...side];
    const { code, stderr } = await gradeIn(
      temporary.path,
      command,
      ...args,
      ...["--port", `${port}`],
    ).ended();
    assertEquals(code, 3);
    assertMatch(stderr, new RegExp(`^Port ${port} is taken by another`));
  }
});

python.test("grade does not take another process that connects for the client (needs run, net, read, write, Linux, python3)", async () => {
  await using temporary = new TestFolder();
  const port = stablePort();
  const connecting = ["harmful.py", "connects", `${port}`, "0"];
  await using another = new Program("python3", connecting, { cwd: GRADED });
  const command = `python3 client.py ${port}`;
  const args = ["--client", "--only", "connects,right-keys,passed"];
  const { code, stdout } = await gradeIn(
    temporary.path,
    command,
    ...args,
    ...["--port", `${port}`],
  ).ended(2);
  assertMatch(another.stdout.text, /^connected\n/, "it did not connect");
  assertEquals(code, 0, stdout);
});

python.test("grade does not wait for its own port between the checks of a client (needs run, net, read, write, Linux, python3)", async () => {
  await using temporary = new TestFolder();
  const port = stablePort();
  const command = `python3 client.py ${port}`;
  // In the first, the grader closes first: its port is in TIME_WAIT for a minute.
  const args = ["--client", "--only", "server-leaves,no-server,connects"];
  const begin = performance.now();
  const { code, stdout } = await gradeIn(
    temporary.path,
    command,
    ...args,
    ...["--port", `${port}`],
  ).ended(2);
  assertEquals(code, 0, stdout);
  assert(performance.now() - begin < 40_000);
});

apart.test("isolation() gives each command its own network and its own processes (needs run, unshare)", async () => {
  const { wrap } = (await isolation())!;
  // Each says so when it listens, then ends when its stdin does.
  const code = `const { port } = Deno.listen({ port: 12000 }).addr;
    using _ = await Deno.connect({ port, hostname: "127.0.0.1" });
    console.log(Deno.pid, port);
    await Deno.stdin.read(new Uint8Array(1));`;
  const [command, ...args] = wrap([Deno.execPath(), "eval", code]);
  await using one = new Program(command, args, { stdin: "piped" });
  await using other = new Program(command, args, { stdin: "piped" });
  for (const it of [one, other]) await it.stdout.match(/^1 12000\n/);
  one.kill("SIGKILL");
  other.kill("SIGKILL");
  await one.ended();
  await other.ended();
});

for (const kind of ["kills-all", "kills-parent"]) {
  pythonApart.test(`A grader in namespaces survives a program that ${kind} (needs run, read, unshare, python3)`, async () => {
    const { wrap } = (await isolation())!;
    const [command, ...args] = wrap([
      ...[Deno.execPath(), "run", "--quiet", "--allow-all"],
      ...[`${ROOT}tools/grade/grade.ts`, "--cwd", GRADED, "--port", "0"],
      ...["--only", "banner,ctrl-c"],
      ...["--spawn", `python3 harmful.py ${kind} {port} 0`],
    ]);
    const { stdout } = await new Program(command, args).ended(2);
    assertMatch(stdout, /^lab: 4 of 4/m);
  });
}

/** Fills a folder with submissions for a port: the kinds of `harmful.py`, or `good`. */
async function writeClass(
  folder: TestFolder,
  kinds: readonly string[],
  port: number,
): Promise<void> {
  const [good, harmful] = await Promise.all(
    ["server.py", "harmful.py"].map((it) =>
      Deno.readTextFile(`${GRADED}/${it}`)
    ),
  );
  for (const [i, kind] of kinds.entries()) {
    const own = `${i}-${kind}`;
    if (kind === "good") {
      await folder.write(
        `${own}/server.py`,
        good.replace("int(sys.argv[1])", `${port}`),
      );
      continue;
    }
    await folder.write(`${own}/good.py`, good);
    await folder.write(
      `${own}/server.py`,
      harmful.replace("from server", "from good")
        .replace("= sys.argv[1:]", `= ["${kind}", "${port}", "x"]`)
        .replaceAll("sys.argv[2]", `"${port}"`)
        .replaceAll("sys.argv[3]", `"${kind}"`),
    );
  }
}

/** Starts `grade --all`. Without namespaces, `unshare` is a program in `bin` that fails. */
async function gradeAll(
  folder: TestFolder,
  temporary: TestFolder,
  bin: TestFolder | undefined,
  ...args: string[]
): Promise<Program> {
  const env: Record<string, string> = { TMPDIR: temporary.path };
  if (bin) {
    const unshare = await bin.write("unshare", "#!/bin/sh\nexit 1\n");
    await Deno.chmod(unshare, 0o755);
    const { stdout } = await new Deno.Command("sh", {
      args: ["-c", 'printf %s "$PATH"'],
    }).output();
    env.PATH = `${bin.path}:${new TextDecoder().decode(stdout)}`;
  }
  return new Program(Deno.execPath(), [
    ...["run", "--quiet", "--allow-all", "tools/grade/grade.ts"],
    ...["--all", folder.path, ...args],
  ], { env });
}

function refuses(port: number): boolean {
  try {
    Deno.listen({ hostname: "127.0.0.1", port }).close();
    return false;
  } catch {
    return true;
  }
}

for (const isApart of [true, false]) {
  const test = isApart ? pythonAll : python;
  const what = isApart
    ? "in namespaces (needs run, net, read, write, unshare, python3)"
    : "without namespaces (needs run, net, read, write, Linux, python3)";
  test.test(`grade --all: no submission harms the grade of another, ${what}`, async () => {
    await using folder = new TestFolder();
    await using temporary = new TestFolder();
    await using bin = new TestFolder();
    const port = stablePort();
    const fake = isApart ? undefined : bin;
    const kinds = ["keeps-port", "good", "shuts-folder", "kills-parent"];
    await writeClass(folder, [...kinds, "good", "kills-parent"], port);
    const args = ["--only", "banner,greeting", "--port", `${port}`];
    await using grading = await gradeAll(folder, temporary, fake, ...args);
    const { stdout, stderr } = await grading.ended(3);
    const results = [...stdout.matchAll(/^\d-(\S+) +(5\/5|not graded)/gm)]
      .map(([, kind, result]) => `${kind}: ${result}`);
    // There, a program can end its own grader.
    const parent = isApart ? "5/5" : "not graded";
    assertEquals(results, [
      ...["keeps-port: 5/5", "good: 5/5", "shuts-folder: 5/5"],
      ...[`kills-parent: ${parent}`, "good: 5/5", `kills-parent: ${parent}`],
    ], stdout + stderr);
    assert(!refuses(port), "a process is left at the port");
    assertEquals(temporary.names(), []);
  });

  test.test(`grade --all ends at Ctrl-C, with what two programs started, ${what}`, async () => {
    await using folder = new TestFolder();
    await using temporary = new TestFolder();
    await using bin = new TestFolder();
    const token = crypto.randomUUID();
    for (const name of ["a", "b", "c"]) {
      for (const file of ["server.py", "harmful.py"]) {
        await folder.write(
          `${name}/${file}`,
          await Deno.readTextFile(`${GRADED}/${file}`),
        );
      }
    }
    const fake = isApart ? undefined : bin;
    const spawn = `python3 harmful.py is-deaf {port} ${token}`;
    const args = ["--spawn", spawn, "--only", "idle,ctrl-c", "--jobs", "2"];
    await using grading = await gradeAll(folder, temporary, fake, ...args);
    while (!await isRunning(`[0-9] ${token}`));
    const begin = performance.now();
    grading.kill("SIGINT");
    const { stderr } = await grading.ended();
    const seconds = (performance.now() - begin) / 1000;
    assertMatch(stderr, /^Stopped with 0 of 3 graded/m);
    assert(seconds < PATIENCE, `it took ${seconds} s`);
    assert(!await isRunning(`[0-9] ${token}`), "a process is left");
    assertEquals(temporary.names(), []);
  });
}

/** What Ctrl-C interrupts: the program, the checks, and what shows that it has begun. */
interface Stage {
  name: string;
  spawn: string;
  only: string;
  begun(temporary: string, token: string): boolean | Promise<boolean>;
}

// The grader's own command line has {port} there.
const starts = (_: string, token: string) => isRunning(`[0-9)] ${token}`);
const STAGES: Stage[] = [
  {
    name: "starts Deno",
    spawn: "python3 server.py {port}",
    only: "banner",
    begun: () => true,
  },
  {
    name: "copies the folder",
    spawn: "python3 server.py {port}",
    only: "banner",
    begun: (temporary) => [...Deno.readDirSync(temporary)].length > 0,
  },
  {
    name: "waits for a program that does not listen",
    spawn: "python3 harmful.py stops-itself {port} TOKEN",
    only: "banner",
    begun: starts,
  },
  {
    name: "waits for a program that ignores signals",
    spawn: "python3 harmful.py is-deaf {port} TOKEN",
    only: "ctrl-c",
    begun: starts,
  },
  {
    name: "is between many checks",
    spawn: "python3 harmful.py hides-child {port} TOKEN",
    only: Array(20).fill("banner,greeting").join(),
    begun: starts,
  },
];

for (const { name, spawn, only, begun } of STAGES) {
  python.test(`grade ends at Ctrl-C while it ${name}, and leaves nothing behind (needs run, net, read, write, Linux, python3)`, async () => {
    await using temporary = new TestFolder();
    const token = crypto.randomUUID();
    const command = spawn.replace("TOKEN", token);
    const args = ["--only", only, "--port", "0"];
    await using grading = gradeIn(temporary.path, command, ...args);
    const over = grading.ended(2).then(() => true);
    while (!await begun(temporary.path, token)) {
      const isOver = await Promise.race([over, Promise.resolve(false)]);
      assert(!isOver, "it ended by itself");
    }
    const begin = performance.now();
    grading.kill("SIGINT");
    const again = setTimeout(() => grading.kill("SIGINT"), 600);
    const { code, stderr } = await grading.ended();
    clearTimeout(again);
    const seconds = (performance.now() - begin) / 1000;
    assert(seconds < PATIENCE, `it took ${seconds} s`);
    if (name !== "starts Deno") {
      assertMatch(stderr, /^Stopped in check \d+ of \d+\n$/);
      assertEquals(code, 1);
    }
    assert(!await isRunning(`. ${token}`), "a process is left");
    assertEquals(temporary.names(), []);
  });
}

python.test("grade ends at Ctrl-C while it waits for a port that a closed connection occupies (needs run, net, read, write, Linux, python3)", async () => {
  await using temporary = new TestFolder();
  const port = stablePort();
  await occupy(port);
  const token = crypto.randomUUID();
  const command = `python3 harmful.py is-deaf ${port} ${token}`;
  const args = ["--only", "banner", "--port", `${port}`];
  await using grading = gradeIn(temporary.path, command, ...args);
  const sleep = setTimeout(() => grading.kill("SIGINT"), 3000);
  const { stderr } = await grading.ended();
  clearTimeout(sleep);
  assertMatch(stderr, /^Stopped in check 1 of 1\n$/);
  assert(!await isRunning(`. ${token}`), "it did not wait");
});
