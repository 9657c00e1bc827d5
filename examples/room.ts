import { Server } from "@rollcall/rollcall";
import { ClientHandler } from "@rollcall/rollcall/clienthandler";
import { lines } from "@rollcall/rollcall/formats";

/** A room: what one client says goes to all others. */
class Room extends ClientHandler<string> {
  protected override processRequest(request: string): undefined {
    this.#tellOthers(request);
  }

  protected override closed(): void {
    this.#tellOthers("has left");
  }

  #tellOthers(message: string): void {
    for (const other of this.server.handlers.values()) {
      if (other !== this) other.push(`${this.clientId}: ${message}`);
    }
  }
}

await new Server({ wire: lines, clientHandler: Room }).run();
