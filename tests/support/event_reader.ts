// Reads server-sent events as a page does.

import type { Update } from "../../lib/board/class_state.ts";
import { soon } from "../../lib/testing/soon.ts";

/** An event of the board. */
export interface BoardEvent {
  id: string;
  data: Update & { reset: boolean };
}

/** The events of one page. */
export class EventReader implements AsyncDisposable {
  #reader: ReadableStreamDefaultReader<string>;
  #text = "";

  constructor(body: ReadableStream<Uint8Array<ArrayBuffer>>) {
    this.#reader = body.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** Asks for the events after the one with this id. */
  static async open(url: string, lastId?: string): Promise<EventReader> {
    const headers = lastId ? { "last-event-id": lastId } : undefined;
    const { body } = await fetch(url, { headers });
    return new EventReader(body!);
  }

  /** Resolves to the next event with data. */
  async next(): Promise<BoardEvent> {
    for (;;) {
      const end = this.#text.indexOf("\n\n");
      if (end === -1) {
        const { value } = await soon(this.#reader.read(), () => "event");
        if (value === undefined) throw new Error("The events have ended");
        this.#text += value;
        continue;
      }
      const event = this.#text.slice(0, end);
      this.#text = this.#text.slice(end + 2);
      const [, id, data] = event.match(/^id: (.*)\ndata: (.*)$/) ?? [];
      if (id) return { id, data: JSON.parse(data) };
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reader.cancel();
  }
}
