import { assert, assertEquals } from "@std/assert";
import { type Part, Shapes } from "../lib/formats/pickle/templates.ts";

const encoder = new TextEncoder();

/** A message whose values are digits, each after its key. */
function learn(shapes: Shapes, text: string): void {
  const values = [...text.matchAll(/([a-z]+)=\d+/g)];
  const cuts = [0];
  for (const { 0: all, 1: key, index } of values) {
    cuts.push(index + key.length + 1, index + all.length);
  }
  const keys = values.map(([, key]) => key);
  shapes.learn(encoder.encode(text), keys, cuts, text.length);
}

/** The keys of a message, if all its parts are known. */
function keysOf(shapes: Shapes, text: string): string[] | undefined {
  const bytes = encoder.encode(text);
  const keys: string[] = [];
  let part: Part | undefined = shapes.start;
  for (let at = 0;;) {
    part = shapes.next(part, bytes, at, bytes.length);
    if (!part) return undefined;
    at += part.bytes.length;
    if (part.key === undefined) return at === bytes.length ? keys : undefined;
    keys.push(part.key);
    while (bytes[at] >= 0x30 && bytes[at] <= 0x39) at++;
  }
}

/** Has a shape learned, which only chance decides. */
function teach(shapes: Shapes, text: string): void {
  for (let i = 0; i < 500; i++) learn(shapes, text);
}

Deno.test("Shapes knows a message again whatever its values, and no other", () => {
  const shapes = new Shapes();
  teach(shapes, "a=1,bc=2;");
  assertEquals(keysOf(shapes, "a=12345,bc=0;"), ["a", "bc"]);
  for (const other of ["a=1,bd=2;", "a=1,bc=2", "a=1;", "bc=1,a=2;", ""]) {
    assertEquals(keysOf(shapes, other), undefined, other);
  }
  teach(shapes, "a=1;");
  assertEquals(keysOf(shapes, "a=7;"), ["a"]);
  assertEquals(keysOf(shapes, "a=7,bc=8;"), ["a", "bc"]);
});

Deno.test("Shapes knows a shape whose part begins as another does", () => {
  const shapes = new Shapes();
  const texts: [string, number[]][] = [
    ["a=1;", [0, 2, 3]], // and where its value is
    ["a==?1;", [0, 4, 5]],
  ];
  for (const [text, cuts] of texts) {
    const bytes = encoder.encode(text);
    for (let i = 0; i < 500; i++) {
      shapes.learn(bytes, ["a"], cuts, bytes.length);
    }
  }
  assertEquals(keysOf(shapes, "a=7;"), ["a"]);
  assertEquals(keysOf(shapes, "a==?7;"), ["a"]);
});

Deno.test("Shapes knows a shape that comes often beside others that come once", () => {
  const shapes = new Shapes();
  const letters = (n: number) =>
    [...`${n}`].map((digit) => String.fromCharCode(0x61 + Number(digit)));
  let known = 0;
  for (let i = 0; i < 2000; i++) {
    learn(shapes, `x${letters(i).join("")}=1,y=2;`);
    if (keysOf(shapes, "usual=1,y=2;")) known++;
    else learn(shapes, "usual=1,y=2;");
  }
  assert(known > 500, `${known} of 2,000`);
});

Deno.test("Shapes holds a bounded number of parts, none of them long", () => {
  const shapes = new Shapes();
  // Of four keys each, of which there are few at first, and more later.
  const key = () => {
    const letters = Math.floor(4 + i / 10_000);
    return String.fromCharCode(0x61 + Math.floor(Math.random() * letters));
  };
  let i = 0;
  for (; i < 200_000; i++) {
    learn(shapes, `${key()}=1,${key()}=2,${key()}=3,${key()}=4;`);
    if (i % 5000 > 0) continue;
    const all: Part[] = [shapes.start];
    for (const part of all) all.push(...part.next);
    assert(all.length <= 513, `${all.length} parts`);
    assert(all.every(({ next }) => next.length <= 16));
  }
  const long = "x".repeat(100);
  teach(shapes, `${long}=1;`);
  assertEquals(keysOf(shapes, `${long}=1;`), undefined);
});
