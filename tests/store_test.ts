// The store in examples/store/, with the clients of Redis and over raw sockets.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { concat } from "@std/bytes/concat";
import { resp } from "../examples/store/resp.ts";
import { Store, StoreHandler } from "../examples/store/store.ts";
import { soon } from "../lib/testing/soon.ts";
import { listening, Program, ROOT } from "../tools/processes/program.ts";
import { Server, type ServerOptions } from "../server.ts";
import type { Answer } from "../examples/store/resp.ts";
import { needs } from "./support/needs.ts";

const net = needs("net");
const cli = needs("net", "read", "run", "redis-cli");

/** Each character is one byte. */
const bytes = (text: string) =>
  Uint8Array.from(text, (character) => character.charCodeAt(0));
const text = (bytes: Uint8Array) =>
  Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
/** Returns a request as an array of bulk strings. */
const request = (...words: string[]) =>
  `*${words.length}\r\n` +
  words.map((word) => `$${word.length}\r\n${word}\r\n`).join("");

/** Starts a server with an empty store. */
function start(
  options: Partial<ServerOptions<string[], Answer>> = {},
  store = new Store(2 ** 20),
) {
  class Handler extends StoreHandler {
    protected override readonly store = store;
  }
  const server = new Server({
    ...{ port: 0, wire: resp, clientHandler: Handler, quiet: true },
    ...{ log: () => {}, report: () => {}, ...options },
  });
  const running = server.run();
  return {
    server,
    port: server.addr.port,
    async [Symbol.asyncDispose]() {
      await server.shutdown();
      await running;
    },
  };
}

/** Sends pieces, each by itself, then no more. Resolves to all that comes back. */
async function exchange(port: number, ...pieces: string[]): Promise<string> {
  using conn = await Deno.connect({ hostname: "127.0.0.1", port });
  conn.setNoDelay();
  const answers: Uint8Array[] = [];
  const reading = (async () => {
    const buffer = new Uint8Array(65_536);
    for (let n; (n = await conn.read(buffer)) !== null;) {
      answers.push(buffer.slice(0, n));
    }
  })();
  for (const piece of pieces) {
    const all = bytes(piece);
    for (let at = 0; at < all.length;) at += await conn.write(all.subarray(at));
    if (pieces.length > 1) await new Promise((resolve) => setTimeout(resolve));
  }
  await conn.closeWrite().catch(() => {}); // the server may have closed it
  await soon(reading, () => "end of the connection");
  return text(concat(answers));
}

net.test("The store answers its commands, as Redis does (needs net)", async () => {
  await using store = start();
  for (
    const [sent, answer] of [
      [request("PING"), "+PONG\r\n"],
      [request("ping", "hello"), "$5\r\nhello\r\n"],
      [request("GET", "a"), "$-1\r\n"],
      [request("SET", "a", "1"), "+OK\r\n"],
      [request("Get", "a"), "$1\r\n1\r\n"],
      [request("INCR", "a"), ":2\r\n"],
      [request("INCR", "new"), ":1\r\n"],
      [request("SET", "low", "-9223372036854775808"), "+OK\r\n"],
      [request("INCR", "low"), ":-9223372036854775807\r\n"],
      [request("SET", "", ""), "+OK\r\n"],
      [request("GET", ""), "$0\r\n\r\n"],
      [request("DEL", "a", "new", "none", "a"), ":2\r\n"],
      [request("GET", "a"), "$-1\r\n"],
      ["PING\r\n", "+PONG\r\n"],
      ["SET  b  2 \n", "+OK\r\n"],
      ["\r\n", ""],
      ["*0\r\n", ""],
      ["GET b\r\n", "$1\r\n2\r\n"],
    ]
  ) assertEquals(await exchange(store.port, sent), answer, sent);
});

