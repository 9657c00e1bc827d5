/**
 * Where Python is.
 *
 * @module
 */

/**
 * Returns the path of Python 3 itself. The command `python3` may be a script that
 * chooses a version, which takes longer than to start Python.
 */
export async function pythonPath(): Promise<string> {
  const { success, stdout } = await new Deno.Command("python3", {
    args: ["-c", "import sys; print(sys.executable)"],
  }).output();
  if (!success) throw new Error("python3 does not run");
  return new TextDecoder().decode(stdout).trim();
}
