// The play of the messages example in the simulation: users write, read, meet in
// rooms, and vanish, while the store fails now and then. What must hold is checked.

import { assert, assertEquals } from "@std/assert";
import { Client } from "../../client.ts";
import { Chat, Store, type User } from "../../examples/messages/chat.ts";
import { Conversation, type Lines } from "../../examples/messages/client.ts";
import { MessagesHandler } from "../../examples/messages/handler.ts";
import { isPush, type Line, type Said } from "../../examples/messages/wire.ts";
import { ConnectionEnded, FORMATS } from "../../lib/formats/formats.ts";
import { closeOnce, type Connection, type Network } from "../../lib/net.ts";
import type { World } from "../../lib/testing/testing.ts";
import { Server } from "../../server.ts";

/** A store that takes as long as a request may, and fails once in a while: more often if it saves. */
class UnreliableStore extends Store {
  isReliable = false;
  #world: World;

  constructor(world: World) {
    super();
    this.#world = world;
  }

  override async load(user: User): Promise<Line[]> {
    await this.#work(12);
    return await super.load(user);
  }

  override async save(user: User, unread: Line[]): Promise<void> {
    await this.#work(4);
    await super.save(user, unread);
  }

  /** Fails one time in so many. */
  async #work(times: number): Promise<void> {
    await this.#world.pause(60);
    if (!this.isReliable && this.#world.below(times) === 0) {
      throw new Error("no disk");
    }
  }
}

/** What a member of a room has heard. */
interface Stay {
  room: string;
  from: number;
  heard: string[];
}

/** What the users know of each other's lines, and so what must hold. */
class Ledger {
  /** Lines to a user that the server has acknowledged. */
  readonly sent = new Map<string, string[]>();
  /** Lines that a user has got, the first time. */
  readonly got = new Map<string, string[]>();
  /** Lines that a user has got, and the server knows it. */
  readonly done = new Set<string>();
  /** What was said in rooms: from when to when it was on its way. */
  readonly said: { room: string; text: string; from: number; to: number }[] =
    [];
  readonly heard: Stay[] = [];
  readonly rooms: string[] = [];
  /** When the owners have begun to close their rooms. */
  readonly closing = new Map<string, number>();
  #texts = 0;

  newText(name: string): string {
    return `${name} ${++this.#texts}`;
  }

  /** Notes lines that a user has got. */
  get(name: string, texts: readonly string[]): void {
    const got = this.got.get(name) ?? [];
    this.got.set(name, got);
    for (const text of texts) {
      assert(!this.done.has(text), `${name} gets "${text}" twice`);
      if (!got.includes(text)) got.push(text);
    }
  }

  /** Checks what a member has heard, at the end of the stay. */
  endStay(stay: Stay, name: string, now: number): void {
    this.heard.push(stay);
    const { room, heard } = stay;
    assertEquals(new Set(heard).size, heard.length, `${name} hears twice`);
    for (const { room: where, text, from, to } of this.said) {
      const isMissed = where === room && from >= stay.from && to <= now &&
        writerOf(text) !== name && !heard.includes(text);
      assert(!isMissed, `${name} does not hear "${text}"`);
    }
  }

  /** Checks the order in which all have heard, and that nothing sent is lost. */
  check(): void {
    for (const [to, sent] of this.sent) {
      const got = this.got.get(to) ?? [];
      for (const text of sent) {
        assert(got.includes(text), `${to} never gets "${text}"`);
      }
      assertOrder(sent, got);
    }
    for (const a of this.heard) {
      for (const b of this.heard) {
        if (a.room === b.room) assertInSameOrder(a.heard, b.heard);
      }
    }
  }
}

/** The lines of each writer have the order in which they were sent. */
function assertOrder(sent: readonly string[], got: readonly string[]): void {
  for (const writer of new Set(sent.map(writerOf))) {
    const own = (texts: readonly string[]) =>
      texts.filter((text) => writerOf(text) === writer && sent.includes(text));
    assertEquals(own(got), own(sent), "out of order");
  }
}

