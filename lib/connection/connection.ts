/**
 * Messages over a connection, for the server and the client alike.
 *
 * @module
 */

import { counted } from "../text.ts";
import { Deadline } from "./deadline.ts";
import type { ConnectionLimits, LimitName } from "../limits.ts";
import type { Connection } from "../net.ts";
import { closeOnce } from "../net.ts";
import { QuietTimer } from "./idle_timer.ts";
import type { ServerEvent } from "../events.ts";
import { ByteSink } from "../formats/byte_writer.ts";
import { ConnectionEnded, ProtocolError } from "../formats/errors.ts";
import type { Message, WireFormat } from "../formats/format.ts";
import { Inbox } from "./reader.ts";
import { Outbox } from "./write_queue.ts";

/** Milliseconds for which a peer may take nothing of what it is still owed at the end. */
const FLUSH_QUIET = 5_000;
/** Milliseconds of silence, after we said that no more is coming, that count as the peer's end. */
const LINGER_QUIET = 250;
/** Milliseconds for which a peer that goes on sending is listened to after that, at most. */
const LINGER_LONGEST = 3_000;

/** One sink for all connections: a message is written in one go. */
const sink = new ByteSink();

/** A connection that carries messages of one format. */
export class WireConnection {
  #conn: Connection;
  #format: WireFormat;
  #limits: ConnectionLimits;
  #onLimit: (error: ProtocolError) => void;
  #watch: ((event: ServerEvent) => void) | undefined;
  #inbox: Inbox;
  #outbox: Outbox;
  #receiving: Promise<Message[] | undefined> | undefined;
  /** Whether somebody waits for the peer to take what it is owed. */
  #stalled = false;
  #quiet: QuietTimer | undefined;
  /** Whether a part of a message is no silence. */
  #hearBytes = false;
  #hangingUp: Promise<void> | undefined;

