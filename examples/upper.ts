import { Server } from "@rollcall/rollcall";
import { ClientHandler } from "@rollcall/rollcall/clienthandler";
import { FORMATS, RequestError } from "@rollcall/rollcall/formats";
import type { Message } from "@rollcall/rollcall/formats";

class UpperCase extends ClientHandler {
  protected override processRequest(request: Message): Message {
    if (typeof request !== "string") throw new RequestError("Send a text");
    return request.toUpperCase();
  }
}

await new Server({ wire: FORMATS.json, clientHandler: UpperCase }).run();
