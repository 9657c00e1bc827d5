import { Server } from "@rollcall/rollcall";
import { ClientHandler } from "@rollcall/rollcall/clienthandler";
import { lines } from "@rollcall/rollcall/formats";

/** Answers each line with the same line, in capitals. */
class Upper extends ClientHandler<string> {
  protected override processRequest(request: string): string {
    return request.toUpperCase();
  }
}

await new Server({ wire: lines, clientHandler: Upper }).run();
