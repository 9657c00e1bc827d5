// The library's Server, in a process of its own, with a handler that the command
// line names. It answers each line on stdin with a line about itself.

import { ClientHandler, StudentHandler } from "../../../clienthandler.ts";
import { print } from "../../../lib/output.ts";
import type { Message } from "../../../lib/formats/formats.ts";
import { Server } from "../../../server.ts";
import { linesOf } from "../../processes/lines.ts";
import type { State } from "./servers.ts";

/** What `--v8-flags=--expose-gc` adds. */
declare function gc(): void;

/** Its answers are as long as the requests, where those of the lab are 5 bytes. */
class EchoHandler extends ClientHandler {
  protected override processRequest(request: Message): Message {
    return request;
  }
}

const clientHandler = Deno.args[0] === "echo" ? EchoHandler : StudentHandler;

/** Twice: what the first one frees lets go of buffers, which only the second frees. */
function collectGarbage(): void {
  gc();
  gc();
}

function state({ handlers }: Server): State {
  collectGarbage();
  const { heapUsed, external } = Deno.memoryUsage();
  return { handlers: handlers.size, liveBytes: heapUsed + external };
}

const server = new Server({ port: 0, quiet: true, clientHandler });
const running = server.run();
for await (const _line of linesOf(Deno.stdin.readable)) {
  print([JSON.stringify(state(server))]);
}
server.close(); // whoever asked is gone
await running;
