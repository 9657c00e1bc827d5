// The library's Server in a separate process, with the handler that the command
// line names. It answers each line on stdin with one line about its state.

import { ClientHandler, StudentHandler } from "../../../clienthandler.ts";
import { print } from "../../../lib/output.ts";
import type { Message } from "../../../lib/formats/formats.ts";
import { Server } from "../../../server.ts";
import { linesOf } from "../../processes/lines.ts";
import type { State } from "./servers.ts";

/** Collects garbage. Exists only with `--v8-flags=--expose-gc`. */
declare function gc(): void;

/** Sends each request back, so its answers are longer than the lab's 5 bytes. */
class EchoHandler extends ClientHandler {
  protected override processRequest(request: Message): Message {
    return request;
  }
}

const clientHandler = Deno.args[0] === "echo" ? EchoHandler : StudentHandler;

/** Collects twice: buffers are freed only after the objects that own them. */
function collectGarbage(): void {
  gc();
  gc();
}

function state({ handlers }: Server): State {
  collectGarbage();
  const { heapUsed, external } = Deno.memoryUsage();
  return { handlers: handlers.size, liveBytes: heapUsed + external };
}

const [, cert, key] = Deno.args;
const tls = key ? { cert, key } : undefined;
const server = new Server({ port: 0, quiet: true, clientHandler, tls });
const running = server.run();
for await (const _line of linesOf(Deno.stdin.readable)) {
  print([JSON.stringify(state(server))]);
}
server.close(); // the asking process has ended
await running;
