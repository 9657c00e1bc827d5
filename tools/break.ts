/**
 * `deno task break`: takes one safeguard out of a copy of the project, and shows
 * what goes wrong without it.
 *
 * @module
 */

import { text, UsageError } from "../lib/cli/flags.ts";
import { exitWith, Failure, runProgram } from "../lib/cli/program.ts";
import { print, report } from "../lib/cli/terminal.ts";
import { compare } from "./faults/compare.ts";
import { copyProject } from "./faults/copy.ts";
import { leaveExercise } from "./faults/exercise.ts";
import { type Fault, patchFolder, readFaults, ROOT } from "./faults/fault.ts";
import { happens, storyOf } from "./faults/story.ts";
import { fold, pageWidth } from "./scenario/draw.ts";

const LEVELS = ["Easy to understand", "Harder", "Hard"];

/** All faults, the easiest first. */
function list(faults: readonly Fault[]): string[] {
  const width = Math.max(...faults.map(({ name }) => name.length));
  return LEVELS.flatMap((title, i) => [
    `${i > 0 ? "\n" : ""}${title}:`,
    ...faults.filter(({ level }) => level === i + 1)
      .map(({ name, takes }) => `  ${name.padEnd(width)}  ${takes}`),
  ]);
}

/** A text behind its title, on as many lines as it takes. */
function titled(title: string, text: string, width: number): string[] {
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
    const bad = await storyOf(new URL(`file://${copy}/`), scenario);
    const width = pageWidth();
    print([
      ...titled("Taken away: ", takes, width),
      ...titled("What then:  ", then, width),
      ...titled("Watch for:  ", watch, width),
      "",
      ...compare(["AS IT SHOULD BE", good], ["BROKEN", bad], width),
      "",
      ...titled("As it should be: ", right.join(", then "), width),
      ...titled("Broken:          ", wrong.join(", then "), width),
    ]);
    const shown = happens(right, good) && !happens(right, bad) &&
      happens(wrong, bad) && !happens(wrong, good);
    if (!shown) throw new Failure(`It does not show what ${name} should show`);
  } finally {
    await Deno.remove(copy, { recursive: true });
  }
  report(`To mend it yourself: deno task break ${name} --exercise FOLDER`);
  return 0;
}

async function exercise(fault: Fault, folder: string): Promise<number> {
  await leaveExercise(fault, folder);
  print([
    `${folder} is a copy of this project with a fault in it. By it, a test fails:`,
    "",
    `  ${fault.fails[0]}`,
    "",
    "See it fail, there:",
    "",
    `  cd ${folder}`,
    `  deno task test --filter "${fault.fails[0]}"`,
    "",
    "Mend it, then ask, here:",
    "",
    `  deno task mended ${folder}`,
  ]);
  return 0;
}

interface BreakFlags {
  exercise: string;
}

/** The command line. Returns the exit code. */
export function main(args: readonly string[]): Promise<number> {
  const name = args[0]?.startsWith("-") ? undefined : args[0];
  return runProgram({
    use: "break [NAME]",
    about:
      "Takes one safeguard out of a copy of this project, and shows what " +
      "goes wrong without it. Without a name, lists them, the easiest first.",
    flags: { exercise: text("leave the copy in this new folder, to mend", "") },
    run: async ({ exercise: folder }: BreakFlags) => {
      const faults = await readFaults();
      const fault = faults.find((fault) => fault.name === name);
      if (fault) return await (folder ? exercise(fault, folder) : show(fault));
      if (name !== undefined || folder) {
        throw new UsageError(
          `There is no fault ${name ?? "without a name"}: ` +
            "`deno task break` lists them",
        );
      }
      print(list(faults));
      return 0;
    },
  }, name === undefined ? args : args.slice(1));
}

if (import.meta.main) await exitWith(main);