function writerOf(text: string): string {
  return text.slice(0, text.lastIndexOf(" "));
}

function assertInSameOrder(a: readonly string[], b: readonly string[]): void {
  const [both, other] = [
    a.filter((text) => b.includes(text)),
    b.filter((text) => a.includes(text)),
  ];
  assertEquals(both, other, "two members hear in different orders");
}

const TROUBLE = "The server cannot do that now: try again";

/** One visit of a user: a connection. */
class Visit {
  #world: World;
  #name: string;
  #ledger: Ledger;
  #client: Client;
  /** Lines of the last answer to `read`: the server does not know yet that they have arrived. */
  #unconfirmed: string[] = [];
  #stay: Stay | undefined;

  constructor(world: World, name: string, ledger: Ledger, client: Client) {
    this.#world = world;
    this.#name = name;
    this.#ledger = ledger;
    this.#client = client;
  }

  /** Enters, as soon as the server has noticed the end of the visit before. */
  async enter(): Promise<void> {
    await this.#client.connect();
    void this.#hear();
    for (let i = 0;; i++) {
      const { next } = await this.#ask("enter", this.#name);
      if (Array.isArray(next)) return;
      assert(i < 100, `${this.#name} cannot enter`);
      await this.#world.pause(200);
    }
  }

  /** Does something that the seed chooses. */
  async act(users: readonly string[]): Promise<void> {
    const { below, pick } = this;
    await this.#world.pause(below(3) * 50 + 1);
    if (this.#stay) return below(4) === 0 ? this.#leaveRoom() : this.#say();
    switch (below(8)) {
      case 0:
        return this.#open();
      case 1:
      case 2:
        return this.#join();
      case 3:
      case 4:
        return this.read();
      case 5:
        return void await this.#ask(this.pick(["users", "rooms"]));
      default: {
        const to = pick(users);
        const count = 1 + below(3);
        const all = Array.from({ length: count }, () => this.#write(to));
        await Promise.all(all);
      }
    }
  }

  below = (bound: number): number => this.#world.below(bound);
  pick = <T>(from: readonly T[]): T => from[this.below(from.length)];

  async #write(to: string): Promise<void> {
    const text = this.#ledger.newText(this.#name);
    if (textOf(await this.#ask("send", to, text)) !== "Sent") return;
    const { sent } = this.#ledger;
    sent.set(to, [...sent.get(to) ?? [], text]);
  }

  /** Reads what is kept. */
  async read(): Promise<void> {
    if (this.#stay) return; // there, all that is entered is said
    const { lines = [] } = await this.#ask("read");
    const texts = lines.flatMap((line) => "from" in line ? [line.text] : []);
    this.#ledger.get(this.#name, texts);
    this.#unconfirmed = texts;
  }

  async #open(): Promise<void> {
    const room = `tea ${this.#ledger.rooms.length}`;
    this.#ledger.rooms.push(room);
    await this.#enterRoom("open", room);
  }

  async #join(): Promise<void> {
    const { rooms } = this.#ledger;
    if (rooms.length > 0) await this.#enterRoom("join", rooms.at(-1)!);
  }

  async #enterRoom(how: string, room: string): Promise<void> {
    this.#stay = { room, from: Infinity, heard: [] };
    const { next } = await this.#ask(how, room);
    if (Array.isArray(next)) this.#stay = undefined;
    else if (this.#stay) this.#stay.from = this.#world.now;
  }

  async #say(): Promise<void> {
    const text = this.#ledger.newText(this.#name);
    const { room } = this.#stay!;
    const from = this.#world.now;
    const { next, lines } = await this.#ask("say", text);
    if (Array.isArray(next)) return void (this.#stay = undefined); // it was closed
    if (lines?.length !== 0) return;
    this.#ledger.said.push({ room, text, from, to: this.#world.now });
  }

  async #leaveRoom(): Promise<void> {
    const { now } = this.#world;
    const stay = this.#stay!;
    for (const word of ["bye", "exit"]) {
      if (word === "exit") this.#ledger.closing.set(stay.room, now);
      const { next } = await this.#ask("say", word);
      if (!Array.isArray(next)) continue;
      if (this.#stay) this.#ledger.endStay(stay, this.#name, now);
      this.#stay = undefined;
      return;
    }
  }

  async #ask(action: string, ...replies: string[]): Promise<Said> {
    const answer = await this.#client.request({ do: action, replies }) as Said;
    const { lines, next } = answer;
    if (!lines || next === undefined) {
      throw new Error("an answer without lines");
    }
    if (textOf(answer) === TROUBLE) return answer;
    for (const text of this.#unconfirmed) this.#ledger.done.add(text);
    this.#unconfirmed = [];
    return answer;
  }

  async #hear(): Promise<void> {
    try {
      for await (const message of this.#client) {
        const { push = [], next } = message as Said;
        for (const line of push) {
          const isText = "from" in line && /\d$/.test(line.text);
          if (isText) this.#stay?.heard.push(line.text);
        }
        if (!Array.isArray(next) || !this.#stay) continue;
        const { room, from } = this.#stay;
        if (from === Infinity) continue; // the answer about the room is to come
        const closed = this.#ledger.closing.get(room) ?? 0;
        this.#ledger.endStay(this.#stay, this.#name, closed);
        this.#stay = undefined;
      }
    } catch (error) {
      if (!(error instanceof ConnectionEnded)) throw error;
    }
  }
}

function textOf({ lines = [] }: Said): string | undefined {
  return lines[0]?.text;
}

/** A user of the example's client, who enters anything. */
class Typist implements Lines {
  #world: World;
  #lines: string[];
  #isClosed = false;
  #wake = () => {};

  constructor(world: World, name: string) {
    const any = [
      "1",
      "2",
      "Alice",
      "hello",
      "3",
      "4",
      "5",
      "tea",
      "6",
      "tea 0",
    ];
    const more = ["7", "bye", "exit", "", "a\nb\u001b[2J"];
    const choices = [...any, ...more];
    const line = () => choices[world.below(choices.length)];
    this.#world = world;
    this.#lines = [name, ...Array.from({ length: world.below(20) }, line)];
  }

  async ask(): Promise<string | undefined> {
    const closed = new Promise<void>((resolve) => this.#wake = resolve);
    await Promise.race([this.#world.pause(100), closed]);
    return this.#isClosed ? undefined : this.#lines.shift();
  }

  show(line: string): void {
    assert(!/[^ -~]/.test(line), `shows ${JSON.stringify(line)}`);
  }

  setPrompt(): void {}

  close(): void {
    this.#isClosed = true;
    this.#wake();
  }
}

const USERS = ["Alice", "Bob", "Alice Brown"];

/** The play: a server that may be restarted, and its users. */
class Play {
  #world: World;
  #ledger = new Ledger();
  #store: UnreliableStore;
  #chat: Chat;
  #server: Server;
  /** Whether connections end now, and none begins. */
  #isRestarting = false;

  constructor(world: World) {
    this.#world = world;
    this.#store = new UnreliableStore(world);
    this.#chat = new Chat(this.#store);
    this.#server = this.#serve();
  }

  #serve(): Server {
    const server = new Server({
      network: this.#world.network,
      wire: FORMATS.json,
      clientHandler: MessagesHandler.with(this.#chat),
      log: () => {},
      report: (line) => {
        if (line.includes("failed")) this.#world.fault(line);
      },
    });
    void server.run();
    return server;
  }

  async run(): Promise<void> {
    this.#world.always(() => this.#checkMembers());
    const users = USERS.slice(0, this.#world.below(3) === 0 ? 3 : 2);
    const all = users.map((name) => this.#visits(name, users));
    if (this.#world.below(6) === 0) all.push(this.#type());
    if (this.#world.below(6) === 0) all.push(this.#restart());
    await Promise.all(all);
    await this.#server.shutdown();
    this.#store.isReliable = true;
    for (const name of USERS) {
      const unread = await this.#store.load({ name });
      this.#ledger.get(name, unread.map(({ text }) => text));
    }
    assertEquals(this.#chat.rooms.size, 0, "rooms are left");
    this.#ledger.check();
  }

  async #type(): Promise<void> {
    const client = this.#client("Bob Chen").client;
    const typist = new Typist(this.#world, "Bob Chen");
    await new Conversation(client, typist).run();
  }

  async #restart(): Promise<void> {
    await this.#world.pause(2000);
    this.#isRestarting = true;
    await this.#server.shutdown();
    await this.#world.pause(100);
    this.#server = this.#serve();
    await this.#world.pause(100);
    this.#isRestarting = false;
  }

  async #visits(name: string, users: readonly string[]): Promise<void> {
    for (let visits = 1 + this.#world.below(2); visits > 0; visits--) {
      await this.#world.pause(200);
      const vanishes = this.#world.below(3) === 0;
      await this.#visit(name, async (visit) => {
        for (let acts = this.#world.below(7); acts > 0; acts--) {
          await visit.act(users);
        }
        if (this.#world.below(3) > 0) await visit.read();
      }, vanishes);
    }
  }

  async #visit(
    name: string,
    act: (visit: Visit) => Promise<void>,
    vanishes: boolean,
  ): Promise<void> {
    const server = this.#server;
    const { client, vanish } = this.#client(name);
    if (vanishes) void this.#world.pause(1000).then(vanish);
    try {
      const visit = new Visit(this.#world, name, this.#ledger, client);
      await visit.enter();
      await act(visit);
    } catch (error) {
      const isExpected = error instanceof ConnectionEnded ||
        error instanceof Deno.errors.ConnectionRefused;
      const isRestarted = this.#isRestarting || this.#server !== server;
      if (!isExpected || !(isRestarted || vanishes)) throw error;
    } finally {
      await client.close();
    }
  }

  #client(name: string): { client: Client; vanish: () => void } {
    // With room for a few messages: the library's own simulation has less.
    const delay = this.#world.below(20);
    const profile = { capacity: 3000, delay, shortness: 4 };
    const network = this.#world.through(name, profile, profile);
    let conn: Connection | undefined;
    const noting: Network = {
      listen: (options) => network.listen(options),
      connect: async (options) => conn = await network.connect(options),
    };
    const client = new Client({ network: noting, wire: FORMATS.json, isPush });
    const vanish = () => {
      if (this.#world.below(2) === 0) network.reset();
      else if (conn) closeOnce(conn);
    };
    return { client, vanish };
  }

  /** Those who are here, and the members of rooms, are connected. */
  #checkMembers(): void {
    const { users, rooms } = this.#chat;
    const { handlers } = this.#server;
    for (const { name, client, room } of users.values()) {
      const handler = client as MessagesHandler | undefined;
      const isThere = handler
        ? handlers.get(handler.clientId) === handler
        : !room;
      if (!isThere) this.#world.fault(`${name} is a ghost`);
      const isMember = !room || rooms.get(room.name.toLowerCase()) === room;
      if (!isMember) this.#world.fault(`${name} is in a room that is closed`);
    }
    for (const { name, members, owner } of rooms.values()) {
      for (const member of [owner, ...members]) {
        const isMember = member.room?.members === members;
        if (!isMember) this.#world.fault(`${name} has a ghost`);
      }
    }
  }
}

/** Plays users of the messages. */
export function play(world: World): Promise<void> {
  return new Play(world).run();
}
