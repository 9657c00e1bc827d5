import type { Message } from "@rollcall/rollcall/formats";
import { escape } from "@rollcall/rollcall/text";
import type { Choice, Line, Next } from "./wire.ts";

/** The most that strangers can make the server keep; texts in characters. */
export const MOST = { users: 1000, rooms: 100, unread: 50, text: 500 };

/** Letters and digits of any language, and a few signs after the first. */
const NAME = /^[\p{L}\p{N}][\p{L}\p{M}\p{N}' .-]{0,19}$/u;

const MENU: Choice[] = [
  { do: "users", title: "See who is here", asks: [] },
  { do: "send", title: "Write to a user", asks: ["To", "Message"] },
  { do: "read", title: "Read what users have written to you", asks: [] },
  { do: "rooms", title: "See which rooms are open", asks: [] },
  { do: "open", title: "Open a room", asks: ["Room"] },
  { do: "join", title: "Join a room", asks: ["Room"] },
  { do: "quit", title: "Leave", asks: [] },
];

/** Why a user cannot have what was asked for. The connection goes on. */
export class Sorry extends Error {}

/** A user. After the user has left, there is no client. */
export type User = { name: string; client?: Client; room?: Room };
type Client = { push(message: Message): void };
export type Room = { name: string; owner: User; members: Set<User> };

/** Keeps what users have not read. It takes its time, as a database does. */
export class Store {
  #unread = new Map<string, Line[]>();

  async load({ name }: User): Promise<Line[]> {
    await new Promise((resolve) => setTimeout(resolve, 1));
    return this.#unread.get(keyOf(name)) ?? [];
  }

  async save({ name }: User, unread: Line[]): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 1));
    if (unread.length > 0) this.#unread.set(keyOf(name), unread);
    else this.#unread.delete(keyOf(name));
  }
}

/** What all handlers share. They use it under the server's lock only. */
export class Chat {
  /** The users that are known. Of those who have left, the last is at the end. */
  readonly users: Map<string, User> = new Map();
  readonly rooms: Map<string, Room> = new Map();

  constructor(readonly store: Store = new Store()) {}

  async enter(name: string, client: Client): Promise<User> {
    checkName(name);
    const known = this.users.get(keyOf(name));
    if (known?.client) throw new Sorry("That name is taken: choose another");
    if (!known && this.users.size >= MOST.users) {
      const away = [...this.users.values()].find(({ client }) => !client);
      if (!away) throw new Sorry("Too many users are here: try again later");
      await this.store.save(away, []); // forget the one who left longest ago
      this.users.delete(keyOf(away.name));
    }
    const user: User = Object.assign(known ?? { name }, { client });
    this.users.set(keyOf(name), user);
    return user;
  }

  leave(user: User): void {
    this.leaveRoom(user);
    user.client = undefined;
    this.users.delete(keyOf(user.name));
    this.users.set(keyOf(user.name), user); // at the end
  }

  /** Keeps a line until a user has read it. */
  async write(name: string, line: Line, from: User): Promise<void> {
    const user = this.users.get(keyOf(name));
    if (!user) throw new Sorry(`There is no user ${name}`);
    const unread = await this.store.load(user);
    if (unread.length >= MOST.unread) throw new Sorry("Too much is unread");
    await this.store.save(user, [...unread, line]); // no other may come between
    tell([user], { text: `${from.name} has written to you` });
  }

  openRoom(name: string, owner: User): void {
    checkName(name);
    if (this.rooms.has(keyOf(name))) throw new Sorry("It is open: join it");
    if (this.rooms.size >= MOST.rooms) throw new Sorry("Too many are open");
    owner.room = { name, owner, members: new Set([owner]) };
    this.rooms.set(keyOf(name), owner.room);
  }

  joinRoom(name: string, user: User): Room {
    const room = this.rooms.get(keyOf(name));
    if (!room) throw new Sorry(`There is no room ${name}`);
    tell(room.members, { text: `${user.name} has joined` });
    room.members.add(user);
    return user.room = room;
  }

  /** Takes a user out of the room. Without its owner, the room closes. */
  leaveRoom(user: User): void {
    const { room } = user;
    if (!room) return;
    room.members.delete(user);
    user.room = undefined;
    const how = room.owner === user ? "closed" : "left";
    if (how === "closed") {
      this.rooms.delete(keyOf(room.name));
      for (const member of room.members) member.room = undefined;
    }
    tell(room.members, { text: `${user.name} has ${how} ${room.name}` });
  }
}

/** Shows users a line, and what is next for them: their room may be closed. */
export function tell(users: Iterable<User>, line: Line): void {
  for (const it of users) it.client?.push({ push: [line], next: nextOf(it) });
}

/** Returns what is next for a user: a name, a line for the room, or the menu. */
export function nextOf(user: User | undefined): Next {
  if (!user) return { do: "enter", title: "", asks: ["Your name"] };
  return user.room ? { do: "say", title: "", asks: [user.room.name] } : MENU;
}

function keyOf(name: string): string {
  return name.normalize("NFKC").toLowerCase(); // what looks alike is the same
}

function checkName(name: string): void {
  if (NAME.test(name) && escape(name) === name) return;
  throw new Sorry("A name has 1 to 20 letters, digits, spaces or ' . -");
}
