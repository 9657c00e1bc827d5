import { assert, assertEquals } from "@std/assert";
import { type Segment, Templates } from "../lib/formats/pickle/templates.ts";

const encoder = new TextEncoder();

/** Offers a message whose values are digits, each after its key, to be learned. */
function learn(templates: Templates, text: string): void {
  const values = [...text.matchAll(/([a-z]+)=\d+/g)];
  const cuts = [0];
  for (const { 0: all, 1: key, index } of values) {
    cuts.push(index + key.length + 1, index + all.length);
  }
  const keys = values.map(([, key]) => key);
  templates.learn(encoder.encode(text), keys, cuts, text.length);
}

/** Returns the keys of a message if all its segments are known. */
function keysOf(templates: Templates, text: string): string[] | undefined {
  const bytes = encoder.encode(text);
  const keys: string[] = [];
  let segment: Segment | undefined = templates.start;
  for (let at = 0;;) {
    segment = templates.next(segment, bytes, at, bytes.length);
    if (!segment) return undefined;
    at += segment.bytes.length;
    if (segment.key === undefined) {
      return at === bytes.length ? keys : undefined;
    }
    keys.push(segment.key);
    while (bytes[at] >= 0x30 && bytes[at] <= 0x39) at++;
  }
}

/** Offers a message so often that its template is learned, which happens at random. */
function teach(templates: Templates, text: string): void {
  for (let i = 0; i < 500; i++) learn(templates, text);
}

Deno.test("Templates recognizes a learned message whatever its values, and no other message", () => {
  const templates = new Templates();
  teach(templates, "a=1,bc=2;");
  assertEquals(keysOf(templates, "a=12345,bc=0;"), ["a", "bc"]);
  for (const other of ["a=1,bd=2;", "a=1,bc=2", "a=1;", "bc=1,a=2;", ""]) {
    assertEquals(keysOf(templates, other), undefined, other);
  }
  teach(templates, "a=1;");
  assertEquals(keysOf(templates, "a=7;"), ["a"]);
  assertEquals(keysOf(templates, "a=7,bc=8;"), ["a", "bc"]);
});

Deno.test("Templates recognizes two templates whose segments begin alike", () => {
  const templates = new Templates();
  const texts: [string, number[]][] = [
    ["a=1;", [0, 2, 3]], // where the parts begin and end
    ["a==?1;", [0, 4, 5]],
  ];
  for (const [text, cuts] of texts) {
    const bytes = encoder.encode(text);
    for (let i = 0; i < 500; i++) {
      templates.learn(bytes, ["a"], cuts, bytes.length);
    }
  }
  assertEquals(keysOf(templates, "a=7;"), ["a"]);
  assertEquals(keysOf(templates, "a==?7;"), ["a"]);
});

Deno.test("Templates learns a template that occurs often among others that occur once", () => {
  const templates = new Templates();
  const letters = (n: number) =>
    [...`${n}`].map((digit) => String.fromCharCode(0x61 + Number(digit)));
  let known = 0;
  for (let i = 0; i < 2000; i++) {
    learn(templates, `x${letters(i).join("")}=1,y=2;`);
    if (keysOf(templates, "usual=1,y=2;")) known++;
    else learn(templates, "usual=1,y=2;");
  }
  assert(known > 500, `${known} of 2,000`);
});

Deno.test("Templates holds a bounded number of segments, none of them long", () => {
  const templates = new Templates();
  // Each message has four keys, drawn from few at first, and from more later.
  const key = () => {
    const letters = Math.floor(4 + i / 10_000);
    return String.fromCharCode(0x61 + Math.floor(Math.random() * letters));
  };
  let i = 0;
  for (; i < 200_000; i++) {
    learn(templates, `${key()}=1,${key()}=2,${key()}=3,${key()}=4;`);
    if (i % 5000 > 0) continue;
    const all: Segment[] = [templates.start];
    for (const segment of all) all.push(...segment.next);
    assert(all.length <= 513, `${all.length} segments`);
    assert(all.every(({ next }) => next.length <= 16));
  }
  const long = "x".repeat(100);
  teach(templates, `${long}=1;`);
  assertEquals(keysOf(templates, `${long}=1;`), undefined);
});
