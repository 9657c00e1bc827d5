import { Server } from "@rollcall/rollcall";
import { ClientHandler } from "@rollcall/rollcall/clienthandler";
import { FORMATS, isMessageMap } from "@rollcall/rollcall/formats";
import { type Message, RequestError } from "@rollcall/rollcall/formats";

/** The sum of what all clients have added. */
let total = 0;

class Counter extends ClientHandler {
  protected override processRequest(request: Message): Message {
    if (isMessageMap(request)) {
      if (typeof request.add === "number") {
        return { total: total += request.add };
      }
      if ("read" in request) return { total };
    }
    throw new RequestError('Send {"add": NUMBER} or {"read": null}');
  }
}

await new Server({ wire: FORMATS.json, clientHandler: Counter }).run();
