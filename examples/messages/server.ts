import { Server } from "@rollcall/rollcall";
import { FORMATS } from "@rollcall/rollcall/formats";
import { Chat } from "./chat.ts";
import { MessagesHandler } from "./handler.ts";
import { addressIn } from "./wire.ts";

const server = new Server({
  ...addressIn(Deno.args),
  wire: FORMATS.json,
  clientHandler: MessagesHandler.with(new Chat()),
  maxClients: 1100, // some have not said their names yet
  maxQueuedBytes: 2 ** 18, // for a user who reads too slowly
});
Deno.addSignalListener("SIGINT", () => void server.shutdown());
await server.run().catch(({ message }: Error) => {
  console.error(message); // such as that the port is in use
  Deno.exitCode = 1;
});
