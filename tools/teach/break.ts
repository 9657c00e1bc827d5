/**
 * `deno task break`: takes one safeguard out of a copy of the project, and shows
 * what goes wrong without it.
 *
 * @module
 */

import { pathToFileURL } from "node:url";
import { text, UsageError } from "../../lib/cli/flags.ts";
import { exitWith, Failure, runProgram } from "../../lib/cli/program.ts";
import { suggestion } from "../../lib/cli/suggestion.ts";
import { complain, print } from "../../lib/output.ts";
import { compare } from "./faults/compare.ts";
import { copyProject } from "./faults/copy.ts";
import { leaveExercise, quoted, wayBack } from "./faults/exercise.ts";
import { type Fault, readFaults, ROOT } from "./faults/fault.ts";
import { patchFolder } from "./faults/patch.ts";
import { happens, storyOf } from "./faults/story.ts";
import { fileOfTest } from "./faults/trial.ts";
import { labelled, pageWidth } from "../../lib/cli/page.ts";
import { screenHeight, withFooter } from "../terminal/screen.ts";

/** The titles of the levels, from 1 up. */
const LEVELS = ["Easy", "Medium", "Hard"];

/** What the names of the faults in limits begin with. */
const LIMIT = "limit-";
/** How many rows of the screen are left for the hint below the list, and the prompt. */
const BELOW = 2;

/**
 * All faults, the easiest first. If they do not fit the screen, the harder ones have
 * their names only: a terminal shows the end of a long list.
 */
export function listFaults(
  faults: readonly Fault[],
  width: number,
  screen: number,
): string[] {
  const isLimit = ({ name }: Fault) => name.startsWith(LIMIT);
  const namesOf = (some: readonly Fault[]) =>
    labelled("  ", some.map(({ name }) => name).join(", "), width);
  const limits = faults.filter(isLimit);
  const others = faults.filter((fault) => !isLimit(fault));
  const longest = Math.max(...others.map(({ name }) => name.length));
  const levels = LEVELS.map((_, i) =>
    others.filter(({ level }) => level === i + 1)
  );
  const explained = (some: readonly Fault[]) =>
    some.flatMap(({ name, takes }) =>
      labelled(`  ${name.padEnd(longest)}  `, takes, width)
    );
  /** Explains the faults of so many levels. */
  const list = (count: number) => [
    ...LEVELS.flatMap((title, i) => [
      `${title}:`,
      ...(i < count ? explained(levels[i]) : namesOf(levels[i])),
    ]),
    "A limit is not enforced (from easy to hard):",
    ...(count === LEVELS.length ? namesOf(limits) : labelled(
      `  ${LIMIT}...: `,
      limits.map(({ name }) => name.slice(LIMIT.length)).join(", "),
      width,
    )),
  ];
  let count = LEVELS.length;
  while (count > 0 && list(count).length > screen - BELOW) count--;
  return list(count);
}

/** Returns events as a sentence. Equal ones in a row are counted. */
export function inWords(events: readonly string[]): string {
  const counts: { event: string; count: number }[] = [];
  for (const event of events) {
    const last = counts.at(-1);
    if (last?.event === event) last.count++;
    else counts.push({ event, count: 1 });
  }
  return counts
    .map(({ event, count }) => count > 1 ? `${event} (${count} times)` : event)
    .join("; then ");
}

/** Shows what happens with a fault, beside what should happen. */
async function show(fault: Fault): Promise<number> {
  const { name, takes, then, watch, scenario, right, wrong } = fault;
  const copy = await Deno.makeTempDir({ prefix: "rollcall-" });
  try {
    await copyProject(copy);
    await patchFolder(fault.patch, copy);
    const good = await storyOf(ROOT, scenario);
    const bad = await storyOf(pathToFileURL(`${copy}/`), scenario);
    const width = pageWidth();
    const table = compare(
      ["AS IT SHOULD BE", good],
      ["BROKEN (a run of its own)", bad],
      width,
    );
    print([
      ...labelled("The fault: ", takes, width),
      ...labelled("Effect:    ", then, width),
      "",
      ...withFooter(table, [
        "",
        ...labelled("Watch for:       ", watch, width),
        ...labelled("As it should be: ", inWords(right), width),
        ...labelled("Broken:          ", inWords(wrong), width),
      ]),
    ]);
    const shown = happens(right, good) && !happens(right, bad) &&
      happens(wrong, bad) && !happens(wrong, good);
    if (!shown) {
      throw new Failure(
        `The scenario does not show the effect of ${name}`,
      );
    }
  } finally {
    await Deno.remove(copy, { recursive: true });
  }
  complain(`To mend it yourself: deno task break ${name} --exercise FOLDER`);
  return 0;
}

async function exercise(fault: Fault, folder: string): Promise<number> {
  await leaveExercise(fault, folder);
  const file = await fileOfTest(fault.test);
  print([
    `${folder} is a copy of this project with a fault in it.`,
    "Go there. Run the test that fails, and draw what happens:",
    "",
    `  cd ${quoted(folder)}`,
    `  deno test -A ${file} --filter "[${fault.test}]"`,
    `  deno task trace ${fault.scenario}`,
    "",
    "Mend it. Then, in the same folder, ask whether it is mended:",
    "",
    "  deno task mended",
    "",
    `To come back here: cd ${quoted(wayBack(folder))}`,
  ]);
  return 0;
}

interface BreakFlags {
  exercise: string;
}

/** The command line. Returns the exit code. */
export function main(args: readonly string[]): Promise<number> {
  return runProgram({
    use: "break [NAME]",
    about:
      "Takes one safeguard out of a copy of this project, and shows what " +
      "goes wrong without it. Without a name, lists the faults, the easiest first.",
    flags: {
      exercise: {
        ...text("put a copy to mend into this new folder", "", "none"),
        takes: "a new folder",
      },
    },
    takesOperands: true,
    run: async ({ exercise: folder }: BreakFlags, [name, ...more]) => {
      if (more.length > 0) throw new UsageError("One fault at a time");
      const faults = await readFaults();
      const fault = faults.find((fault) => fault.name === name);
      if (fault) return await (folder ? exercise(fault, folder) : show(fault));
      if (name !== undefined) {
        const near = suggestion(name, faults.map(({ name }) => name));
        throw new UsageError(
          `There is no fault ${name}.${near} \`deno task break\` lists them`,
        );
      }
      if (folder) {
        throw new UsageError(
          "--exercise needs the name of a fault. `deno task break` lists them",
        );
      }
      print(listFaults(faults, pageWidth(), screenHeight()));
      complain("Show one: deno task break no-lock");
      return 0;
    },
  }, args);
}

if (import.meta.main) await exitWith(main);
