/**
 * The machine of a measurement. Figures of two machines cannot be compared.
 *
 * @module
 */

/** What decides how fast a program runs. */
export interface Machine {
  /** The processor's name. */
  processor: string;
  cores: number;
  /** The version of Deno. */
  deno: string;
}

/** Returns the machine that this runs on. */
export async function thisMachine(): Promise<Machine> {
  const [, name] = (await Deno.readTextFile("/proc/cpuinfo"))
    .match(/^model name\s*: (.*)$/m) ?? [];
  return {
    processor: name ?? `an unnamed ${Deno.build.arch} processor`,
    cores: navigator.hardwareConcurrency,
    deno: Deno.version.deno,
  };
}

/** Returns a machine in words. */
export function inWords({ processor, cores, deno }: Machine): string {
  return `${processor}, ${cores} cores, Deno ${deno}`;
}

/** Returns the day on which this program was started, such as `2026-11-28`. */
export function today(): string {
  return new Date(performance.timeOrigin).toISOString().slice(0, 10);
}
