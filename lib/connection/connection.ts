/**
 * Messages over one connection, for both the server and the client.
 *
 * @module
 */

import type { CloseReason, ConnectionHooks } from "../events.ts";
import { ConnectionEnded, ProtocolError } from "../formats/errors.ts";
import type { Message, WireFormat } from "../formats/format.ts";
import type { ConnectionLimits, LimitName } from "../limits.ts";
import { closeOnce, type Connection, isDisconnect } from "../net.ts";
import { trackActive } from "./fairness.ts";
import { lateRequest } from "./late_request.ts";
import { PeerWatch } from "./peer_watch.ts";
import { ProcessorTime } from "./processor_time.ts";
import { MessageReader } from "./reader.ts";
import { CLOSE_REASON, LONGEST, State } from "./state.ts";
import { Deadline, IdleTimer } from "./timers.ts";
import { MessageWriter } from "./writer.ts";

/** A connection that carries messages of one format. Its {@linkcode State} says what it may do. */
export class MessageConnection<In = Message, Out = In> {
  /** The idle timer: measures how long the peer is silent. */
  readonly idle: IdleTimer = new IdleTimer();
  /** The processor time that the peer's messages take. */
  readonly time: ProcessorTime = new ProcessorTime();
  /** Whether messages that were read are not processed yet. */
  isProcessing = false;
  /** Why the connection will be closed, if that is known. */
  closeReason: CloseReason | undefined;
  #conn: Connection;
  #format: WireFormat<In, Out>;
  #hooks: ConnectionHooks;
  #state = State.Open;
  #reader: MessageReader<In>;
  #writer: MessageWriter<Out>;
  #requestDeadline: Deadline;
  #receiving: Promise<In[] | undefined> | undefined;
  /** Whether a call of {@linkcode receive} waits for messages. */
  #isReceiving = false;
  #watch: PeerWatch;
  #shutdown: Promise<void> | undefined;

