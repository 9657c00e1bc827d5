// The programs in examples/, which docs/building.md and README.md quote.

import { assertEquals } from "@std/assert";
import { Client } from "../client.ts";
import { FORMATS, lines } from "../lib/formats/formats.ts";
import type { Message, WireFormat } from "../lib/formats/formats.ts";
import { listening, Program, ROOT } from "../tools/processes/program.ts";
import { needs } from "./support/needs.ts";

const programs = needs("net", "read", "run");

/** Starts an example on a free port. */
async function example(name: string): Promise<[Program, number]> {
  const code = await Deno.readTextFile(`${ROOT}examples/${name}.ts`);
  const anyPort = code.replace("new Server({", "new Server({ port: 0,");
  const program = new Program(Deno.execPath(), ["eval", anyPort]);
  return [program, Number(await listening(program))];
}

/** Connects a client. */
async function connected<In, Out>(
  port: number,
  wire: WireFormat<In, Out>,
): Promise<Client<In, Out>> {
  const client = new Client({ port, wire, answerTimeout: 20 });
  await client.connect();
  return client;
}

programs.test("upper answers in capitals, and ask gets the responses to its requests (needs net, read, run)", async () => {
  const [program, port] = await example("upper");
  await using _upper = program;
  const code = await Deno.readTextFile(`${ROOT}examples/ask.ts`);
  const asked = code.replace("new Client({", `new Client({ port: ${port},`);
  await using ask = new Program(Deno.execPath(), ["eval", asked]);
  assertEquals((await ask.ended()).stdout, "TEA MILK\n");
});

programs.test("counter has two requests, and refuses all others (needs net, read, run)", async () => {
  const [program, port] = await example("counter");
  await using _counter = program;
  await using one = await connected(port, FORMATS.json);
  await using two = await connected(port, FORMATS.json);
  assertEquals(await one.request({ add: 5 }), { total: 5 });
  assertEquals(await two.request({ add: -2 }), { total: 3 });
  const error = 'Send {"add": NUMBER} or {"read": null}';
  for (const other of [7, { add: "x" }, {}] as Message[]) {
    assertEquals(await one.request(other), { error });
  }
  assertEquals(await one.request({ read: null }), { total: 3 });
});

programs.test("adder adds what its clients send, and answers before it ends (needs net, read, run)", async () => {
  const [program, port] = await example("adder");
  await using adder = program;
  await using one = await connected(port, FORMATS.json);
  await using two = await connected(port, FORMATS.json);
  const fives = [one, two].flatMap((client) =>
    Array.from({ length: 5 }, () => client.request(1))
  );
  const totals = (await Promise.all(fives)).map(Number);
  assertEquals(totals.sort((a, b) => a - b), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  const last = [1, 1, 1].map((number) => one.request(number));
  assertEquals(await last[0], 11);
  adder.kill("SIGINT");
  assertEquals(await Promise.all(last), [11, 12, 13]);
  assertEquals((await adder.ended()).code, 0);
});

programs.test("room tells others what one client says, and that it has left (needs net, read, run)", async () => {
  const [program, port] = await example("room");
  await using _room = program;
  await using listener = await connected(port, lines);
  const speaker = await connected(port, lines);
  await speaker.send("hello");
  const said = await listener.receive();
  assertEquals(said?.replace(/\d+/, "ID"), "ID: hello");
  await speaker.close();
  assertEquals(await listener.receive(), said?.replace("hello", "has left"));
});

programs.test("warmest speaks a format of its own, cut at any byte (needs net, read, run)", async () => {
  const [program, port] = await example("warmest");
  await using _warmest = program;
  const view = new DataView(new ArrayBuffer(24));
  [20, 25, 22.5].forEach((celsius, i) => {
    view.setUint32(i * 8, i);
    view.setFloat32(i * 8 + 4, celsius);
  });
  const conn = await Deno.connect({ port, hostname: "127.0.0.1" });
  for (const byte of new Uint8Array(view.buffer)) {
    await conn.write(Uint8Array.of(byte));
  }
  await conn.closeWrite();
  const answers = await new Response(conn.readable).bytes();
  const answered = new DataView(answers.buffer, answers.byteOffset);
  const sensors = [0, 8, 16].map((at) => answered.getUint32(at));
  assertEquals([answers.length, sensors], [24, [0, 1, 1]]);
});
