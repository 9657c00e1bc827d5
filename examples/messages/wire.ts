import { isMessageMap, type Message } from "@rollcall/rollcall/formats";

// One JSON value per line. The server greets with an answer. Then the client sends
// requests, and gets an answer to each. A push says what others do.

/** Something to do: what the user sees, and what the client asks first. */
export type Choice = { do: string; title: string; asks: string[] };

/** What the user has chosen, and the replies to its questions. */
export type Request = { do: string; replies: string[] };

/** A notice of the server; or who has written a text, and when, in milliseconds. */
export type Line = { text: string } | Written;
export type Written = { from: string; at: number; text: string };

/** What is next: a question, a menu to choose from, or the end. */
export type Next = Choice | Choice[] | null;

export type Answer = { lines: Line[]; next: Next };
/** What the server may say: an answer, a push, or that a request is not one. */
export type Said = Partial<Answer & { push: Line[]; error: string }>;

export function isPush(message: Message): boolean {
  return isMessageMap(message) && "push" in message;
}

/** Returns the address in a program's arguments: `[PORT [HOST]]`. */
export function addressIn([port = "12000", host]: string[]) {
  if (/^\d{1,5}$/.test(port) && +port < 65_536) return { port: +port, host };
  console.error(`The first argument is a port, not ${port}`);
  Deno.exit(2);
}