  /** Takes over a connection: no other code may read or write it. */
  constructor(
    conn: Connection,
    format: WireFormat<In, Out>,
    limits: ConnectionLimits,
    hooks: ConnectionHooks = {},
  ) {
    conn.setNoDelay?.(); // or a small message waits for the ACK of the one before
    conn.setKeepAlive?.(); // or a peer that has vanished counts for ever
    this.#conn = conn;
    this.#format = format;
    this.#hooks = hooks;
    this.#reader = new MessageReader(format, limits, (error) => {
      if (this.#isReceiving) hooks.onLimit?.(error); // or `receive` throws it later
    });
    this.#watch = new PeerWatch(conn);
    const seconds = limits.requestTimeout;
    this.#requestDeadline = new Deadline(seconds, () => {
      hooks.onLimit?.(lateRequest(seconds, format.ending, this.#reader.hint));
    });
    this.#writer = new MessageWriter(conn, format, limits, {
      onQueued: (bytes, messages) => {
        hooks.onEvent?.({ type: "queued", bytes, messages });
      },
      onWritten: (bytes, more) => {
        hooks.onEvent?.({ type: "written", bytes });
        this.idle.noteWritten(more);
      },
      onLimit: (limit, reason) => this.#closeFor(limit, reason),
      onFailed: () => this.#advance(State.PeerGone),
    });
  }

  /** The state. Only the connection itself changes it. */
  get state(): State {
    return this.#state;
  }

  /** Whether more is read, or what was read is still decoded. */
  get isReading(): boolean {
    const { hasUndecoded } = this.#reader;
    return this.#state <= (hasUndecoded ? State.NotReading : State.Open);
  }

  /** Resolves to the messages that one read completed, or to `undefined` at the end. @throws {ProtocolError} At a malformed one, after those before it. */
  receive(): Promise<In[] | undefined> {
    return this.#receiving = this.#receive();
  }

  async #receive(): Promise<In[] | undefined> {
    const reader = this.#reader;
    const { time } = this;
    this.#isReceiving = true;
    this.idle.waitFromNow();
    trackActive(1);
    try {
      for (;;) {
        const discards = this.#discardsInput;
        if (reader.error && !discards) throw reader.error;
        const hasUndecoded = reader.hasUndecoded && !discards;
        const hasMore = hasUndecoded || reader.lastReadFilled;
        if (time.isDue(hasMore)) await time.yieldWith(this.idle, hasMore);
        if (this.#state === State.NotReading && !hasUndecoded) return undefined;
        if (reader.pendingBytes > 0) this.#requestDeadline.start();
        const count = hasUndecoded ? 0 : await this.#watch.read(reader.room);
        if (count === null) break;
        if (time.shouldYield) await time.yieldWith(this.idle, true);
        const messages = this.#take(count);
        if (messages.length === 0) continue;
        if (this.#watch.isOn) this.#readAhead();
        return messages;
      }
    } catch (error) {
      if (!isDisconnect(error)) throw error;
      this.closeReason ??= "gone";
      this.#watch.noteGone();
      reader.drop(); // the peer is gone, so an incomplete message is not its mistake
    } finally {
      this.#isReceiving = false;
      this.#requestDeadline[Symbol.dispose]();
      if (!this.#discardsInput) this.idle.stopWaiting();
      trackActive(-1);
    }
    this.#advance(State.PeerEnded);
    reader.end();
  }

  /** Aborted when the peer is gone: no answer can reach it. A half-close does not count. */
  get signal(): AbortSignal {
    // While `receive` waits, a read is pending, and there is only one buffer.
    if (!this.#watch.isOn && !this.#isReceiving) this.#readAhead();
    return this.#watch.signal;
  }

  #readAhead(): void {
    if (this.#state !== State.Open || this.#reader.hasUndecoded) return;
    this.#watch.readAhead(this.#reader.room);
  }

  /** Returns the messages that a read of `count` bytes completed, or none if input is dropped. */
  #take(count: number): In[] {
    const reader = this.#reader;
    const discards = this.#discardsInput;
    const began = this.time.beginDecoding(reader.bufferBytes);
    const messages = discards ? reader.discard(count) : reader.decode(count);
    this.time.countDecoding(began, messages.length, reader);
    if (discards) this.idle.waitFromNow();
    else if (messages.length === 0) this.idle.notePart();
    else this.idle.noteMessages();
    const read = { bytes: count, messages: messages.length };
    this.#hooks.onEvent?.({ type: "read", ...read });
    return messages;
  }

  /** Sends the greeting, if there is one. The next message is held back for the format's greeting pause. */
  async greet(greeting: Out | undefined): Promise<void> {
    if (greeting === undefined) return;
    const writer = this.#writer;
    this.queue([greeting]);
    writer.requireAll(true); // queueTimeout holds for the greeting, too
    this.idle.waitFromNow();
    await writer.drained();
    this.idle.stopWaiting();
    writer.requireAll(false);
    writer.holdBack(this.#format.greetingPause ?? 0);
  }

  /**
   * As {@linkcode queue}. If too much is queued, waits until the peer has accepted all.
   *
   * @throws {ConnectionEnded} If the connection has ended.
   */
  async send(messages: readonly (Out | undefined)[]): Promise<void> {
    this.queue(messages);
    if (!this.canQueue) throw new ConnectionEnded("The connection ended");
    if (!this.#writer.isFull) return;
    this.#hooks.onFull?.();
    this.#hooks.onEvent?.({ type: "full", bytes: this.queuedBytes });
    this.idle.waitFromNow();
    await this.#writer.drained();
    if (this.#isReceiving) this.idle.waitFromNow();
    else if (!this.#discardsInput) this.idle.stopWaiting();
  }

  /** Whether an error only says that this connection has ended. */
  isAboutEnd(error: unknown): boolean {
    return this.#watch.isReason(error) ||
      (error instanceof ConnectionEnded && !this.canQueue);
  }

  /** Whether messages can still be queued. */
  get canQueue(): boolean {
    return this.#state < State.Lingering;
  }

  /** Bytes that the peer has not accepted yet. */
  get queuedBytes(): number {
    return this.#writer.queuedBytes;
  }

  /** Whether so much is queued that no more should be sent now. */
  get isFull(): boolean {
    return this.#writer.isFull;
  }

  /** Queues messages for one write. @throws {TypeError} If the format cannot express one. Those before it are sent. */
  queue(messages: readonly (Out | undefined)[]): void {
    if (this.canQueue && messages.length > 0) this.#writer.queue(messages);
  }

  /** Stops reading messages. If none is being processed, the connection shuts down. */
  stopReading(): void {
    this.#advance(State.NotReading);
    if (this.idle.isWaiting && !this.isProcessing) void this.shutdown();
  }

  /** Ends in good order: writes all, half-closes, waits until the peer ends, closes. Never rejects. */
  shutdown(): Promise<void> {
    return this.#shutdown ??= this.#flushAndLinger();
  }

  async #flushAndLinger(): Promise<void> {
    const peerMaySend = this.#state < State.PeerEnded;
    let lingerTimer: ReturnType<typeof setTimeout> | undefined;
    try {
      this.#advance(State.Flushing);
      await this.#writer.drained();
      if (!peerMaySend || !this.#advance(State.Lingering)) return;
      await this.#conn.closeWrite();
      // Closing with unread bytes would reset the connection, and answers be lost. So
      // bytes are dropped until the peer ends or is silent: many never close.
      lingerTimer = setTimeout(() => this.close(), LONGEST.linger);
      await this.#receiving?.catch(() => {});
      await this.receive();
    } catch {
      // The connection has ended, as it should.
    } finally {
      clearTimeout(lingerTimer);
      this.close();
    }
  }

  /** Shuts down when the peer is silent for so long; 0 seconds mean never. Calls `onIdle` first. */
  shutdownWhenIdle(seconds: number, onIdle: () => void): void {
    if (seconds === 0) return;
    this.idle.arm(seconds * 1000, () => {
      this.closeReason = "idleTimeout";
      onIdle();
      void this.shutdown();
    });
  }

  /** Closes the connection at once. A second call does nothing. */
  close(): void {
    this.idle[Symbol.dispose](); // even if closed: it may be armed again
    if (!this.#advance(State.Closed)) return;
    closeOnce(this.#conn);
    this.#hooks.onEvent?.({ type: "closed", reason: this.closeReason! });
  }

  /** Closes a connection whose peer does not accept its answers. It would not accept an error, either. */
  #closeFor(limit: LimitName, reason: string): void {
    this.closeReason = limit;
    this.close();
    this.#hooks.onLimit?.(new ProtocolError(reason, { limit }));
  }

  /** Moves the state forward, never back. Returns whether it has changed. */
  #advance(to: State): boolean {
    if (to <= this.#state) return false;
    this.#state = to;
    this.closeReason ??= CLOSE_REASON[to];
    if (this.#discardsInput) {
      this.#reader.drop();
      this.time.forget();
      this.#requestDeadline[Symbol.dispose]();
    }
    if (to >= State.PeerGone) this.#watch.noteGone();
    if (to === State.Flushing && this.queuedBytes > 0) {
      this.#writer.requireAll(true);
      this.idle.waitFromNow();
      this.idle.arm(LONGEST.flushIdle, () => {
        const why = `none was read for ${LONGEST.flushIdle / 1000} s`;
        this.#closeFor("queueTimeout", `${this.#writer.unread}, and ${why}`);
      });
    } else if (to === State.Lingering) {
      this.idle.waitFromNow();
      this.idle.arm(LONGEST.lingerIdle, () => this.close());
    } else if (to >= State.PeerGone) this.#writer.clear();
    return true;
  }

  /** Whether incoming bytes are dropped. */
  get #discardsInput(): boolean {
    return this.#state >= State.Flushing && this.#state !== State.PeerGone;
  }
}
