import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { readSaved } from "./compare/against_file.ts";
import { chart } from "./compare/chart.ts";
import { CONTENDERS } from "./compare/contenders.ts";
import type { Rate } from "./compare/round.ts";
import { type Bench, each, rounds, single } from "./compare/section.ts";
import { Throughput } from "./compare/throughput.ts";
import { table } from "../tools/terminal/table.ts";
import { type Speech, workload } from "./compare/workload.ts";
import { DEFAULT_LIMITS } from "../lib/limits.ts";
import type { Message, MessageMap } from "../lib/formats/formats.ts";
import { FORMATS } from "../lib/formats/formats.ts";
import { needs } from "../tests/support/needs.ts";
import { encode } from "../tests/support/peers.ts";

const python = needs("run", "python3");
const file = needs("read", "write");

/** Decodes requests, each with a reader of its own. */
function decode(
  format: keyof typeof FORMATS,
  requests: readonly Uint8Array[],
): MessageMap[] {
  const messages: Message[] = [];
  for (const bytes of requests) {
    const reader = FORMATS[format].reader(DEFAULT_LIMITS);
    assertEquals(reader.read(bytes, bytes.length, messages), bytes.length);
  }
  assertEquals(messages.length, requests.length);
  return messages as MessageMap[];
}

Deno.test("workload() makes requests of 83 bytes that differ in their sid, and gives the length of an answer", async () => {
  const { requests, answers, greets } = await workload("pickle", 300);
  assert(requests.every(({ length }) => length === 83));
  const sids = decode("pickle", requests).map(({ sid }) => sid);
  assertEquals(new Set(sids).size, 300);
  assertEquals([answers[0], greets], [encode([1]).length, true]);
  const json = await workload("json", 2);
  assertEquals(
    decode("json", json.requests).map(({ sid }) => sid),
    sids.slice(0, 2),
  );
  assertEquals(json.answers[0], encode([1], FORMATS.json).length);
  const echo = await workload("echo", 1);
  assertEquals([echo.answers, echo.greets], [[83], false]);
});

Deno.test("workload() speaks to Redis in its protocol", async () => {
  const { requests: [request] } = await workload("redis", 1);
  const lines = new TextDecoder().decode(request).split("\r\n");
  const [count, ...rest] = lines;
  const words = rest.filter((_, i) => i % 2 === 1);
  assertEquals([count, words.length], ["*8", 8]);
  words.forEach((word, i) => assertEquals(rest[2 * i], `$${word.length}`));
  assertEquals(words.slice(0, 3), [
    "HSET",
    "student:100000000",
    "student_name",
  ]);
});

python.test("workload() makes mixed requests that a reader accepts (needs run, python3)", async () => {
  const { requests } = await workload("mixed" as Speech, 2000);
  const students = decode("pickle", requests);
  const share = (holds: (student: MessageMap) => boolean) =>
    students.filter(holds).length / students.length;
  const names = (it: MessageMap) => String(it.student_name);
  // deno-lint-ignore no-control-regex -- it looks for letters outside ASCII
  const other = share((it) => /[^\x00-\x7f]/.test(names(it)));
  assert(other > 0.15 && other < 0.3, `${other}`);
  const asText = share(({ sid }) => typeof sid === "string");
  assert(asText > 0 && asText < 0.03, `${asText}`);
  const orders = new Set(students.map((it) => Object.keys(it).join()));
  assertEquals(orders.size, 6);
  const newest = requests.filter(([first, protocol]) =>
    first === 0x80 && protocol === 5
  );
  assert(newest.length > 100);
});

