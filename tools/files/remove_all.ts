/**
 * Removing folders that someone else filled.
 *
 * @module
 */

/**
 * Removes a folder with all that is in it, even if its permissions were removed.
 * A folder that does not exist is no error.
 *
 * `Deno.remove` calls itself for each level of folders: at ten thousands of them,
 * the process runs out of stack and crashes. `rm` does not.
 */
export async function removeAll(folder: string): Promise<void> {
  if (Deno.build.os === "windows") {
    await Deno.remove(folder, { recursive: true }).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
    return;
  }
  if (await succeeds("rm", "-rf", "--", folder)) return;
  await succeeds("chmod", "-R", "u+rwX", "--", folder);
  if (await succeeds("rm", "-rf", "--", folder)) return;
  throw new Error(`Cannot remove ${folder}`);
}

async function succeeds(command: string, ...args: string[]): Promise<boolean> {
  const options = { args, stdin: "null", stdout: "null", stderr: "null" };
  const { success } = await new Deno.Command(
    command,
    options as Deno.CommandOptions,
  ).output();
  return success;
}