  /**
   * Takes over a connection: nobody else may read or write it. `onLimit` is
   * told when the peer is too slow, in sending or in taking; `watch` is told
   * whatever happens.
   */
  constructor(
    conn: Connection,
    format: WireFormat,
    limits: ConnectionLimits,
    onLimit: (error: ProtocolError) => void = () => {},
    watch?: (event: ServerEvent) => void,
  ) {
    conn.setNoDelay(); // or small messages wait for each other's acknowledgement
    this.#conn = conn;
    this.#format = format;
    this.#limits = limits;
    this.#onLimit = onLimit;
    this.#watch = watch;
    const { requestTimeout, queueTimeout, softQueuedBytes } = limits;
    const requestDeadline = new Deadline(requestTimeout, () => {
      const why = `A request must be whole within ${requestTimeout} s`;
      onLimit(new ProtocolError(why, { limit: "requestTimeout" }));
    });
    const queueDeadline = new Deadline(
      queueTimeout,
      () => this.#cutOff("queueTimeout", `for ${queueTimeout} s`),
    );
    const noteRead = (bytes: number, messages: number, whole: boolean) => {
      this.#watch?.({ what: "read", bytes, messages });
      if (whole || this.#hearBytes) this.#quiet?.touch();
    };
    const noteWritten = (bytes: number) => {
      this.#watch?.({ what: "written", bytes });
      this.#quiet?.touch();
    };
    this.#inbox = new Inbox(
      conn,
      format,
      limits,
      requestDeadline,
      noteRead,
    );
    this.#outbox = new Outbox(
      conn,
      softQueuedBytes,
      queueDeadline,
      noteWritten,
    );
  }

  /**
   * Queues messages, to be sent in order, in one write.
   *
   * @throws {TypeError} If the format has no form for one of them. Those before it are sent.
   */
  queue(messages: readonly Message[]): void {
    const { maxQueuedBytes } = this.#limits;
    const room = maxQueuedBytes - this.#outbox.queued;
    let whole = 0;
    try {
      for (const message of messages) {
        this.#format.write(message, sink);
        whole = sink.length;
        if (whole > room) break;
      }
    } finally {
      sink.length = whole;
      const { length } = messages;
      this.#watch?.({ what: "queued", bytes: whole, messages: length });
      this.#outbox.push(sink.take());
    }
    if (whole > room) this.#cutOff("maxQueuedBytes", `over ${maxQueuedBytes}`);
  }

  /** Ends a connection whose peer does not take what it is owed: it would not take a reason, either. */
  #cutOff(limit: LimitName, reason: string): void {
    const bytes = counted(this.#outbox.queued, "byte");
    this.close();
    const why = `It does not take its answers: ${bytes} waited, ${reason}`;
    this.#onLimit(new ProtocolError(why, { limit }));
  }

  /**
   * Queues messages. Resolves when more may be queued: at once, unless the
   * peer does not take what it is owed.
   *
   * @throws {TypeError} As {@linkcode queue} does.
   * @throws {ConnectionEnded} If nothing can be sent any more.
   */
  async send(messages: readonly Message[]): Promise<void> {
    this.queue(messages);
    if (this.#outbox.over) throw new ConnectionEnded("The connection ended");
    if (!this.#outbox.full) return;
    this.#watch?.({ what: "full", bytes: this.#outbox.queued });
    this.#stalled = true;
    try {
      await this.#outbox.flushed();
    } finally {
      this.#stalled = false;
    }
  }

  /** Whether the peer has much to take before more should be sent. */
  get full(): boolean {
    return this.#outbox.full;
  }

  /** Sends the message that opens the connection. What follows leaves after the format's pause. */
  async greet(greeting: Message): Promise<void> {
    await this.send([greeting]);
    await this.#outbox.pauseAfterThis(this.#format.greetingPause);
  }

  /**
   * Resolves to all messages that have come, at least one, or to `undefined`
   * once no more will.
   *
   * @throws {ProtocolError} If what came is no message. Those before it were resolved to first.
   */
  receive(): Promise<Message[] | undefined> {
    this.#quiet?.touch();
    return this.#receiving = this.#inbox.receive();
  }

  /** Whether it waits for the peer, and no request is being processed. */
  get isWaiting(): boolean {
    return this.#inbox.receiving || this.#stalled;
  }

  /**
   * Calls back once no message came, or nothing was taken, for `ms` milliseconds
   * while we waited for it. Only the latest call counts. A message that never
   * becomes whole is silence, however it drips, unless `hearBytes` says that a
   * part of one is worth waiting for more.
   */
  onQuiet(ms: number, callback: () => void, hearBytes = false): void {
    if (this.#hangingUp) return;
    this.#hearBytes = hearBytes;
    this.#whenQuiet(ms, () => {
      if (this.isWaiting) callback();
      else this.onQuiet(ms, callback, hearBytes); // what we take is no silence of theirs
    });
  }

  /**
   * Ends the connection in good order: all that was sent is written, then the
   * peer is told that no more comes, then the connection closes. Never rejects.
   */
  hangUp(): Promise<void> {
    return this.#hangingUp ??= this.#hangUp();
  }

  async #hangUp(): Promise<void> {
    this.#inbox.discard();
    let longest: ReturnType<typeof setTimeout> | undefined;
    try {
      this.#whenQuiet(FLUSH_QUIET, () => this.#giveUpFlush());
      this.#outbox.lastCall();
      await this.#outbox.flushed();
      if (this.#inbox.ended) return;
      await this.#conn.closeWrite();
      // Closing with bytes unread would reset the connection, and the peer
      // could lose the answers that it has not read. So we read on, and drop
      // it. Many clients never close by themselves: silence has to do.
      this.#whenQuiet(LINGER_QUIET, () => this.close());
      longest = setTimeout(() => this.close(), LINGER_LONGEST);
      await (this.#inbox.receiving ? this.#receiving : this.#inbox.receive());
    } catch {
      // Whatever failed, the connection is over, and that was the aim.
    } finally {
      clearTimeout(longest);
      this.close();
    }
  }

  #giveUpFlush(): void {
    this.#cutOff(
      "queueTimeout",
      `and none was taken for ${FLUSH_QUIET / 1000} s`,
    );
  }

  #whenQuiet(ms: number, callback: () => void): void {
    this.#quiet?.[Symbol.dispose]();
    this.#quiet = new QuietTimer(ms, callback);
  }

  /** Ends the connection at once, whatever is under way. A second call does nothing. */
  close(): void {
    this.#quiet?.[Symbol.dispose]();
    this.#quiet = undefined;
    this.#inbox.discard();
    this.#outbox.drop();
    closeOnce(this.#conn);
    this.#watch?.({ what: "closed" });
    this.#watch = undefined;
  }
}
