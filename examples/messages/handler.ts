import { ClientHandler, LastResponse } from "@rollcall/rollcall/clienthandler";
import { isMessageMap, RequestError } from "@rollcall/rollcall/formats";
import type { Message } from "@rollcall/rollcall/formats";
import { type Chat, MOST, nextOf, Sorry, tell } from "./chat.ts";
import type { Room, User } from "./chat.ts";
import type { Answer, Line, Request } from "./wire.ts";

/** Answers the requests of one user. */
export abstract class MessagesHandler extends ClientHandler {
  protected abstract readonly chat: Chat;
  #user: User | undefined;
  /** How many unread lines were sent. The next request shows that they arrived. */
  #sent = 0;

  static with(chat: Chat) {
    return class extends MessagesHandler {
      protected override readonly chat = chat;
    };
  }

  protected override sendId(): Promise<void> {
    return this.send([this.#answer("Welcome")]);
  }

  protected override async processRequest(message: Message) {
    const request = check(message);
    // At most 20 requests a second: no one can flood the screens of others.
    await new Promise((resolve) => setTimeout(resolve, 50));
    using _guard = await this.writeLock.acquire();
    try {
      const answer = await this.#process(request);
      return answer.next ? answer : new LastResponse<Message>(answer);
    } catch (error) {
      if (error instanceof Sorry) return this.#answer(error.message);
      this.report(`${error}`); // the store: it costs a request, not the connection
      return this.#answer("The server cannot do that now: try again");
    }
  }

  async #process({ do: action, replies }: Request): Promise<Answer> {
    const [first = "", second = ""] = replies;
    const { chat } = this;
    const user = this.#user;
    if (user && this.#sent > 0) await this.#dropSent(user);
    if (action === "quit") return { lines: [{ text: "Goodbye" }], next: null };
    if (!user) {
      const { length } = await chat.store.load({ name: first });
      this.#user = await chat.enter(first, this);
      this.reportName = this.#user.name;
      return this.#answer(`Hello ${this.reportName}: ${length} to read`);
    }
    if (user.room) return this.#say(first, user, user.room);
    switch (action) {
      case "users": {
        const here = [...chat.users.values()].filter(({ client }) => client);
        return this.#answer(`Here: ${namesOf(here)}`);
      }
      case "send":
        await chat.write(first, written(second, user), user);
        return this.#answer("Sent");
      case "read": {
        const lines = await chat.store.load(user);
        this.#sent = lines.length;
        return { lines: [...lines, { text: "No more" }], next: nextOf(user) };
      }
      case "rooms":
        return this.#answer(`Open: ${namesOf(chat.rooms.values())}`);
      case "open":
        chat.openRoom(first, user);
        return this.#answer("exit closes the room for all");
      case "join": {
        const { members } = chat.joinRoom(first, user);
        return this.#answer(`Here: ${namesOf(members)}. bye leaves the room`);
      }
    }
    throw new Sorry("That is not possible now"); // such as a line for a closed room
  }

  /** In a room, a member says whatever comes, except one word. */
  #say(text: string, user: User, { owner, members }: Room): Answer {
    if (text === (user === owner ? "exit" : "bye")) {
      this.chat.leaveRoom(user);
      return this.#answer("You are out of the room");
    }
    const others = [...members].filter((member) => member !== user);
    tell(others, written(text, user));
    return this.#answer();
  }

  async #dropSent(user: User): Promise<void> {
    const lines = await this.chat.store.load(user);
    await this.chat.store.save(user, lines.slice(this.#sent));
    this.#sent = 0;
  }

  /** Called once at the end, also if the client has vanished. */
  protected override async closed(): Promise<void> {
    using _guard = await this.writeLock.acquire();
    if (this.#user) this.chat.leave(this.#user);
  }

  #answer(...lines: string[]): Answer {
    return { lines: lines.map((text) => ({ text })), next: nextOf(this.#user) };
  }
}

function namesOf(named: Iterable<{ name: string }>): string {
  return Array.from(named, ({ name }) => name).join(", ") || "none";
}

function written(text: string, { name: from }: User): Line {
  const isText = text.trim() !== "" && text.length <= MOST.text;
  if (isText) return { from, at: Date.now(), text };
  throw new Sorry(`A message has 1 to ${MOST.text} characters`);
}

function check(message: Message): Request {
  const { do: action, replies } = isMessageMap(message) ? message : {};
  const texts = [action, ...(Array.isArray(replies) ? replies : [null])];
  if (texts.every((it) => typeof it === "string")) return message as Request;
  throw new RequestError('Send {"do": TEXT, "replies": [TEXT, ...]}');
}
