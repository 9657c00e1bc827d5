/**
 * Names that could deceive a reader of the server's screen.
 *
 * @module
 */

import { STUDENT } from "../../../clienthelper.ts";
import { FORMATS, type Message } from "../../../lib/formats/formats.ts";
import { Random } from "../../../lib/testing/random.ts";
import { allOf, none } from "./figures.ts";
import { hostileNames, WHOLE } from "./hostile_names.ts";
import { OutputServer } from "./output_server.ts";
import type { Figure, Scenario } from "./scenario.ts";
import { columnsOf, deceptive, unescaped } from "./shown.ts";

/** How many names are put together at random. */
const RANDOM = 6000;
/** How many requests are sent at a time. */
const BATCH = 100;
/** The flags of a server whose lines a class may see. `--classroom` shows the same lines, but counts those that come again. */
const MASKED = ["--mask-sid"];
/** The widest field with `--classroom`, in columns. */
const COLUMNS = 60;
/** The end of a field that is cut. */
const CUT = /\.\.\. \(\d+ characters?\)$/;
/** How many mistakes are shown. */
const SHOWN = 5;

/** The lab's names of the fields, in the order of the line. */
const FIELDS = ["student_name", "github_username", "sid"] as const;

/** A name that one field of a request had, and what the line has in its place. */
interface Field {
  name: string;
  /** `undefined` if there is no such line. */
  shown: string | undefined;
}

/** Text from the network shows as one line, and as what it is. */
export const screen: Scenario = {
  name: "screen",
  about: "names that forge, hide, move and wipe: each request shows as one " +
    "line, in which nothing is hidden",
  async measure(tell, stop): Promise<Figure[]> {
    const seed = Date.now();
    tell(`seed ${seed}`);
    const names = hostileNames(new Random(seed), RANDOM);
    const all = [...WHOLE, ...names];
    const usual = await shownBy([], all, stop);
    const masked = await shownBy(
      MASKED,
      all,
      stop,
    );
    const whole = usual.fields
      .filter(({ name }) => WHOLE.includes(name));
    const wrong: Record<string, Field[]> = {
      "requests without their line": [...usual.fields, ...masked.fields]
        .filter(({ shown }) => shown === undefined),
      "fields with hidden characters": usual.fields
        .filter(({ shown = "" }) => deceptive(shown).length > 0),
      "fields with hidden characters, --mask-sid": masked.fields
        .filter(({ shown = "" }) => deceptive(shown).length > 0),
      "fields that are not what was sent": usual.fields.filter(isOther),
      [`fields over ${COLUMNS} columns, --mask-sid`]: masked.fields
        .filter(({ shown = "" }) =>
          columnsOf(shown.replace(CUT, "")) > COLUMNS
        ),
    };
    const figures = [
      none("lines besides those of requests", usual.others + masked.others),
      allOf(
        "names that stay whole",
        whole.filter(({ name, shown }) => shown === name).length,
        WHOLE.length * FIELDS.length,
      ),
    ];
    for (const [what, fields] of Object.entries(wrong)) {
      figures.push(none(what, fields.length));
      for (const field of fields.slice(0, SHOWN)) {
        tell(`${what}: ${ascii(field.name)} as ${ascii(field.shown ?? "")}`);
      }
    }
    return figures;
  },
};

/** Sends each name in each field. Resolves to how they are shown, and how many other lines there are. */
async function shownBy(
  flags: readonly string[],
  names: readonly string[],
  stop: AbortSignal,
): Promise<{ fields: Field[]; others: number }> {
  const requests = names.flatMap((name) =>
    FIELDS.map((field): Message => ({ ...STUDENT, [field]: name }))
  );
  await using server = new OutputServer("reads", "reads", [
    ...["--wire", "json"], // which can carry lone surrogates
    ...flags,
  ]);
  using peer = await server.client(FORMATS.json);
  for (let at = 0; at < requests.length; at += BATCH) {
    stop.throwIfAborted();
    const batch = requests.slice(at, at + BATCH);
    const sent = peer.send(...batch);
    const answers = await peer.receiveSome(batch.length);
    await sent;
    const refused = answers.find((answer) => answer !== 1);
    if (refused) throw new Error(`Refused: ${JSON.stringify(refused)}`);
  }
  const { stdout } = await server.ended();
  const [, ...lines] = stdout.split("\n"); // the first one says where it listens
  const fields = requests.map((_, i): Field => ({
    name: names[Math.floor(i / FIELDS.length)],
    shown: fieldOf(lines[i], i % FIELDS.length),
  }));
  return { fields, others: Math.abs(lines.length - 1 - requests.length) };
}

/** Returns the field of a line that has the other fields as they were sent. */
function fieldOf(line: string | undefined, field: number): string | undefined {
  const sid = String.raw`[\d*]*89`;
  const values = [STUDENT.student_name, STUDENT.github_username, sid];
  values[field] = "(.*)";
  const [name, user, number] = values;
  return line?.match(
    `^Connected: Student: ${name}, Github Username: ${user}, sid: ${number}$`,
  )?.[1];
}

/** Whether a field is not what was sent. An escape that was sent looks like one that was shown. */
function isOther({ name, shown = "" }: Field): boolean {
  const isCut = CUT.test(shown);
  return !isCut && !name.includes("\\") && unescaped(shown) !== name;
}

function ascii(text: string): string {
  return JSON.stringify(text.slice(0, 40)).replace(
    /[^ -~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
