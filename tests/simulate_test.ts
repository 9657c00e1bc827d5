// What `simulate` checks in every play, and what it simulates.

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { Client } from "../client.ts";
import { ClientHandler } from "../clienthandler.ts";
import { lines } from "../lib/formats/formats.ts";
import { Lock } from "../lib/lock.ts";
import {
  simulate,
  SimulationFault,
  type World,
} from "../lib/testing/testing.ts";
import { Server } from "../server.ts";

class Upper extends ClientHandler<string> {
  protected override processRequest(request: string): string {
    return request.toUpperCase();
  }
}

/** Starts a server with this handler in a world. */
function serve(world: World, clientHandler = Upper): Server<string> {
  const { network } = world;
  const server = new Server({
    network,
    wire: lines,
    clientHandler,
    log: () => {},
    report: () => {},
  });
  void server.run();
  return server;
}

/** Asks a server once, as one client. */
async function ask(world: World, request = "tea"): Promise<string> {
  await using client = new Client({
    network: world.through("Alice"),
    wire: lines,
  });
  await client.connect();
  return await client.request(request);
}

/** Plays a seed that must fail. Returns the fault. */
async function faultOf(
  play: (world: World) => Promise<void>,
): Promise<SimulationFault> {
  return await assertRejects(() => simulate(1, play), SimulationFault);
}

Deno.test("simulate plays a server and its clients, and resolves to the number of events", async () => {
  for (let seed = 1; seed <= 50; seed++) {
    let answer = "";
    const events = await simulate(seed, async (world) => {
      await using _server = serve(world);
      answer = await ask(world);
    });
    assertEquals(answer, "TEA");
    assert(events > 5);
  }
});

Deno.test("simulate gives the same events for the same seed, also with Math.random and Date", async () => {
  const story = async (seed: number) => {
    const told: string[] = [];
    await simulate(seed, async (world) => {
      const client = world.through("Alice");
      await using server = serve(world);
      const conn = await client.connect(server.addr);
      world.tell("Alice", `${Math.random()} ${new Date().toISOString()}`);
      await world.pause(1000);
      conn.close();
      world.tell("Alice", `${world.now} ${Date.now()}`);
    }, { tell: (...event) => told.push(event.join(" ")) });
    return told;
  };
  const first = await story(7);
  const told = (what: RegExp) => first.filter((line) => what.test(line)).length;
  assertEquals(told(/^\d+ Alice \d/), 2, first.join("\n"));
  assertEquals(told(/^\d+ (server for )?Alice [a-z]/), first.length - 2);
  assertEquals(told(/^\d+ Alice closes/), 1);
  assertEquals(await story(7), first);
  assert(first.join() !== (await story(8)).join());
});

Deno.test("simulate replaces intervals, dates and AbortSignal.timeout, and restores them", async () => {
  const real = [
    ...[setTimeout, setInterval, setImmediate, Date, Math.random],
    ...[AbortSignal.timeout, performance.now, Lock.prototype.acquire],
  ];
  const before = Date.now();
  const began = performance.now();
  await simulate(1, async (world) => {
    let ticks = 0;
    const ticking = setInterval((by: number) => ticks += by, 1000, 2);
    const first = new Date();
    const signal = AbortSignal.timeout(3_600_500);
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    clearInterval(ticking);
    assertEquals([ticks, signal.reason.name], [7200, "TimeoutError"]);
    assertEquals(Number(new Date()) - Number(first), 3_600_500);
    assertEquals(new Date(0).toISOString(), "1970-01-01T00:00:00.000Z");
    assert(first instanceof Date && Date().includes("2030"));
    assertEquals(world.now, 3_600_500);
  });
  assert(performance.now() - began < 60_000 && Date.now() - before < 60_000);
  const now = [
    ...[setTimeout, setInterval, setImmediate, Date, Math.random],
    ...[AbortSignal.timeout, performance.now, Lock.prototype.acquire],
  ];
  assert(now.every((it, i) => it === real[i]));
});

Deno.test("simulate runs the checks of always after each event, and those of atEnd once", async () => {
  let [always, atEnd] = [0, 0];
  const events = await simulate(1, async (world) => {
    world.always(() => always++);
    world.atEnd(() => atEnd++);
    await using _server = serve(world);
    await ask(world);
  });
  assertEquals([always, atEnd], [events, 1]);
  for (const kind of ["always", "atEnd"] as const) {
    const fault = await faultOf(async (world) => {
      world[kind](() => assertEquals(1, 2));
      await world.pause(9);
    });
    assertMatch(fault.why, /Values are not equal/);
    assert(fault.cause instanceof Error);
  }
});

