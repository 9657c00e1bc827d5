/**
 * A Redis of a test's or a measurement's own, on a free port, with its data in a folder of
 * its own.
 *
 * @module
 */

import { RedisStore } from "../../lib/students/redis.ts";

/** Whether a Redis is installed. */
export function hasRedis(): boolean {
  try {
    return new Deno.Command("redis-server", { args: ["--version"] })
      .outputSync().success;
  } catch {
    return false;
  }
}

/** How long a Redis may take to start or to recover, in milliseconds. */
const PATIENCE = 20_000;

/** Resolves when `condition` holds. Tries again every 20 ms. */
export async function until(
  condition: () => Promise<boolean> | boolean,
): Promise<void> {
  const end = performance.now() + PATIENCE;
  while (!await condition()) {
    if (performance.now() > end) throw new Error("It takes too long");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Returns a port that no one listens at. Redis cannot choose one. */
function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  return port;
}

/** A Redis of a test's own. It ends when it is disposed. */
export class TestRedis implements AsyncDisposable {
  readonly port: number;
  readonly folder: string;
  #args: readonly string[];
  #tls: boolean;
  #process: Deno.ChildProcess | undefined;

  private constructor(args: readonly string[], tls: boolean, folder: string) {
    this.port = freePort();
    this.#args = args;
    this.#tls = tls;
    this.folder = folder;
  }

  /** Starts one. With `tls`, all its connections are encrypted. */
  static async start(
    args: readonly string[] = [],
    { tls = false, folder = Deno.makeTempDirSync() } = {},
  ): Promise<TestRedis> {
    for (let attempt = 1;; attempt++) {
      const redis = new TestRedis(args, tls, folder);
      if (await redis.start()) return redis;
      // Another program took the port.
      if (attempt === 5) throw new Error("redis-server does not start");
    }
  }

  get address(): string {
    return `${this.#tls ? "rediss" : "redis"}://127.0.0.1:${this.port}/0`;
  }

  /** Starts it, again too. Resolves to whether it runs. */
  async start(): Promise<boolean> {
    const port = `${this.port}`;
    this.#process = new Deno.Command("redis-server", {
      args: [
        ...(this.#tls ? ["--port", "0", "--tls-port", port] : ["--port", port]),
        ...["--bind", "127.0.0.1", "--dir", this.folder, "--save", ""],
        ...["--appendonly", "yes", "--appendfsync", "always"],
        ...["--daemonize", "no", ...this.#args],
      ],
      stdout: "null",
      stderr: "null",
    }).spawn();
    let ended = false;
    this.#process.status.then(() => ended = true);
    await until(async () => ended || await this.#accepts());
    return !ended;
  }

  async #accepts(): Promise<boolean> {
    try {
      // While it reads its data, it accepts connections, and refuses commands. With
      // encryption, it has none to read.
      if (!this.#tls) return !/LOADING/.test(await this.send("PING"));
      (await Deno.connect({ hostname: "127.0.0.1", port: this.port })).close();
      return true;
    } catch {
      return false;
    }
  }

  /** Stops it as it is, or lets it continue. */
  signal(signal: "SIGSTOP" | "SIGCONT"): void {
    this.#process?.kill(signal);
  }

  /** Kills it. Its data stay. */
  async kill(): Promise<void> {
    this.#process?.kill("SIGKILL");
    await this.#process?.status;
    this.#process = undefined;
  }

  /** Sends one command, without a password, and resolves to the reply's first line. */
  async send(...args: string[]): Promise<string> {
    const text = args.map((arg) => `$${arg.length}\r\n${arg}\r\n`).join("");
    using conn = await Deno.connect({ hostname: "127.0.0.1", port: this.port });
    await conn.write(new TextEncoder().encode(`*${args.length}\r\n${text}`));
    const reply = new Uint8Array(1024);
    const length = await conn.read(reply) ?? 0;
    return new TextDecoder().decode(reply.subarray(0, length)).split("\r\n")[0];
  }

  /** Opens a store in it, with a deadline that suits a test. */
  open(
    options: Parameters<typeof RedisStore.open>[1] = {},
  ): Promise<RedisStore> {
    return RedisStore.open(this.address, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await Deno.remove(this.folder, { recursive: true });
  }
}
