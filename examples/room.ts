import { Server } from "@rollcall/rollcall";
import { ClientHandler } from "@rollcall/rollcall/clienthandler";
import { FORMATS, type Message } from "@rollcall/rollcall/formats";

/** A room: what one client sends goes to all others. */
class Room extends ClientHandler {
  protected override processRequest(request: Message): undefined {
    this.#tellOthers([this.clientId, request]);
  }

  protected override closed(): void {
    this.#tellOthers([this.clientId, "has left"]);
  }

  #tellOthers(message: Message): void {
    for (const other of this.server.handlers.values()) {
      if (other !== this) other.push(message);
    }
  }
}

await new Server({ wire: FORMATS.json, clientHandler: Room }).run();
