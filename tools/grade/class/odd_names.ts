/**
 * Names that are not UTF-8. Deno shows them with replacement characters, and
 * cannot open them, so a shell links to them from a folder of ours.
 *
 * @module
 */

/** Links each file and folder of "$1" from "$2" by a number, and prints the names. */
const SCRIPT = `
cd -- "$1" || exit
i=0
for name in * .[!.]* ..?*; do
  [ -e "$name" ] || continue
  ln -s "$PWD/$name" "$2/$i" || exit
  printf '%s\\0' "$name"
  i=$((i + 1))
done`;

/** A file or a folder whose name is not UTF-8. */
export interface OddName {
  /** Its name, with an escape for each byte that is not ASCII. */
  shown: string;
  /** A path that leads to it. */
  path: string;
}

/** Links the files and folders whose names are not UTF-8 from another folder. Rejects where there is no `sh`. */
export async function linkOddNames(
  folder: string,
  links: string,
): Promise<OddName[]> {
  await Deno.mkdir(links);
  const { stdout } = await new Deno.Command("sh", {
    args: ["-c", SCRIPT, "sh", folder, links],
    env: { LC_ALL: "C" }, // the shell takes each byte for a character
    stderr: "null",
  }).output();
  const odd: OddName[] = [];
  let from = 0;
  for (let i = 0; from < stdout.length; i++) {
    const end = stdout.indexOf(0, from);
    const name = stdout.subarray(from, end);
    if (!isUtf8(name)) odd.push({ shown: shown(name), path: `${links}/${i}` });
    from = end + 1;
  }
  return odd;
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

function shown(bytes: Uint8Array): string {
  return Array.from(
    bytes,
    (byte) =>
      byte < 0x80
        ? String.fromCharCode(byte)
        : `\\x${byte.toString(16).padStart(2, "0")}`,
  ).join("");
}