Deno.test("chart() draws a line for each contender, and names that do not overlap", () => {
  const svg = chart([
    { name: "A & B", points: [[1, 900], [16, 20_000]] },
    { name: "C", points: [[1, 1000], [16, 20_100]] },
    { name: "D", points: [[1, 1000], [16, 19_900]] },
  ], "2026-11-26, a machine");
  assertEquals(svg.match(/class="line/g)?.length, 3);
  assertMatch(svg, />A &amp; B</);
  assertMatch(svg, />2026-11-26, a machine</);
  assertMatch(svg, /prefers-color-scheme: dark/);
  const heights = [...svg.matchAll(/<text x="558" y="([\d.]+)"/g)]
    .map(([, y]) => Number(y)).sort((a, b) => a - b);
  assertEquals(heights.length, 3);
  for (let i = 1; i < 3; i++) assert(heights[i] - heights[i - 1] >= 15.9);
  assert(!/NaN|undefined|Infinity/.test(svg));
});

Deno.test("table() aligns names to the left and figures to the right", () => {
  assertEquals(table(["what", "P = 1"], [["a", "10.00"], ["bcdefg", "2"]]), [
    "what    P = 1",
    "a       10.00",
    "bcdefg      2",
  ]);
});

Deno.test("each() measures one thing after the other, until it is stopped", async () => {
  const stop = new AbortController();
  const bench: Bench = {
    contenders: CONTENDERS,
    quick: true,
    pinned: false,
    stop: stop.signal,
  };
  assertEquals(single(bench).map(({ name }) => name).slice(0, 2), [
    "Rollcall",
    "Redis",
  ]);
  const measured: number[] = [];
  const measure = (thing: number) => {
    measured.push(thing);
    if (thing === 3) stop.abort();
    return Promise.resolve(thing * 2);
  };
  const all = (things: number[]) =>
    each(bench, "test", things, String, measure);
  assertEquals(await all([1, 2]), [2, 4]);
  await assertRejects(() => all([3, 4]), Error, "Stopped before the end");
  assertEquals(measured, [1, 2, 3]);
});

Deno.test("rounds() measures all things in turns, and groups the results by thing", async () => {
  const turns: string[] = [];
  const measure = (thing: string) =>
    Promise.resolve(`${thing}${turns.push(thing)}`);
  const stop = new AbortController().signal;
  const results = await rounds(
    { stop },
    2,
    "test",
    ["a", "b"],
    String,
    measure,
  );
  assertEquals(turns, ["a", "b", "a", "b"]);
  assertEquals(results, [["a1", "a3"], ["b2", "b4"]]);
});

Deno.test("Throughput.tables has processor time first, then rates, and Redis's time divided by ours in the same round", () => {
  const rate = (cost: number, throughput: number): Rate => ({
    ...{ cost, throughput, load: 0.5, p50: 1, p99: 2, p999: 3 },
    ...{ requests: 1, seconds: 1, processor: 1, serverProcessor: 1 },
  });
  const contenders = CONTENDERS.filter(({ name }) =>
    name === "Rollcall" || name === "Redis"
  );
  const { tables } = new Throughput(contenders, [1, 64], [
    [
      new Map([[1, rate(8, 1000)], [64, rate(0.5, 9000)]]),
      new Map([[1, rate(16, 1000)], [64, rate(0.5, 9000)]]), // a slow moment
      new Map([[1, rate(40, 1000)], [64, rate(0.5, 9000)]]), // and a slower one
    ],
    [
      new Map([[1, rate(6, 9000)], [64, rate(1, 2000)]]),
      new Map([[1, rate(12, 9000)], [64, rate(1, 2000)]]),
      new Map([[1, rate(6, 9000)], [64, rate(1, 2000)]]),
    ],
  ]);
  assertEquals(tables.map(([head]) => head.replace(/ {2}.*/, "")), [
    "processor time: times Redis",
    "server's µs per request",
    "thousand requests per second",
    "load's share of its core, %",
    "p99 of ms to a batch's last answer",
  ]);
  const cells = (lines: string[]) => lines.map((line) => line.split(/ {2,}/));
  assertEquals(cells(tables[0]).slice(1), [
    ["Rollcall", "0.75", "2.00"],
    ["Redis", "1.00", "1.00"],
  ]);
  assertEquals(cells(tables[2])[1], ["Rollcall", "1", "9"]);
});

file.test("readSaved() refuses figures of another machine, and names both (needs read, write)", async () => {
  const path = await Deno.makeTempFile({ suffix: ".json" });
  try {
    const machine = { processor: "A processor", cores: 2, deno: "2.9.6" };
    const saved = { machine, quick: false, throughput: {} };
    await Deno.writeTextFile(path, JSON.stringify(saved));
    assertEquals(readSaved(path, machine, false), saved);
    for (
      const [other, words] of [
        [{ processor: "B processor" }, "B processor, 2 cores, Deno 2.9.6"],
        [{ cores: 4 }, "A processor, 4 cores, Deno 2.9.6"],
        [{ deno: "2.8.0" }, "A processor, 2 cores, Deno 2.8.0"],
      ] as const
    ) {
      assertThrows(
        () => readSaved(path, { ...machine, ...other }, false),
        Error,
        `${path} was measured on A processor, 2 cores, Deno 2.9.6, and this ` +
          `is ${words}: figures of two machines`,
      );
    }
    const refusal = () => readSaved(path, machine, true);
    assertThrows(refusal, Error, "was measured without --quick");
    for (const text of ["no JSON", "null", JSON.stringify({ machine })]) {
      await Deno.writeTextFile(path, text);
      assertThrows(refusal, Error, `${path} is not what deno task bench`);
    }
    await Deno.remove(path);
    assertThrows(refusal, Error, `Cannot read ${path}: there is no such file`);
    await Deno.create(path);
  } finally {
    await Deno.remove(path);
  }
});
