// TLS on the command lines of the server and the client, in folders with a data/.

import { assertEquals, assertMatch } from "@std/assert";
import {
  ALICE_FLAGS,
  listening,
  Program,
  ROOT,
} from "../tools/processes/program.ts";
import { certificateOf } from "../tools/processes/certificate.ts";
import { needs } from "./support/needs.ts";
import { ALICES_LINE } from "./support/peers.ts";

const tls = needs("net", "read", "write", "run", "openssl");
const START = ["run", "--quiet", "--no-prompt", "--allow-net"];
const FILES = ["--cert=data/cert.pem", "--key=data/key.pem"];

/** Does something in a folder whose `data/` has a certificate, its key, and the key of another. */
async function inFolder(
  use: (
    run: (program: "server" | "client", ...args: string[]) => Program,
  ) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${folder}/data`);
    const { cert, key } = certificateOf("localhost");
    const texts = {
      cert,
      key,
      other: certificateOf("localhost").key,
      text: "x",
    };
    for (const [name, text] of Object.entries(texts)) {
      await Deno.writeTextFile(`${folder}/data/${name}.pem`, text);
    }
    await use((program, ...args) => {
      const flags = [...START, "--allow-read=data", `${ROOT}${program}.ts`];
      return new Program(Deno.execPath(), [...flags, ...args], { cwd: folder });
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

tls.test("server and client speak TLS, and say so if only one of them does, or the certificate is not trusted (needs net, read, write, run, openssl)", () =>
  inFolder(async (run) => {
    await using server = run("server", "--port=0", ...FILES);
    const port = await listening(server);
    await using plain = run("server", "--port=0");
    const plainPort = await listening(plain);
    const client = (...args: string[]) =>
      run("client", "--once", ...ALICE_FLAGS, `--port=${port}`, ...args);
    await using good = client(
      "--host=localhost",
      "--tls",
      "--ca=data/cert.pem",
    );
    assertMatch((await good.ended()).stdout, /you passed the test\n$/);
    const cases: [string[], RegExp][] = [
      [
        ["--host=localhost", "--tls"],
        /^TLS failed: .*certificate.* --ca data\/ca\.pem\n$/,
      ],
      [["--tls", "--ca=data/cert.pem"], /^TLS failed: .* with --host\n$/],
      [
        ["--tls", `--port=${plainPort}`],
        /^TLS failed: .* leave out --tls\n$/,
      ],
      [[], /: start the client with --tls\n$/],
      [["--wire=json"], /: start the client with --tls\n$/],
    ];
    await Promise.all(cases.map(async ([args, why]) => {
      await using bad = client(...args);
      const { code, stderr } = await bad.ended(3);
      assertEquals(code, 1, stderr);
      assertMatch(stderr, why);
    }));
    plain.kill("SIGINT");
    assertMatch(
      (await plain.ended()).stderr,
      /this looks like TLS: connect without it/,
    );
    server.kill("SIGINT");
    const { code, stdout, stderr } = await server.ended();
    assertEquals([code, stdout], [
      0,
      `Listening at 127.0.0.1/${port}\n${ALICES_LINE}\n`,
    ]);
    assertMatch(stderr, /refused: The TLS handshake must end within 8 s\n/);
  }));

tls.test("server --board shows a command with --tls if the server speaks TLS, else without (needs net, read, write, run, openssl)", () =>
  inFolder(async (run) => {
    for (const [files, flag] of [[FILES, "--tls "], [[], ""]] as const) {
      await using server = run(
        "server",
        ...["--port=0", "--board-port=0", "--host=127.0.0.1", ...files],
      );
      const port = await listening(server);
      const [, board] = await server.stderr.match(/ Board: (\S+)\n/);
      const page = await (await fetch(board)).text();
      const [command] = page.match(/<code>.*?<\/code>/s)!;
      assertEquals(
        command.replaceAll(/<[^>]+>/g, ""),
        `deno task client ${flag}--host 127.0.0.1 --port ${port}`,
      );
    }
  }));

tls.test("server and client say in one line what is wrong with their files of TLS (needs net, read, write, run, openssl)", () =>
  inFolder(async (run) => {
    for (
      const [program, args, code, why] of [
        [
          "server",
          ["--cert=data/cert.pem"],
          2,
          "TLS takes both --cert and --key",
        ],
        [
          "server",
          ["--key=data/key.pem"],
          2,
          "TLS takes both --cert and --key",
        ],
        [
          "server",
          ["--cert=data/none.pem", FILES[1]],
          1,
          "Cannot read --cert data/none.pem: there is no such file",
        ],
        [
          "server",
          ["--cert=/etc/hosts", FILES[1]],
          1,
          "Cannot read --cert /etc/hosts: it is not in data/",
        ],
        [
          "server",
          ["--cert=data/text.pem", FILES[1]],
          1,
          "Cannot take --cert data/text.pem for a certificate: it is not PEM",
        ],
        [
          "server",
          ["--cert=data/key.pem", FILES[1]],
          1,
          "Cannot take --cert data/key.pem for a certificate: it has PRIVATE KEY",
        ],
        [
          "server",
          [FILES[0], "--key=data/cert.pem"],
          1,
          "Cannot take --key data/cert.pem for a private key: it has CERTIFICATE",
        ],
        [
          "server",
          [FILES[0], "--key=data/other.pem"],
          1,
          "Cannot use --cert data/cert.pem with --key data/other.pem: The key does not fit the certificate",
        ],
        ["client", ["--ca=data/cert.pem"], 2, "--ca is for TLS: add --tls"],
        [
          "client",
          ["--tls", "--ca=data/none.pem"],
          1,
          "Cannot read --ca data/none.pem: there is no such file",
        ],
      ] as ["server" | "client", string[], number, string][]
    ) {
      await using wrong = run(program, "--port=1", ...args);
      const ended = await wrong.ended();
      assertEquals([ended.code, ended.stdout], [code, ""], ended.stderr);
      assertEquals(ended.stderr.slice(0, why.length), why);
      assertEquals(ended.stderr.trim().split("\n").length, 1);
    }
  }));