const FAULTS: [string, RegExp, (world: World) => Promise<void>][] = [
  ["world.fault", /^no tea left$/, async (world) => {
    await world.pause(9);
    world.fault("no tea left");
  }],
  ["a play that throws", /^no milk$/, async (world) => {
    await world.pause(9);
    throw new Error("no milk");
  }],
  ["a play that throws at once", /^no cup$/, () => {
    throw new Error("no cup");
  }],
  [
    "a play that never ends",
    /^the play never ends$/,
    () => new Promise(() => {}),
  ],
  ["a rejection that nobody handles", /^an unhandled rejection: lost$/, async (
    world,
  ) => {
    void Promise.reject(new Error("lost"));
    await world.pause(9);
  }],
  ["a timer that throws", /^a timer threw: late$/, async (world) => {
    setTimeout(() => {
      throw new Error("late");
    }, 5);
    await world.pause(900);
  }],
  ["a timer that is left", /^timers outlive all connections: 1$/, async (
    world,
  ) => {
    await using _server = serve(world);
    await ask(world);
    setTimeout(() => {}, 60_000);
  }],
  ["an interval that is left", /^timers outlive all connections: 1$/, async (
    world,
  ) => {
    await using _server = serve(world);
    await ask(world);
    setInterval(() => {}, 1000);
  }],
  ["a server that is left", /^the server at port 12000 is never shut/, async (
    world,
  ) => {
    serve(world);
    await ask(world);
  }],
  ["a connection that is left", /^a connection of Bob is never closed$/, async (
    world,
  ) => {
    await using server = serve(world);
    await world.through("Bob").connect(server.addr);
    await world.pause(9);
  }],
  ["a lock that is left", /^a lock is never released$/, async () => {
    await new Lock().acquire();
  }],
  [
    "a handler that never ends",
    /^handlers that never end: 1$/,
    async (world) => {
      class Forgets extends Upper {
        protected override closed(): Promise<void> {
          return new Promise(() => {});
        }
      }
      await using _server = serve(world, Forgets);
      await ask(world);
    },
  ],
  ["no end of events", /^the simulation does not end$/, async () => {
    for (;;) await new Promise((resolve) => setTimeout(resolve, 1));
  }],
];

for (const [what, why, play] of FAULTS) {
  Deno.test(`simulate finds ${what}`, async () => {
    const fault = await faultOf(play);
    assertMatch(fault.why, why);
    assertEquals(fault.message, `Seed 1, event ${fault.events}: ${fault.why}`);
  });
}

Deno.test("simulate resets a client's connections, as when its program is killed", async () => {
  for (let seed = 1; seed <= 50; seed++) {
    let end: string | undefined;
    class Ends extends Upper {
      protected override closed(reason: string): void {
        end = reason;
      }
    }
    await simulate(seed, async (world) => {
      await using _server = serve(world, Ends);
      const network = world.through("Alice");
      const client = new Client({ network, wire: lines });
      await client.connect();
      await world.pause(50);
      network.reset();
      await client.close();
    });
    assertEquals(end, "gone");
  }
});

Deno.test("simulate lets callers of a lock give up, and finds two holders and a wrong order", async () => {
  const hold = async (lock: Lock, world: World, signal?: AbortSignal) => {
    using _guard = await lock.acquire({ signal });
    await world.pause(20);
  };
  for (let seed = 1; seed <= 50; seed++) {
    await simulate(seed, async (world) => {
      const lock = new Lock();
      const signal = AbortSignal.timeout(10);
      const impatient = [1, 2].map(() =>
        hold(lock, world, signal).catch(() => {})
      );
      await Promise.all([hold(lock, world), ...impatient, hold(lock, world)]);
    });
  }
  const acquire = Lock.prototype.acquire;
  try {
    Lock.prototype.acquire = () =>
      Promise.resolve({ release() {}, [Symbol.dispose]() {} });
    const both = await faultOf(async (world) => {
      const lock = new Lock();
      await Promise.all([hold(lock, world), hold(lock, world)]);
    });
    assertEquals(both.why, "two callers hold a lock at the same time");
    let calls = 0;
    Lock.prototype.acquire = async function (this: Lock) {
      if (calls++ === 0) await new Promise((resolve) => setTimeout(resolve, 9));
      return { release() {}, [Symbol.dispose]() {} };
    };
    const order = await faultOf(async (world) => {
      const lock = new Lock();
      await Promise.all([hold(lock, world), hold(lock, world)]);
    });
    assertMatch(order.why, /does not serve callers in their order/);
  } finally {
    Lock.prototype.acquire = acquire;
  }
});

Deno.test("Only one simulation runs at a time", async () => {
  const first = simulate(1, async (world) => await world.pause(9));
  await assertRejects(
    () => simulate(2, () => Promise.resolve()),
    Error,
    "Only one simulation can run at a time",
  );
  await first;
});
