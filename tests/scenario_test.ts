import { assert, assertEquals } from "@std/assert";
import { compare } from "../tools/teach/faults/compare.ts";
import { draw, fold } from "../tools/teach/scenario/draw.ts";
import { play } from "../tools/teach/scenario/play.ts";
import { SCENARIOS } from "../tools/teach/scenario/scenarios.ts";
import { type Event, tell } from "../tools/teach/scenario/story.ts";
import scenarios from "./testdata/scenarios.txt" with { type: "text" };

const stories = scenarios.split(/^# /m).slice(1);

/**
 * The lines, those of one moment sorted by whom they are about: which of two
 * tasks goes first within a moment is no promise of the server.
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
  Deno.test(`Scenario [${name}] goes as tests/testdata/scenarios.txt tells`, async () => {
    const story = tell(await play(scenario));
    const expected = stories[i].trimEnd().split("\n").slice(1);
    // Shown as it was, if it is not as it should be.
    if (byMoment(story) !== byMoment(expected)) assertEquals(story, expected);
  });
});

Deno.test("play() and draw() give the same each time, on lines of at most so many characters", async () => {
  for (const scenario of SCENARIOS) {
    const events = await play(scenario);
    const lines = draw(events, 100);
    assert(lines.every((line) => line.length <= 100), scenario.name);
    assertEquals(draw(await play(scenario), 100), lines);
    // Nothing of what happened is left out.
    const drawn = lines.join("").replaceAll(/[|\s]/g, "");
    for (const { what } of events) {
      for (const part of fold(what, 20)) {
        assert(drawn.includes(part.replaceAll(" ", "")), `${part} of ${what}`);
      }
    }
    for (const width of [0, 20, 50]) draw(events, width); // it ends, at least
    for (const width of [60, 80]) {
      const narrow = draw(events, width);
      assert(narrow.every((line) => line.length <= width), scenario.name);
    }
  }
});

Deno.test("fold() breaks between words, and within one that is too long", () => {
  assertEquals(fold("one two three", 7), ["one two", "three"]);
  assertEquals(fold("abcdefgh ij", 3), ["abc", "def", "gh", "ij"]);
  assertEquals(fold("", 3), [""]);
  assertEquals(fold("ab c", 0), ["a", "b", "c"]);
});

Deno.test("compare() puts the same events into the same rows, and marks the others", () => {
  const event = (what: string): Event => ({ at: 0, who: "A", what });
  const lines = compare(
    ["L", ["x", "y", "z"].map(event)],
    ["R", ["x", "z", "w"].map(event)],
    40,
  ).slice(2).map((line) => line.replaceAll(/\s+/g, " ").trim());
  assertEquals(lines, ["0 A x | 0 A x", "0 A y <", "0 A z | 0 A z", "> 0 A w"]);
  compare(["L", [event("x")]], ["R", [event("y")]], 0); // it ends, at least
});
