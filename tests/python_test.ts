import { assertEquals, assertMatch } from "@std/assert";
import lab from "../docs/lab.md" with { type: "text" };
import { needs } from "./support/needs.ts";
import { ALICES_LINE, pickle, TestServer } from "./support/peers.ts";
import {
  client,
  listening,
  Program,
  ROOT,
  server,
} from "../tools/processes/program.ts";

/** Finds every Python from 2.7 up that runs here. Returns the commands by version. */
function findPythons(): Map<string, string> {
  const pythons = new Map<string, string>();
  const add = (command: string) => {
    const probe = "import sys; print('%d.%d' % sys.version_info[:2])";
    const version = run(command, ["-c", probe]);
    if (version && !pythons.has(version)) pythons.set(version, command);
  };
  // First pyenv's own interpreters: its shims on PATH are slow, and may not work.
  const versions = run("pyenv", ["root"]) + "/versions";
  try {
    for (const { name } of Deno.readDirSync(versions)) {
      add(`${versions}/${name}/bin/python`);
    }
  } catch {
    // There is no pyenv.
  }
  for (const command of ["python3", "python2", "python"]) add(command);
  for (let minor = 5; minor < 20; minor++) {
    if (!pythons.has(`3.${minor}`)) add(`python3.${minor}`);
  }
  return pythons;
}

function run(command: string, args: string[]): string | undefined {
  try {
    const { success, stdout } = new Deno.Command(command, {
      args,
      stderr: "null",
    }).outputSync();
    return success ? new TextDecoder().decode(stdout).trim() : undefined;
  } catch {
    return undefined;
  }
}

const python3 = needs("run", "read", "python3");
const early = needs("run", "read", "net", "python3");
const pythons = python3.met ? findPythons() : new Map<string, string>();
const CONNECTED =
  /^\{u?'clientid': \d+\} has successfully connected to 127\.0\.0\.1\/\d+$/;
const PASSED = "Data acknowledged by server and you passed the test";

/** Registers a test for each Python found, or one ignored test if there is none. */
function testWithPython(name: string, test: (python: string) => Promise<void>) {
  const versions = pythons.size > 0 ? [...pythons] : [["3", "python3"]];
  for (const [version, path] of versions) {
    python3.test(`${name}, Python ${version} (needs run, read, python3)`, () =>
      test(path));
  }
}

function labProgram(
  python: string,
  program: string,
  ...args: string[]
): Program {
  return new Program(python, [`${ROOT}tests/python/${program}`, ...args]);
}

testWithPython(
  "the server serves the first client of docs/lab.md",
  async (python) => {
    await using ours = server("--port", "0");
    const port = await listening(ours);
    await using theirs = labProgram(python, "first_client.py", port);
    const { code, stdout } = await theirs.ended();
    assertEquals(code, 0);
    assertMatch(stdout, /^\{u?'clientid': \d+\}\r?\n1\r?\n$/);
  },
);

testWithPython("the server serves the lab's client", async (python) => {
  await using ours = server("--port", "0");
  const port = await listening(ours);
  await using theirs = labProgram(
    python,
    "lab_client.py",
    port,
    "--requests",
    "3",
  );
  const { code, stdout, stderr } = await theirs.ended();
  assertEquals([code, stderr], [0, ""]);
  const [connected, ...acknowledged] = stdout.trim().split("\n");
  assertMatch(connected, CONNECTED);
  assertEquals(acknowledged, [PASSED, PASSED, PASSED]);
  await ours.stdout.match(new RegExp(`^(${ALICES_LINE}\n){3}$`, "m"));
});

testWithPython(
  "the server serves the lab's client in every protocol",
  async (python) => {
    await using ours = server("--port", "0");
    const port = await listening(ours);
    const newest = run(python, [
      "-c",
      "import pickle; print(pickle.HIGHEST_PROTOCOL)",
    ]);
    for (let protocol = 0; protocol <= Number(newest); protocol++) {
      await using theirs = labProgram(
        python,
        "lab_client.py",
        port,
        "--protocol",
        `${protocol}`,
      );
      const { code, stdout } = await theirs.ended();
      assertEquals([code, stdout.trim().split("\n")[1]], [0, PASSED]);
    }
  },
);

testWithPython("the lab's server serves the client", async (python) => {
  await using theirs = labProgram(python, "lab_server.py");
  const port = await listening(theirs);
  await using ours = client("--port", port, "--once");
  const { code, stdout } = await ours.ended();
  assertEquals(code, 0);
  const [connected, acknowledged] = stdout.trim().split("\n");
  assertMatch(connected, CONNECTED);
  assertEquals(acknowledged, PASSED);
  await theirs.stdout.match(new RegExp(`^${ALICES_LINE}\n$`, "m"));
});

