// The tests that docs/building.md quotes, as a developer of an application writes them.

import { assertEquals, assertRejects } from "@std/assert";
import { Server } from "@rollcall/rollcall";
import { Client } from "@rollcall/rollcall/client";
import { ClientHandler } from "@rollcall/rollcall/clienthandler";
import { FORMATS, type Message } from "@rollcall/rollcall/formats";
import {
  Peer,
  simulate,
  SimulationFault,
  type World,
} from "@rollcall/rollcall/testing";
import { needs } from "./support/needs.ts";

const net = needs("net");

/** Returns the handlers of an adder, and what they have stored. */
function adder() {
  const database = { total: 0 };
  class Adder extends ClientHandler {
    protected override async processRequest(number: Message) {
      using _guard = await this.lock();
      const total = database.total + Number(number);
      await new Promise((resolve) => setTimeout(resolve, 10)); // the disk
      return database.total = total;
    }

    protected lock(): Promise<Disposable> {
      return this.writeLock.acquire();
    }
  }
  return { Adder, database };
}

/** Plays two clients that add 1, 2 and 3. */
async function play(world: World, { Adder, database } = adder()) {
  await using server = new Server({
    network: world.network,
    wire: FORMATS.json,
    clientHandler: Adder,
    log: () => {},
    report: (line) => world.tell("server", line),
  });
  void server.run();
  await Promise.all(["Alice", "Bob"].map(async (name) => {
    const network = world.through(name);
    await using client = new Client({ network, wire: FORMATS.json });
    await client.connect();
    for (const number of [1, 2, 3]) {
      await world.pause(20);
      await client.request(number);
    }
  }));
  const { total } = database;
  if (total !== 12) world.fault(`12 was added, and the total is ${total}`);
}

Deno.test("The adder loses nothing, in whatever order things happen", async () => {
  for (let seed = 1; seed <= 200; seed++) await simulate(seed, play);
});

net.test("The adder takes a number that comes in two parts (needs net)", async () => {
  await using server = new Server({
    port: 0,
    wire: FORMATS.json,
    clientHandler: adder().Adder,
    log: () => {},
    report: () => {},
  });
  void server.run();
  using peer = await Peer.greeted(server.addr, FORMATS.json);
  for (const part of ["1", "2\n"]) {
    await peer.sendBytes(new TextEncoder().encode(part));
  }
  assertEquals(await peer.receive(), 12);
});

Deno.test("The simulation finds an adder without the lock, and its seed repeats it", async () => {
  const unlocked = (world: World) => {
    const { Adder, database } = adder();
    class Unlocked extends Adder {
      protected override lock(): Promise<Disposable> {
        return Promise.resolve({ [Symbol.dispose]() {} });
      }
    }
    return play(world, { Adder: Unlocked, database });
  };
  const faultOf = (seed: number) =>
    assertRejects(() => simulate(seed, unlocked), SimulationFault);
  const { why, events } = await faultOf(1);
  assertEquals(
    why.replace(/\d+$/, "LESS"),
    "12 was added, and the total is LESS",
  );
  assertEquals((await faultOf(1)).events, events);
});
