/**
 * `deno task break`: takes one safeguard out of a copy of the project, and shows
 * what goes wrong without it.
 *
 * @module
 */

import { pathToFileURL } from "node:url";
import { text, UsageError } from "../../lib/cli/flags.ts";
import { exitWith, Failure, runProgram } from "../../lib/cli/program.ts";
import { complain, print } from "../../lib/output.ts";
import { compare } from "./faults/compare.ts";
import { copyProject } from "./faults/copy.ts";
import { leaveExercise } from "./faults/exercise.ts";
import { type Fault, readFaults, ROOT } from "./faults/fault.ts";
import { patchFolder } from "./faults/patch.ts";
import { happens, storyOf } from "./faults/story.ts";
import { fileOfTest } from "./faults/trial.ts";
import { fold, pageWidth } from "./scenario/draw.ts";

const LEVELS = ["Easy to understand", "Harder", "Hard"];

/** All faults, the easiest first. */
function list(faults: readonly Fault[], width: number): string[] {
  const isLimit = ({ name }: Fault) => name.startsWith("limit-");
  const limits = faults.filter(isLimit).map(({ name }) => name);
  const others = faults.filter((fault) => !isLimit(fault));
  const longest = Math.max(...others.map(({ name }) => name.length));
  return [
    ...LEVELS.flatMap((title, i) => [
      `${title}:`,
      ...others.filter(({ level }) => level === i + 1).flatMap((fault) =>
        labelled(`  ${fault.name.padEnd(longest)}  `, fault.takes, width)
      ),
    ]),
    "A limit that nothing keeps to, from easy to hard:",
    ...labelled("  ", limits.join(", "), width),
  ];
}

/** A text behind its title, on as many lines as it takes. */
function labelled(title: string, text: string, width: number): string[] {
  return fold(text, width - title.length)
    .map((line, i) => (i === 0 ? title : " ".repeat(title.length)) + line);
}

/** Shows what goes wrong by a fault, beside how it should go. */
async function show(fault: Fault): Promise<number> {
  const { name, takes, then, watch, scenario, right, wrong } = fault;
  const copy = await Deno.makeTempDir({ prefix: "rollcall-" });
  try {
    await copyProject(copy);
    await patchFolder(fault.patch, copy);
    const good = await storyOf(ROOT, scenario);
    const bad = await storyOf(pathToFileURL(`${copy}/`), scenario);
    const width = pageWidth();
    print([
      ...labelled("The fault: ", takes, width),
      ...labelled("What then: ", then, width),
      ...labelled("Watch for: ", watch, width),
      "",
      ...compare(["AS IT SHOULD BE", good], ["BROKEN", bad], width),
      "",
      ...labelled("As it should be: ", right.join(", then "), width),
      ...labelled("Broken:          ", wrong.join(", then "), width),
    ]);
    const shown = happens(right, good) && !happens(right, bad) &&
      happens(wrong, bad) && !happens(wrong, good);
    if (!shown) throw new Failure(`It does not show what ${name} should show`);
  } finally {
    await Deno.remove(copy, { recursive: true });
  }
  complain(`To mend it yourself: deno task break ${name} --exercise FOLDER`);
  return 0;
}

async function exercise(fault: Fault, folder: string): Promise<number> {
  await leaveExercise(fault, folder);
  const shown = folder.includes(" ") ? `"${folder}"` : folder;
  const file = await fileOfTest(fault.test);
  print([
    `${folder} is a copy of this project with a fault in it.`,
    "One of its tests fails. Run it there, and draw what happens:",
    "",
    `  cd ${shown}`,
    `  deno test -A ${file} --filter "[${fault.test}]"`,
    `  deno task trace --scenario ${fault.scenario}`,
    "",
    "Mend it, then ask, here:",
    "",
    `  deno task mended ${shown}`,
  ]);
  return 0;
}

interface BreakFlags {
  exercise: string;
}

/** The command line. Returns the exit code. */
export function main(args: readonly string[]): Promise<number> {
  const isName = (arg: string, i: number) =>
    !arg.startsWith("-") && args[i - 1] !== "--exercise";
  const [name, ...more] = args.filter(isName);
  return runProgram({
    use: "break [NAME]",
    about:
      "Takes one safeguard out of a copy of this project, and shows what " +
      "goes wrong without it. Without a name, lists them, the easiest first.",
    flags: {
      exercise: text("leave the copy in this new folder, to mend", "", "none"),
    },
    run: async ({ exercise: folder }: BreakFlags) => {
      if (more.length > 0) throw new UsageError("One fault at a time");
      const faults = await readFaults();
      const fault = faults.find((fault) => fault.name === name);
      if (fault) return await (folder ? exercise(fault, folder) : show(fault));
      if (name !== undefined || folder) {
        throw new UsageError(
          `There is no fault ${name ?? "without a name"}: ` +
            "`deno task break` lists them",
        );
      }
      print(list(faults, pageWidth()));
      complain("Show one: deno task break no-lock");
      return 0;
    },
  }, args.filter((arg, i) => !isName(arg, i)));
}

if (import.meta.main) await exitWith(main);
