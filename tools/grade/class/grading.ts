/**
 * Grading one submission in a process of its own.
 *
 * @module
 */

import { whenAborted } from "../../../lib/cli/signals.ts";
import { linesOf } from "../../processes/lines.ts";
import type { Outcome, Progress } from "../exam.ts";
import { fromJson } from "../json.ts";
import type { Check } from "../kit.ts";
import { adoptOrphans } from "../libc.ts";
import type { Isolation } from "../namespace.ts";
import { signal } from "../process_list.ts";
import { endLeftovers, MARK } from "../processes.ts";
import { NotGraded } from "./submission.ts";
import type { Job, News } from "./worker.ts";

/** Milliseconds that the process has to end its programs once it is asked to end. */
const END_LONGEST = 1500;
/** Characters of its stderr that are kept. */
const KEPT = 2000;

const WORKER = new URL("worker.ts", import.meta.url).href;
const FLAGS = ["run", "--quiet", "--no-prompt", "--allow-all"];

/** What a grading process is given, and how it runs. */
export interface Grading {
  job: Job;
  checks: readonly Check[];
  /** The folder for its temporary files. Removed by the caller: the process may be killed. */
  temporary: string;
  /** Gives it a network of its own. */
  isolation?: Isolation;
  stop: AbortSignal;
  onProgress(now: Progress): void;
}

/**
 * Grades one submission.
 *
 * @throws {NotGraded} If the program cannot be started, or the process fails.
 */
export async function gradeApart(
  { job, checks, temporary, isolation, stop, onProgress }: Grading,
): Promise<Outcome> {
  const own = [Deno.execPath(), ...FLAGS, WORKER, JSON.stringify(job)];
  const [command, ...args] = isolation?.wrap(own) ?? own;
  const mark = crypto.randomUUID();
  adoptOrphans();
  const child = new Deno.Command(command, {
    args,
    env: { [MARK]: mark, TMPDIR: temporary, NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const ended = new AbortController();
  const end = (name: Deno.Signal) => {
    if (!ended.signal.aborted) signal(child.pid, name);
  };
  let timer: ReturnType<typeof setTimeout> | undefined;
  whenAborted(AbortSignal.any([stop, ended.signal]), () => {
    // In namespaces, all that it started ends with it.
    end(isolation ? "SIGKILL" : "SIGTERM");
    if (!ended.signal.aborted) timer = setTimeout(end, END_LONGEST, "SIGKILL");
  });
  const complaint = tailOf(child.stderr);
  let last: News | undefined;
  for await (const line of linesOf(child.stdout)) {
    last = JSON.parse(line) as News;
    if ("check" in last) onProgress(last);
  }
  const { code, signal: by } = await child.status;
  ended.abort();
  clearTimeout(timer);
  // A process that was killed could not end its programs. Namespaces end with it.
  if (by && !isolation) await endLeftovers(undefined, mark);
  if (last && "notStarted" in last) throw new NotGraded(last.notStarted);
  if (last && "report" in last) {
    const verdicts = fromJson(last.report, checks);
    if (verdicts) return { verdicts, note: last.report.note };
  }
  if (by) {
    throw new NotGraded(
      `its grader was ended by ${by}, perhaps by the program`,
    );
  }
  const said = (await complaint).trim().split("\n")[0];
  throw new NotGraded(`the grader failed, with exit code ${code}: ${said}`);
}

/** Returns the end of a stream of text, once it ends. */
async function tailOf(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): Promise<string> {
  let text = "";
  for await (const more of stream.pipeThrough(new TextDecoderStream())) {
    text = (text + more).slice(-KEPT);
  }
  return text;
}