net.test("The store says what is wrong with a request, and the connection goes on (needs net)", async () => {
  await using store = start();
  const wrong = [
    request("SET", "text", "9223372036854775808"),
    request("INCR", "text"),
    request("SET", "text", "9223372036854775807"),
    request("INCR", "text"),
    request("SET", "text", "01"),
    request("INCR", "text"),
    request("HELLO", "3"),
    request("COMMAND", "DOCS"),
    request("CONFIG", "GET", "save"),
    request("GET"),
    request("SET", "a", "1", "EX", "9"),
    request("a\r\n+OK\r\n"),
  ];
  // More in a row than a server accepts that are invalid.
  const answers = (await exchange(store.port, ...wrong, ...wrong, "PING\r\n"))
    .split("\r\n");
  const number = "-ERR value is not an integer or out of range";
  const unknown = "-ERR unknown command or wrong number of arguments for";
  const expected = [
    ...["+OK", number, "+OK", number, "+OK", number],
    ...["HELLO", "COMMAND", "CONFIG", "GET", "SET", "a??+OK??"]
      .map((name) => `${unknown} '${name}'`),
  ];
  assertEquals(answers, [...expected, ...expected, "+PONG", ""]);
});

net.test("The store keeps any bytes, and reads requests that are cut at any byte (needs net)", async () => {
  await using store = start();
  const all = Array.from({ length: 256 }, (_, i) => String.fromCharCode(i))
    .join("");
  const sent = request("SET", all, `${all}\r\n$3`) + "PING\r\n" +
    request("GET", all) + request("DEL", all, "x");
  const answer = `+OK\r\n+PONG\r\n$260\r\n${all}\r\n$3\r\n:1\r\n`;
  assertEquals(await exchange(store.port, ...sent), answer);
  const both = request("SET", "\xff\r", "\x00\n") + request("GET", "\xff\r");
  const cuts = Array.from({ length: both.length }, (_, cut) => cut);
  await Promise.all(cuts.map(async (cut) => {
    const pieces = [both.slice(0, cut), both.slice(cut)];
    const answers = await exchange(store.port, ...pieces);
    assertEquals(answers, "+OK\r\n$2\r\n\x00\n\r\n", `cut at byte ${cut}`);
  }));
});

net.test("The store answers 20,000 pipelined requests in order, and large values to a client that reads late (needs net)", async () => {
  await using store = start({}, new Store(2 ** 24));
  const numbers = Array.from({ length: 20_000 }, (_, i) => i + 1);
  assertEquals(
    await exchange(store.port, request("INCR", "n").repeat(numbers.length)),
    numbers.map((number) => `:${number}\r\n`).join(""),
  );
  // Together they are over `maxQueuedBytes`, which would close the connection.
  const value = "x".repeat(60_000);
  const count = 300;
  const answers = await exchange(
    store.port,
    request("SET", "large", value),
    request("GET", "large").repeat(count),
  );
  assertEquals(
    answers.length,
    5 + count * `$60000\r\n${value}\r\n`.length,
  );
});

net.test("The store refuses malformed requests and huge lengths at once, and answers those before (needs net)", async () => {
  await using store = start();
  for (
    const [sent, why] of [
      ["*4097\r\n", "invalid length, over 4096"],
      ["*99999999999999999999", "invalid length, over 4096"],
      ["*1\r\n$65537\r\n", "invalid length, over 65536"],
      ["*1\r\n$4294967296\r\n", "invalid length, over 65536"],
      ["*1\r\n$0000000000", "invalid length, over 65536"],
      [
        "*2\r\n$40000\r\n" + "x".repeat(40_000) + "\r\n$40000\r\n" +
        "x".repeat(30_000),
        "longer than 65536",
      ],
      ["*-1\r\n", "expected the end of a line"],
      ["*1\r\n$-1\r\n", "expected the end of a line"],
      ["*1x\r\n", "expected the end of a line"],
      ["*1\r\n:1\r\n", "expected '\\$'"],
      ["*1\r\n$4\r\nPINGx\n", "expected the end of a line"],
      ["x".repeat(70_000), "longer than 65536"],
      ["POST / HTTP/1.1\r\n", "HTTP"],
      ["GET / HTTP/1.1\r\nHost: x\r\n", "HTTP"],
    ]
  ) {
    const after = request("SET", "forged", "1");
    const answers = await exchange(store.port, "PING\r\n" + sent + after);
    assertMatch(
      answers,
      RegExp(
        `^\\+PONG\r\n(-ERR unknown.*\r\n)?-ERR [^\r\n]*${why}[^\r\n]*\r\n$`,
      ),
      sent.slice(0, 20),
    );
  }
  assertEquals(await exchange(store.port, request("GET", "forged")), "$-1\r\n");
});

