import { assert, assertEquals } from "@std/assert";
import { inWords } from "../tools/teach/break.ts";
import { compare } from "../tools/teach/faults/compare.ts";
import { draw } from "../tools/teach/scenario/draw.ts";
import { play } from "../tools/teach/scenario/play.ts";
import { SCENARIOS } from "../tools/teach/scenario/scenarios.ts";
import { type Event, tell } from "../tools/teach/scenario/story.ts";
import { fold } from "../lib/cli/page.ts";
import { withFooter } from "../tools/terminal/screen.ts";
import scenarios from "./testdata/scenarios.txt" with { type: "text" };

const stories = scenarios.split(/^# /m).slice(1);

/**
 * Returns the lines, with those of one moment sorted by participant: the server
 * does not promise which of two tasks runs first within a moment.
 */
function byMoment(lines: readonly string[]): string {
  const key = (line: string) => line.match(/^ *\d+ ms {2}\S+( \S+)*/)![0];
  const order = (a: string, b: string) => a < b ? -1 : a > b ? 1 : 0;
  return lines.toSorted((a, b) => order(key(a), key(b))).join("\n");
}

Deno.test("Each scenario has a story, and each story a scenario", () => {
  const names = stories.map((story) => story.slice(0, story.indexOf("\n")));
  assertEquals(names, SCENARIOS.map(({ name }) => name));
});

SCENARIOS.forEach((scenario, i) => {
  const { name } = scenario;
  Deno.test(`Scenario [${name}] produces its story in tests/testdata/scenarios.txt`, async () => {
    const story = tell(await play(scenario));
    const expected = stories[i].trimEnd().split("\n").slice(1);
    // If they differ, shows the lines in their original order.
    if (byMoment(story) !== byMoment(expected)) assertEquals(story, expected);
  });
});

Deno.test("play() and draw() give the same result each time, and draw() keeps to the width", async () => {
  for (const scenario of SCENARIOS) {
    const events = await play(scenario);
    const table = draw(events, 100);
    const lines = [...table.head, ...table.rows];
    assert(lines.every((line) => line.length <= 100), scenario.name);
    assertEquals(draw(await play(scenario), 100), table);
    // No event is left out.
    const drawn = lines.join("").replaceAll(/[|\s]/g, "");
    for (const { what } of events) {
      for (const part of fold(what, 20)) {
        assert(drawn.includes(part.replaceAll(" ", "")), `${part} of ${what}`);
      }
    }
    for (const width of [0, 20, 50]) draw(events, width); // must end
    for (const width of [60, 80]) {
      const { head, rows } = draw(events, width);
      for (const line of [...head, ...rows]) {
        assert(line.length <= width, `${scenario.name}: ${line}`);
      }
    }
  }
});

Deno.test("draw() breaks no word of a head on a terminal of 80 columns", async () => {
  for (const scenario of SCENARIOS) {
    const events = await play(scenario);
    const heads = draw(events, 80).head.slice(0, -1);
    const words = heads.flatMap((line) => line.match(/[^\s|]+/g) ?? []);
    const whole = events.flatMap(({ who }) => who.split(" "));
    const known = new Set(["ms", "accept", "loop", "handler", ...whole]);
    for (const name of whole) known.add(`${name}'s`);
    for (const word of words) {
      assert(known.has(word), `${scenario.name}: ${word}`);
    }
  }
});

Deno.test("withFooter() shows the head of a table on each screen of a terminal", () => {
  const head = ["HEAD", "----"];
  for (const count of [1, 5, 18, 19, 20, 50, 1000]) {
    const rows = Array.from({ length: count }, (_, i) => `row ${i}`);
    const footer = ["", "footer"];
    const lines = withFooter({ head, rows }, footer, 24);
    assertEquals(lines.filter((line) => /^row|^f/.test(line)), [
      ...rows,
      "footer",
    ]);
    // The terminal shows two more lines at the end: a hint and the prompt.
    for (let end = 22; end <= lines.length; end++) {
      assert(lines.slice(Math.max(0, end - 22), end).includes("HEAD"));
    }
    assertEquals(withFooter({ head, rows }, footer, Infinity), [
      ...head,
      ...rows,
      ...footer,
    ]);
  }
});

Deno.test("fold() breaks lines between words, and within a word that is too long", () => {
  assertEquals(fold("one two three", 7), ["one two", "three"]);
  assertEquals(fold("abcdefgh ij", 3), ["abc", "def", "gh", "ij"]);
  assertEquals(fold("", 3), [""]);
  assertEquals(fold("ab c", 0), ["a", "b", "c"]);
});

Deno.test("compare() puts equal events into the same row, and marks the others", () => {
  const event = (what: string): Event => ({ at: 0, who: "A", what });
  const lines = compare(
    ["L", ["x", "y", "z"].map(event)],
    ["R", ["x", "z", "w"].map(event)],
    80,
  ).rows.map((line) => line.replaceAll(/\s+/g, " ").trim());
  assertEquals(lines, ["0 A x | 0 A x", "0 A y <", "0 A z | 0 A z", "> 0 A w"]);
  compare(["L", [event("x")]], ["R", [event("y")]], 0); // must end
});

Deno.test("compare() has the events of one side in the order of their times, between those of both", () => {
  const events = (...times: [string, number][]) =>
    times.map(([what, at]): Event => ({ at, who: "A", what }));
  const rows = compare(
    ["L", events(["x", 1], ["late", 51], ["z", 60])],
    ["R", events(["x", 1], ["early", 37], ["z", 40])],
    80,
  ).rows.map((line) => line.replaceAll(/\s+/g, " ").trim());
  assertEquals(rows, [
    "1 A x | 1 A x",
    "> 37 A early",
    "51 A late <",
    "60 A z | 40 A z",
  ]);
});

Deno.test("inWords() counts equal events in a row", () => {
  assertEquals(inWords(["a", "b", "b", "a"]), "a; then b (2 times); then a");
  assertEquals(inWords(["a"]), "a");
});
