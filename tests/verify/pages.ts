// Every command of the pages, as its reader types it.

import { assert, assertEquals } from "@std/assert";
import { Program, ROOT } from "../../tools/processes/program.ts";

const PAGES = ["README.md"];
for (const { name } of Deno.readDirSync(`${ROOT}docs`)) {
  if (name.endsWith(".md")) PAGES.push(`docs/${name}`);
}

/** A command for Deno on a page, as its reader types it. */
const COMMAND =
  /(?:npx --yes deno@2\.9\.6|\bdeno) (task [a-z][^`\n#|&]*|run [^`\n#|&]*|bench|test\b[^`\n#|&]*)/g;

/** All commands on the pages, each once. */
function commands(): string[] {
  const found = PAGES.flatMap((page) => {
    const text = Deno.readTextFileSync(ROOT + page);
    const code = text.match(/^ *```(?:sh|console)\n[^]*?^ *```|`[^`\n]+`/gm) ??
      [];
    return code.flatMap((it) =>
      [...it.matchAll(COMMAND)].map((m) => m[1].trim())
    );
  });
  return [...new Set(found)].sort();
}

/** Commands that are not run here, since `.ci/run` runs them or the same tests. */
const IN_CI = [
  "task test",
  "task check",
  "task verify",
  "test",
  "test -A",
];
/** Commands that other tests run, with their file. */
const ELSEWHERE: Record<string, string> = {
  "task bench": "verify/bench.ts",
  "task bench --against HEAD~1": "verify/bench.ts",
  "task bench --against before.json": "verify/bench.ts",
  "task bench --only throughput --json > before.json": "verify/bench.ts",
  "task compile": "verify/compile.ts",
  "task compile --all": "compile_test.ts",
  "task hold --all": "verify/hold.ts",
  "task demo": "demo_test.ts",
  "task break left-in-table --exercise ../mend-me": "verify/mended.ts",
  "task break no-lock --exercise ../mend-me": "verify/mended.ts",
  "task mended": "verify/mended.ts",
  "task mended ../mend-me": "verify/mended.ts",
  "task server --wire netstring": "verify/exercises.ts",
  "task grade": "verify/grader.ts",
  'task grade --spawn "python3 server.py" --cwd ../alice': "verify/grader.ts",
  'task grade --client --spawn "python3 client.py" --cwd ../alice':
    "verify/grader.ts",
  "task grade --all ../submissions": "grade_test.ts",
  "task grade --all ../submissions --reports ../reports": "grade_class_test.ts",
  "task grade --all ../submissions --reports ../reports --commands commands.csv":
    "grade_class_test.ts",
  "task messages:client": "messages_test.ts",
  "task messages:server": "messages_test.ts",
  "task store": "store_test.ts",
  "run --allow-all tools/grade/verify.ts": "verify/grader.ts",
  "run --allow-all tools/stress/soak.ts --minutes 10": "verify/soak.ts",
  "run --allow-net upper.ts": "verify/quotations.ts",
  "run --allow-net NAME.ts": "examples_test.ts",
  "run --allow-all bench/choices.ts": "verify/bench.ts",
  "task verify faults pages": "verify/faults.ts",
  "task verify faults": "verify/faults.ts",
};
/**
 * What is run in place of commands that take long, or need a folder or a free
 * port.
 */
const INSTEAD: Record<string, string> = {
  "bench": "bench --filter=256",
  "task bench --only resp": "task bench --help",
  "task bench --only stores": "task bench --help",
  "task break NAME": "task break no-lock",
  "run --allow-read tools/stress/fuzz.ts --seconds 60":
    "run --allow-read tools/stress/fuzz.ts --seconds 1",
  "run tools/stress/differential.ts":
    "run tools/stress/differential.ts --seeds 1000",
  "task docs": "task docs --check",
  "task simulate": "task simulate --seeds 100",
  "task costliest": "task costliest --help",
  ...Object.fromEntries(
    [
      "board",
      "churn",
      "memory",
      "work",
      "takeover",
      "logs",
      "screen",
      "never-reads",
      "fuzz",
      "fsync",
      "kept kept-redis",
      "failing-file failing-redis",
    ]
      .map((scenario) => [`task hold ${scenario}`, "task hold"]),
  ),
  "task simulate --seeds 100000": "task simulate --seeds 100",
};
/** Commands that go on until they are ended, and what they say first. */
const SERVERS: Record<string, RegExp> = {
  "task server": /^Listening at 127\.0\.0\.1\/\d+\n/,
  "task server --board-port 8080": /^Listening at 127\.0\.0\.1\/\d+\n/,
  "task server --classroom": /^Listening at 0\.0\.0\.0\/\d+\n/,
  "task server --host 0.0.0.0": /^Listening at 0\.0\.0\.0\/\d+\n/,
  "task server --wire json": /^Listening at 127\.0\.0\.1\/\d+\n/,
};

/** What lets a server listen beside others. */
const FREE = "--port 0 --board-port 0";

/** Commands that use files in `data/`: a roster, a class list, or a token. */
const ABOUT_DATA = /^task .*\bdata\//;
/** Those with a certificate, which `tls_command_test.ts` runs. */
const ABOUT_TLS = /\bdata\/\w+\.pem\b/;

function deno(command: string): Program {
  const words = command.match(/"[^"]*"|\S+/g) ?? [];
  const [first, ...rest] = words.map((word) => word.replaceAll('"', ""));
  const quiet = first === "task" ? ["--quiet"] : [];
  return new Program(Deno.execPath(), [first, ...quiet, ...rest]);
}

Deno.test("The lists in this file contain only commands that the pages have", () => {
  const found = commands();
  for (
    const listed of [
      ...IN_CI,
      ...Object.keys(ELSEWHERE),
      ...Object.keys(INSTEAD),
      ...Object.keys(SERVERS),
    ]
  ) assert(found.includes(listed), listed);
  for (const file of Object.values(ELSEWHERE)) {
    assert(Deno.statSync(`${ROOT}tests/${file}`).isFile);
  }
});

for (const command of commands()) {
  if (IN_CI.includes(command) || command in ELSEWHERE) continue;
  if (/^task (client|test )/.test(command)) continue; // below, or in exercises.ts
  if (ABOUT_DATA.test(command)) continue; // below
  Deno.test(`deno ${command}, as a page has it`, async () => {
    const says = SERVERS[command];
    await using program = deno(
      says ? `${command} ${FREE}` : INSTEAD[command] ?? command,
    );
    if (says) {
      await program.stdout.match(says);
      return;
    }
    const { code, stdout, stderr } = await program.ended();
    assertEquals(code, 0, stdout + stderr);
    const isSilent = command === "task docs";
    assert(stdout.length > 0 || isSilent, "it says nothing");
    assert(!/ 0 passed /.test(stdout), stdout);
  });
}

Deno.test("deno task client, as a page has it", async () => {
  assert(commands().includes("task client"));
  await using server = deno("task server --port 0");
  const [, port] = await server.stdout.match(/\/(\d+)\n/);
  await using client = deno(`task client --port ${port}`);
  await client.stdout.match(
    /\nData acknowledged by server and you passed the test\n/,
  );
});

Deno.test("The commands that use files in data/, as a page has them", async () => {
  const all = commands()
    .filter((it) => ABOUT_DATA.test(it) && !ABOUT_TLS.test(it));
  const servers = all.filter((it) => /^task server /.test(it));
  const others = all.filter((it) => !servers.includes(it));
  assert(servers.length > 2 && others.length > 5, servers.join());
  // The folder may have files of whoever runs this.
  const name = `data/pages-test-${Deno.pid}`;
  const ours = (command: string) =>
    deno(command.replace(/\bdata\/\w+/g, name).replace(/ >.*/, ""));
  const write = (end: string, text: string) =>
    Deno.writeTextFileSync(`${ROOT}${name}${end}`, text);
  Deno.mkdirSync(`${ROOT}data`, { recursive: true });
  try {
    write("", crypto.randomUUID()); // the token
    write(".csv", "name,sid\nBob Chen,987654321\n");
    for (const server of servers) {
      await using serving = ours(`${server} ${FREE}`);
      await serving.stdout.match(/\/(\d+)\n/);
      await serving.stderr.match(/\/roster\?token=/);
    }
    const withRoster = servers.find((it) => it.includes("--roster"));
    await using serving = ours(`${withRoster} ${FREE}`);
    const [, port] = await serving.stdout.match(/\/(\d+)\n/);
    for (const command of others) {
      await using client = deno(`task client --once --port ${port}`);
      assertEquals((await client.ended()).code, 0);
      const asks = command.includes("--forget");
      await using roster = ours(asks ? `${command} --yes` : command);
      await roster.stdout.match(/Alice Brown|Bob Chen/);
      if (command.includes("--watch")) continue;
      const { code, stderr } = await roster.ended();
      assertEquals(code, 0, stderr);
    }
  } finally {
    for (const { name: file } of Deno.readDirSync(`${ROOT}data`)) {
      const path = `data/${file}`;
      if (path === name || path.startsWith(`${name}.`)) {
        Deno.removeSync(ROOT + path);
      }
    }
  }
});
