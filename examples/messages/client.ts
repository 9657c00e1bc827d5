import { Client } from "@rollcall/rollcall/client";
import { FORMATS, type Message } from "@rollcall/rollcall/formats";
import { escapeAndCut } from "@rollcall/rollcall/text";
import { Terminal } from "./terminal.ts";
import { addressIn, isPush } from "./wire.ts";
import type { Choice, Next, Request, Said, Written } from "./wire.ts";

/** The lines that a user enters and sees. */
export type Lines = Pick<Terminal, "ask" | "setPrompt" | "show" | "close">;

/** A user's conversation with the server, which has the menu and the rooms. */
export class Conversation {
  #next: Next = null;
  #lost: unknown; // why the connection has ended

  constructor(readonly client: Client, readonly user: Lines) {}

  /** Resolves to the exit code: 0 if the user has ended it. */
  async run(): Promise<number> {
    try {
      this.#take(await this.client.connect());
      if (!this.#next) return 1; // the server is full
      void this.#takePushes();
      while (this.#next) {
        const line = await this.user.ask(promptOf(this.#next));
        if (line === undefined) break;
        const request = await this.#requestFor(line.trim());
        if (request) this.#take(await this.client.request(request));
      }
      if (this.#next && this.#lost) throw this.#lost;
      const signal = AbortSignal.timeout(1000);
      const quit = { do: "quit", replies: [] }; // and what was sent has arrived
      if (this.#next) this.#take(await this.client.request(quit, { signal }));
      return 0;
    } catch (error) {
      const isRefused = error instanceof Deno.errors.ConnectionRefused;
      this.user.show(isRefused ? "* No server listens" : `* ${safe(error)}`);
      return 1;
    } finally {
      this.user.close();
      await this.client.close({ grace: 1 });
    }
  }

  /** Shows what others do, also while the user edits a line. Never rejects. */
  async #takePushes(): Promise<void> {
    try {
      for await (const push of this.client) {
        const isInRoom = !Array.isArray(this.#next);
        this.#take(push);
        if (this.#next && isInRoom) this.user.setPrompt(promptOf(this.#next));
      }
      this.#lost = "The server has closed the connection";
    } catch (error) {
      this.#lost = error; // such as a message that no such server sends
    }
    this.user.close();
  }

  /** Shows what the server says, and notes what is next. */
  #take(message: Message | undefined): void {
    const { error, lines, push = lines, next = this.#next } = message as Said;
    for (const line of push ?? [{ text: error }]) this.user.show(shown(line));
    if (Array.isArray(next) && !Array.isArray(this.#next)) this.#showMenu(next);
    this.#next = next;
  }

  #showMenu(menu: Choice[]): void {
    menu.forEach((it, i) => this.user.show(`  ${i + 1}  ${safe(it.title)}`));
  }

  /** Returns the request for a line of the user; `undefined` if it is none. */
  async #requestFor(line: string): Promise<Request | undefined> {
    const next = this.#next; // others may have changed it since the user was asked
    if (!Array.isArray(next)) {
      return next && line ? { do: next.do, replies: [line] } : undefined;
    }
    const choice = next[Number(line) - 1];
    if (!choice) return void this.#showMenu(next);
    const replies: string[] = [];
    for (const question of choice.asks) {
      const reply = (await this.user.ask(`${safe(question)}: `))?.trim();
      if (!reply) return undefined; // back to the menu
      replies.push(reply);
    }
    return { do: choice.do, replies };
  }
}

function promptOf(next: Choice | Choice[]): string {
  return Array.isArray(next) ? "> " : `${safe(next.asks[0])}: `;
}

/** Returns a line as it is shown: only what a user wrote begins with the time. */
function shown({ from, at = 0, text }: Partial<Written>): string {
  if (from === undefined) return `* ${safe(text)}`;
  const time = new Date(at).toTimeString().slice(0, 5);
  return `${time} ${safe(from)}: ${safe(text)}`;
}

/** Returns a text of others on one line, in which nothing moves the cursor. */
function safe(text: unknown): string {
  return escapeAndCut(`${text}`.replaceAll(/\s+/g, " ").trim(), 1200);
}

if (import.meta.main) {
  const address = addressIn(Deno.args);
  const client = new Client({ ...address, wire: FORMATS.json, isPush });
  Deno.exit(await new Conversation(client, new Terminal()).run());
}
