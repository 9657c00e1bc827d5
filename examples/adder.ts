import { Server } from "@rollcall/rollcall";
import { ClientHandler } from "@rollcall/rollcall/clienthandler";
import { FORMATS, RequestError } from "@rollcall/rollcall/formats";
import type { Message } from "@rollcall/rollcall/formats";

/** A database that all clients share. */
const database = {
  total: 0,
  async write(total: number) {
    await new Promise((resolve) => setTimeout(resolve, 10)); // the disk
    this.total = total;
  },
};

class Adder extends ClientHandler {
  protected override async processRequest(request: Message): Promise<Message> {
    if (typeof request !== "number") throw new RequestError("Send a number");
    using _guard = await this.writeLock.acquire();
    const total = database.total + request;
    await database.write(total); // without the lock, another client adds here
    return total;
  }
}

const server = new Server({ wire: FORMATS.json, clientHandler: Adder });
Deno.addSignalListener("SIGINT", () => void server.shutdown());
await server.run();