net.test("A request that is cut off by the end of its client is not carried out (needs net)", async () => {
  await using store = start();
  const cut = request("SET", "a", "1").slice(0, -1);
  assertMatch(await exchange(store.port, cut), /^-ERR Protocol error: /);
  assertEquals(await exchange(store.port, "GET a\r\n"), "$-1\r\n");
});

Deno.test("The store has a bounded size: it refuses what it has no room for, until something is deleted", () => {
  const store = new Store(1000);
  const show = (answer: Answer) =>
    answer !== null && typeof answer === "object" ? answer.text : answer;
  const answer = (...words: string[]) => show(store.answer(words));
  const full = "-OOM command not allowed when the store is full.";
  assertEquals(answer("SET", "a", "x".repeat(800)), "+OK");
  assertEquals(answer("SET", "b", "x"), full);
  assertEquals(answer("INCR", "b"), full);
  assertEquals(answer("SET", "a", "x".repeat(900)), full);
  assertEquals(answer("GET", "a"), "x".repeat(800));
  assertEquals(answer("SET", "a", "x".repeat(10)), "+OK"); // a shorter one fits
  assertEquals(answer("SET", "b", "x"), "+OK");
  for (let i = 0; i < 1000; i++) { // room that is given back can be used again
    assertEquals(answer("SET", "c", "x".repeat(600)), "+OK");
    assertEquals(answer("DEL", "c", "c"), ":1");
  }
  for (let i = 0; i < 1000; i++) answer("SET", `${i}`, "");
  assertEquals(answer("GET", "999"), null);
});

cli.test("redis-cli and redis-benchmark work with the store (needs net, read, run, redis-cli)", async () => {
  const args = ["run", "--no-prompt", "--allow-net", "examples/store/store.ts"];
  await using store = new Program(Deno.execPath(), [...args, "0"], {
    cwd: ROOT,
  });
  const port = await listening(store);
  const run = async (name: string, ...args: string[]) => {
    await using program = new Program(name, ["-p", `${port}`, ...args]);
    return await program.ended();
  };
  for (
    const [words, answer] of [
      [["PING"], "PONG"],
      [["SET", "name", "Alice Brown"], "OK"],
      [["GET", "name"], "Alice Brown"],
      [["INCR", "n"], "1"],
      [["DEL", "name", "n"], "2"],
      [["GET", "name"], ""],
    ] as [string[], string][]
  ) {
    const { stdout } = await run("redis-cli", ...words);
    assertEquals(stdout.trim(), answer, words.join(" "));
  }
  const hello = await run("redis-cli", "-3", "PING");
  assertMatch(hello.stdout + hello.stderr, /PONG/);
  const load = ["-c", "20", "-P", "16", "-n", "5000", "-r", "100", "--csv"];
  const { code, stdout } = await run(
    "redis-benchmark",
    ...load,
    "-t",
    "set,get,incr,ping",
  );
  assertEquals(code, 0);
  for (const test of ["PING_INLINE", "PING_MBULK", "SET", "GET", "INCR"]) {
    assert(stdout.includes(`"${test}"`), stdout);
  }
  store.kill("SIGINT");
  assertEquals((await store.ended()).code, 0);
});
