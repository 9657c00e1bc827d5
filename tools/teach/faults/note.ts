/**
 * The note that makes a copy of the project an exercise.
 *
 * @module
 */

/** The file of the note, which names the fault. */
export const NOTE = "exercise.json";

/** Whether this copy of the project is an exercise. */
export async function isExercise(): Promise<boolean> {
  const note = new URL(`../../../${NOTE}`, import.meta.url);
  return await Deno.stat(note).then(() => true, () => false);
}
