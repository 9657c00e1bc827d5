/**
 * This version of the server, compared with that of another commit.
 *
 * @module
 */

import { Failure } from "../../lib/cli/program.ts";
import { copyProject } from "../../tools/teach/faults/copy.ts";
import { type Contender, rollcall, taskIn } from "./contenders.ts";
import { FIRST_LOAD, measure, type Plan, type Speed } from "./round.ts";
import { type Bench, each, type Section } from "./section.ts";
import { isThere } from "./subject.ts";
import { figuresOf, tableOf } from "./tables.ts";
import { depthsOf, heads } from "./throughput.ts";

const ROOT = new URL("../../", import.meta.url);

/** The contenders that are measured: the uniform load and the mixed one. */
export const VERSIONED: readonly string[] = ["Rollcall", "Rollcall, mixed"];

/** A commit: as the user names it, and its id. */
export interface Commit {
  revision: string;
  id: string;
}

/** Runs git in the project's folder. Resolves to what it prints. */
async function git(...args: string[]): Promise<string | undefined> {
  const { success, stdout } = await new Deno.Command("git", {
    args,
    cwd: ROOT,
    stderr: "null",
  }).output();
  return success ? new TextDecoder().decode(stdout).trim() : undefined;
}

/**
 * Finds a commit.
 *
 * @throws {Failure} If there is no git, no checkout or no such commit.
 */
export async function commitOf(revision: string): Promise<Commit> {
  if (!await isThere("git")) {
    throw new Failure(
      `--against ${revision} needs git, which is not installed`,
    );
  }
  if (!await git("rev-parse", "--is-inside-work-tree")) {
    throw new Failure(
      `--against ${revision} needs a git checkout, and this folder is not one`,
    );
  }
  const quietly = ["--verify", "--quiet", "--end-of-options"];
  const id = await git("rev-parse", ...quietly, `${revision}^{commit}`);
  if (!id) {
    throw new Failure(
      `git has no commit ${revision}: --against takes a commit as git names ` +
        "it, such as HEAD~1, or a file whose name ends in .json",
    );
  }
  return { revision, id };
}

/** Extracts the files of a commit into a folder. */
async function checkOut(id: string, folder: string): Promise<void> {
  const archive = `git archive "$0" | tar --extract --directory "$1"`;
  const { success, stderr } = await new Deno.Command("sh", {
    args: ["-c", archive, id, folder],
    cwd: ROOT,
  }).output();
  const said = new TextDecoder().decode(stderr).trim();
  if (!success || said) throw new Failure(`Cannot extract ${id}: ${said}`);
}

/**
 * Measures copies of both versions in turns. Resolves to the figures of this version
 * divided by those of the other, at each depth.
 */
async function measurePair(
  { name, speech }: Contender,
  folders: readonly [now: string, before: string],
  depths: readonly number[],
  plan: Plan,
  oldFirst: boolean,
): Promise<Speed[]> {
  const servers = await Promise.all(folders.map(async (folder) => ({
    contender: rollcall(name, speech, ["--quiet"], await taskIn(folder)),
    folder,
  })));
  const rates = await measure(
    oldFirst ? servers.toReversed() : servers,
    depths,
    plan,
  );
  const [now, before] = oldFirst ? rates.toReversed() : rates;
  return depths.map((depth) => {
    const [a, b] = [now.get(depth)!, before.get(depth)!];
    return { cost: a.cost / b.cost, throughput: a.throughput / b.throughput };
  });
}

/**
 * Compares this version with that of a commit. The two take turns, because a
 * machine's speed changes from minute to minute, and the ratios of each pair
 * count. The order changes from pair to pair.
 */
export async function againstCommit(
  { revision, id }: Commit,
  pairs: number,
  bench: Bench,
): Promise<Section> {
  const { contenders, quick, pinned } = bench;
  const depths = depthsOf(bench);
  const plan: Plan = quick
    ? { clients: 50, warmUp: 100, measured: 300, pinned }
    : {
      clients: 50,
      firstLoad: FIRST_LOAD,
      warmUp: 500,
      measured: 1000,
      pinned,
    };
  const root = await Deno.makeTempDir({ prefix: "rollcall-" });
  const versions = [`${root}/now`, `${root}/before`] as const;
  try {
    await copyProject(versions[0]);
    await Deno.mkdir(versions[1]);
    await checkOut(id, versions[1]);
    const rows = [];
    for (const contender of contenders) {
      const ratios = await each(
        bench,
        contender.name,
        Array.from({ length: pairs }, (_, i) => i),
        (i) => `pair ${i + 1} of ${pairs}`,
        (i) => measurePair(contender, versions, depths, plan, i % 2 === 1),
      );
      const cells = depths.map((_, i) => ratios.map((pair) => pair[i]));
      rows.push({ name: contender.name, cells });
    }
    const measured = { columns: heads(depths), rows };
    const title = `now / ${revision}, median of ${pairs}:`;
    return {
      tables: [
        tableOf<Speed>(measured, {
          title: `${title} processor time per request`,
          digits: 3,
          of: ({ cost }) => cost,
        }),
        tableOf<Speed>(measured, {
          title: `${title} requests per second`,
          digits: 3,
          of: ({ throughput }) => throughput,
        }),
      ],
      figures: { commit: id, ratios: figuresOf(measured) },
    };
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}
