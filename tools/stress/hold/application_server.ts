// An application on the library's Server, in a separate process. The command line
// names it. It answers each line on stdin with the number of its clients, and shuts
// down at SIGTERM.

import { delay } from "@std/async/delay";
import { ClientHandler } from "../../../clienthandler.ts";
import { lines } from "../../../lib/formats/formats.ts";
import { print } from "../../../lib/output.ts";
import { Server } from "../../../server.ts";
import { linesOf } from "../../processes/lines.ts";
import { LENGTH } from "./members.ts";

/** What one client says goes to all clients. */
class Room extends ClientHandler<string> {
  protected override processRequest(request: string): undefined {
    for (const member of this.server.handlers.values()) member.push(request);
  }
}

/** Answers after as many milliseconds as the request says, 16 requests at a time. */
class Slow extends ClientHandler<string> {
  protected override readonly parallel = 16;

  protected override async processRequest(request: string): Promise<string> {
    await delay(Number(request));
    return request;
  }
}

/** Lines, with a greeting as long as a message: a member knows when it is in the room. */
const greeting = { ...lines, greeting: () => ".".repeat(LENGTH - 1) };

const server = new Server({
  port: 0,
  wire: Deno.args[0] === "room" ? greeting : lines,
  clientHandler: Deno.args[0] === "room" ? Room : Slow,
  // Short, so that a member that never reads meets it within one run.
  queueTimeout: 5,
});
Deno.addSignalListener("SIGTERM", () => void server.shutdown());
const running = server.run().then(() => Deno.exit());
for await (const _line of linesOf(Deno.stdin.readable)) {
  print([`${server.handlers.size}`]);
}
server.close(); // the asking process has ended
await running;