python3.test("the readers of messages in docs/lab.md join cut messages, keep the rest, and refuse imports (needs run, read, python3)", async () => {
  for (const [version, python] of pythons) {
    if (version.startsWith("2.")) continue;
    const { code, stderr } = await labProgram(python, "readers_check.py")
      .ended();
    assertEquals([code, stderr], [0, ""], version);
  }
});

/** Prints the names that a program uses and does not define. Its methods are defined wherever they stand. */
const UNDEFINED = `
import ast, builtins, sys
known = set(dir(builtins)) | {"self"}
used = set()
for node in ast.walk(ast.parse(sys.stdin.read())):
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        known.add(node.name)
    elif isinstance(node, ast.arg):
        known.add(node.arg)
    elif isinstance(node, ast.alias):
        known.add(node.name)
    elif isinstance(node, ast.ExceptHandler):
        known.add(node.name)
    elif isinstance(node, ast.Name):
        (used if isinstance(node.ctx, ast.Load) else known).add(node.id)
print(" ".join(sorted(used - known)))
`;

/** Runs Python with a text as its input. Returns what it prints. */
async function runPython(args: string[], input: string): Promise<string> {
  const [python] = pythons.values();
  const child = new Deno.Command(python, {
    args,
    ...{ stdin: "piped", stdout: "piped", stderr: "piped" },
  }).spawn();
  const output = child.output();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  await writer.close();
  const { stdout, stderr } = await output;
  assertEquals(new TextDecoder().decode(stderr), "", input);
  return new TextDecoder().decode(stdout).trim();
}

python3.test("the Python in docs/lab.md runs when it is copied (needs run, read, python3)", async () => {
  const blocks = [...lab.matchAll(/^```python\n([^]*?)^```$/gm)]
    .map(([, code]) => code);
  const files = blocks.filter((code) => /^(import .*\n)+\n/.test(code));
  assertEquals(files.length, 4);
  for (const code of files) {
    assertEquals(await runPython(["-c", UNDEFINED], code), "", code);
    // The test above runs the client.
    if (code.includes("sys.argv")) continue;
    assertEquals(await runPython(["-"], code), "", code);
  }
  // The others are methods of one program: a block has what another one uses.
  const all = await runPython(["-c", UNDEFINED], blocks.join("\n"));
  // A student has this class from the lab's step 3.
  assertEquals(all, "ClientHandler");
});

early.test("the lab's client that sends before it reads gets its acknowledgement after a long pause (needs run, read, net, python3)", async () => {
  const [python] = pythons.values();
  const wire = { ...pickle, greetingPause: 500 };
  await using test = new TestServer({ wire });
  for (let time = 0; time < 3; time++) {
    const port = `${test.addr.port}`;
    await using theirs = labProgram(python, "lab_client.py", port, "--early");
    const { code, stdout } = await theirs.ended();
    assertEquals([code, stdout.trim().split("\n")[1]], [0, PASSED]);
  }
});

python3.test("writePickle() writes the same bytes as Python's pickle.dumps(value, 2) (needs run, read, python3)", async () => {
  const { writePickle } = await import("../lib/formats/pickle/writer.ts");
  const { ByteWriter } = await import("../lib/formats/byte_writer.ts");
  const [python] = pythons.values();
  const values = [0, 1, 999, 1000, 1001, 2000].flatMap((length) => [
    Array.from({ length }, (_, i) => `item ${i}`),
    Object.fromEntries(
      Array.from({ length }, (_, i) => [`key ${i}`, i * 77_777]),
    ),
  ]);
  const program = `
import json, pickle, sys
for line in sys.stdin:
    print(pickle.dumps(json.loads(line), 2).hex())`;
  const child = new Deno.Command(python, {
    args: ["-c", program],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const lines = values.map((value) => JSON.stringify(value) + "\n").join("");
  const output = child.output(); // read while we write, or both sides wait
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(lines));
  await writer.close();
  const { stdout } = await output;
  const expected = new TextDecoder().decode(stdout).trim().split("\n");
  values.forEach((value, i) => {
    const sink = new ByteWriter();
    writePickle(value, sink);
    const bytes = Array.from(
      sink.take(),
      (byte) => byte.toString(16).padStart(2, "0"),
    );
    assertEquals(bytes.join(""), expected[i]);
  });
});
