import { Server } from "@rollcall/rollcall";
import { ClientHandler } from "@rollcall/rollcall/clienthandler";
import { type Answer, Line, resp } from "./resp.ts";

/** Bytes of memory that an entry takes besides its key and its value, as estimated. */
const ENTRY = 128;
const OK = new Line("+OK");
const FULL = new Line("-OOM command not allowed when the store is full.");
const NO_INTEGER = new Line("-ERR value is not an integer or out of range");

/** Keys and values, of at most so many bytes in memory, as estimated. */
export class Store {
  #values = new Map<string, string>();
  #bytes = 0;

  constructor(readonly maxBytes: number) {}

  /** Carries out one request: the name of a command, and its arguments. */
  answer(request: string[]): Answer {
    const [word, key, value] = request;
    const name = word.toUpperCase();
    const count = request.length - 1;
    if (name === "GET" && count === 1) return this.#values.get(key) ?? null;
    if (name === "SET" && count === 2) return this.#set(key, value);
    if (name === "INCR" && count === 1) return this.#increment(key);
    if (name === "DEL" && count > 0) {
      const deleted = request.slice(1).filter((key) => this.#delete(key));
      return new Line(`:${deleted.length}`);
    }
    if (name === "PING" && count < 2) return key ?? new Line("+PONG");
    const shown = word.slice(0, 64).replaceAll(/[^ -~]/g, "?");
    const why = "unknown command or wrong number of arguments for";
    return new Line(`-ERR ${why} '${shown}'`);
  }

  #set(key: string, value: string): Answer {
    const old = this.#values.get(key);
    const added = value.length - (old?.length ?? -ENTRY - key.length);
    if (added > 0 && this.#bytes + added > this.maxBytes) return FULL;
    this.#bytes += added;
    this.#values.set(key, value);
    return OK;
  }

  #increment(key: string): Answer {
    const old = this.#values.get(key) ?? "0";
    if (!/^(0|-?[1-9]\d{0,18})$/.test(old)) return NO_INTEGER;
    const sum = BigInt(old) + 1n;
    if (sum !== BigInt.asIntN(64, sum)) return NO_INTEGER;
    const answer = this.#set(key, `${sum}`);
    return answer === OK ? new Line(`:${sum}`) : answer;
  }

  #delete(key: string): boolean {
    const old = this.#values.get(key);
    if (old !== undefined) this.#bytes -= ENTRY + key.length + old.length;
    return this.#values.delete(key);
  }
}

const shared = new Store(256 * 2 ** 20);

/** Serves one client. */
export class StoreHandler extends ClientHandler<string[], Answer> {
  protected readonly store: Store = shared;

  protected override processRequest(request: string[]): Answer {
    return this.store.answer(request);
  }
}

if (import.meta.main) {
  const port = Number(Deno.args[0] ?? 6379);
  const application = { wire: resp, clientHandler: StoreHandler };
  const server = new Server({ port, quiet: true, ...application });
  Deno.addSignalListener("SIGINT", () => void server.shutdown());
  await server.run();
}
