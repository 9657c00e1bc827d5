/**
 * Messages over one connection, for the server and the client alike.
 *
 * @module
 */

import type { ConnectionHooks } from "../events.ts";
import { ByteWriter } from "../formats/byte_writer.ts";
import { ConnectionEnded, ProtocolError } from "../formats/errors.ts";
import type { Message, WireFormat } from "../formats/format.ts";
import type { ConnectionLimits, LimitName } from "../limits.ts";
import { closeOnce, type Connection, isDisconnect } from "../net.ts";
import { counted } from "../text.ts";
import {
  CONTENDED_SLICE,
  isContended,
  trackActive,
  yieldIfDue,
} from "./fairness.ts";
import { MessageReader } from "./reader.ts";
import { State } from "./state.ts";
import { Deadline, IdleTimer } from "./timers.ts";
import { WriteQueue } from "./write_queue.ts";

/** In state Flushing: how many milliseconds the peer may accept nothing. */
const FLUSH_IDLE = 5_000;
/** In state Lingering: after how many silent milliseconds we assume that the peer has ended. */
const LINGER_IDLE = 250;
/** In state Lingering: for how many milliseconds a peer may go on sending. */
const LINGER_LONGEST = 3_000;

/** Shared by all connections, since writing a message cannot be interrupted. */
const writer = new ByteWriter();

/** A connection that carries messages of one format. Its {@linkcode State} says what may happen. */
export class MessageConnection {
  /** Measures the silence of the peer. */
  readonly idle: IdleTimer = new IdleTimer();
  #conn: Connection;
  #format: WireFormat;
  #limits: ConnectionLimits;
  #hooks: ConnectionHooks;
  #state = State.Open;
  #reader: MessageReader;
  #queue: WriteQueue;
  #requestDeadline: Deadline;
  #receiving: Promise<Message[] | undefined> | undefined;
  #writing: Promise<void> | undefined;
  /** Why a write failed, if that is not the usual end of a connection. */
  #writeError: unknown;
  #shutdown: Promise<void> | undefined;

  /** Takes over a connection: nothing else may read or write it. */
  constructor(
    conn: Connection,
    format: WireFormat,
    limits: ConnectionLimits,
    hooks: ConnectionHooks = {},
  ) {
    conn.setNoDelay(); // or small messages wait for each other's acknowledgement
    this.#conn = conn;
    this.#format = format;
    this.#limits = limits;
    this.#hooks = hooks;
    const { requestTimeout, queueTimeout, softQueuedBytes } = limits;
    this.#reader = new MessageReader(format, limits);
    this.#requestDeadline = new Deadline(requestTimeout, () => {
      const why = `A request must be whole within ${requestTimeout} s`;
      hooks.onLimit?.(new ProtocolError(why, { limit: "requestTimeout" }));
    });
    const queueDeadline = new Deadline(queueTimeout, () => {
      this.#closeFor("queueTimeout", `for ${queueTimeout} s`);
    });
    this.#queue = new WriteQueue(softQueuedBytes, queueDeadline);
  }

  /** The state. Only the connection itself changes it. */
  get state(): State {
    return this.#state;
  }

  /**
   * Resolves to all messages that one read completed: at least one; or to
   * `undefined` when no more come.
   *
   * @throws {ProtocolError} If the bytes are no message. Complete messages before them are returned first.
   */
  receive(): Promise<Message[] | undefined> {
    return this.#receiving = this.#receive();
  }

  async #receive(): Promise<Message[] | undefined> {
    const reader = this.#reader;
    this.idle.waitFromNow();
    trackActive(1);
    try {
      for (;;) {
        const discards = this.#discardsInput;
        if (reader.error && !discards) throw reader.error;
        const hasUndecoded = reader.hasUndecoded && !discards;
        if (reader.lastReadFilled || hasUndecoded) await yieldIfDue();
        else if (isContended()) await yieldIfDue(CONTENDED_SLICE);
        if (this.#state === State.NotReading) return undefined;
        if (reader.pendingBytes > 0) this.#requestDeadline.start();
        const count = hasUndecoded ? 0 : await this.#conn.read(reader.room);
        if (count === null) break;
        const messages = this.#take(count);
        if (messages.length > 0) return messages;
      }
    } catch (error) {
      if (!isDisconnect(error)) throw error;
    } finally {
      this.#requestDeadline[Symbol.dispose]();
      if (!this.#discardsInput) this.idle.stopWaiting();
      trackActive(-1);
    }
    this.#advance(State.PeerEnded);
    reader.end();
  }

  /** The messages that a read of `count` bytes completed, unless they are dropped. */
  #take(count: number): Message[] {
    const reader = this.#reader;
    const messages = this.#discardsInput
      ? reader.discard(count)
      : reader.decode(count);
    const { length } = messages;
    if (this.#discardsInput) this.idle.waitFromNow();
    else if (length === 0) this.idle.notePart();
    else this.idle.noteMessages();
    this.#hooks.onEvent?.({ type: "read", bytes: count, messages: length });
    return messages;
  }

  /** Sends the message that opens the connection. The next one leaves after the format's pause. */
  async greet(greeting: Message): Promise<void> {
    await this.send([greeting]);
    await this.#writing;
    if (this.#writeError) throw this.#writeError;
    this.#queue.holdBack(this.#format.greetingPause);
  }

  /**
   * Queues messages. Resolves when more may be queued: at once, unless the peer
   * does not accept what is queued.
   *
   * @throws {TypeError} As {@linkcode queue} does.
   * @throws {ConnectionEnded} If nothing can be sent any more.
   */
  async send(messages: readonly Message[]): Promise<void> {
    this.queue(messages);
    if (this.#state >= State.Lingering) {
      throw new ConnectionEnded("The connection ended");
    }
    if (!this.#queue.isFull) return;
    this.#hooks.onEvent?.({ type: "full", bytes: this.#queue.pendingBytes });
    this.idle.waitFromNow();
    await this.#writing;
    if (!this.#discardsInput) this.idle.stopWaiting();
    if (this.#writeError) throw this.#writeError;
  }

  /** Whether the peer must accept what is queued before more should be sent. */
  get isFull(): boolean {
    return this.#queue.isFull;
  }

  /**
   * Queues messages, to be sent in order and in one write.
   *
   * @throws {TypeError} If the format cannot express one of them. Those before it are sent.
   */
  queue(messages: readonly Message[]): void {
    if (this.#state >= State.Lingering) return;
    const { maxQueuedBytes } = this.#limits;
    const left = maxQueuedBytes - this.#queue.pendingBytes;
    let bytes = 0; // of the messages that are complete
    try {
      for (const message of messages) {
        this.#format.write(message, writer);
        bytes = writer.length;
        if (bytes > left) break;
      }
    } finally {
      writer.length = bytes;
      const { length } = messages;
      this.#hooks.onEvent?.({ type: "queued", bytes, messages: length });
      this.#queue.add(writer.take());
      if (bytes > 0) this.#writing ??= this.#write();
    }
    if (bytes > left) {
      this.#closeFor("maxQueuedBytes", `over ${maxQueuedBytes}`);
    }
  }

  /** Writes until nothing is queued: one write at a time, so that none overtakes another. */
  async #write(): Promise<void> {
    const queue = this.#queue;
    try {
      await null; // let the rest of this turn's answers join
      while (queue.pendingBytes > 0) {
        if (queue.isHeldBack) await queue.waitUntilFree(); // it can be empty then
        if (queue.pendingBytes === 0) return;
        const bytes = await this.#conn.write(queue.next());
        if (this.#state === State.Closed) return;
        queue.remove(bytes);
        this.#hooks.onEvent?.({ type: "written", bytes });
        this.idle.noteWritten(queue.pendingBytes > 0);
      }
    } catch (error) {
      // Thrown by `send`: a rejection here, where nothing waits, would end the process.
      if (!isDisconnect(error)) this.#writeError = error;
      this.#advance(State.PeerGone);
    } finally {
      this.#writing = undefined;
    }
  }

  /** Reads no further message. If none is being processed, the connection shuts down. */
  stopReading(): void {
    this.#advance(State.NotReading);
    if (this.idle.isWaiting) void this.shutdown();
  }

  /**
   * Ends the connection in good order: what is queued is written, the peer is
   * told that no more comes, then the connection closes. Never rejects.
   */
  shutdown(): Promise<void> {
    return this.#shutdown ??= this.#flushAndLinger();
  }

  async #flushAndLinger(): Promise<void> {
    const peerMaySend = this.#state < State.PeerEnded;
    let lingerTimer: ReturnType<typeof setTimeout> | undefined;
    try {
      this.#advance(State.Flushing);
      await this.#writing;
      if (!peerMaySend || !this.#advance(State.Lingering)) return;
      await this.#conn.closeWrite();
      // Closing with bytes unread would reset the connection, and the peer could
      // lose the answers that it has not read. So we read on and drop it, until
      // the peer ends, or is silent: many clients never close by themselves.
      lingerTimer = setTimeout(() => this.close(), LINGER_LONGEST);
      await this.#receiving?.catch(() => {});
      await this.receive();
    } catch {
      // The connection is over, which was the aim.
    } finally {
      clearTimeout(lingerTimer);
      this.close();
    }
  }

  /** Ends the connection at once, whatever is under way. A second call does nothing. */
  close(): void {
    this.idle[Symbol.dispose](); // even if closed: it may have been armed since
    if (!this.#advance(State.Closed)) return;
    closeOnce(this.#conn);
    this.#hooks.onEvent?.({ type: "closed" });
  }

  /** Ends a connection whose peer does not accept its answers: it would not accept a reason, either. */
  #closeFor(limit: LimitName, reason: string): void {
    const bytes = counted(this.#queue.pendingBytes, "byte");
    this.close();
    const why = `It does not take its answers: ${bytes} waited, ${reason}`;
    this.#hooks.onLimit?.(new ProtocolError(why, { limit }));
  }

  /** Changes the state. Returns whether that was a step forward. */
  #advance(to: State): boolean {
    if (to <= this.#state) return false;
    this.#state = to;
    if (this.#discardsInput) {
      this.#reader.drop();
      this.#requestDeadline[Symbol.dispose]();
    }
    if (to === State.Flushing) {
      this.#queue.requireAll();
      this.idle.waitFromNow();
      this.idle.arm(FLUSH_IDLE, () => {
        const seconds = FLUSH_IDLE / 1000;
        this.#closeFor("queueTimeout", `and none was taken for ${seconds} s`);
      });
    } else if (to === State.Lingering) {
      this.idle.waitFromNow();
      this.idle.arm(LINGER_IDLE, () => this.close());
    } else if (to >= State.PeerGone) this.#queue.clear();
    return true;
  }

  /** Whether incoming bytes are dropped. */
  get #discardsInput(): boolean {
    return this.#state >= State.Flushing && this.#state !== State.PeerGone;
  }
}
