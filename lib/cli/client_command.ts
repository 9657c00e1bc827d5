/**
 * The client's command line, and what can be wrong with reaching a server.
 *
 * @module
 */

import { retry } from "@std/async/retry";
import {
  type Address,
  DEFAULT_ADDRESS,
  isDisconnect,
  showAddress,
} from "../net.ts";
import {
  ConnectionEnded,
  DEFAULT_FORMAT,
  FORMATS,
  type Message,
  ProtocolError,
  type WireFormat,
} from "../formats/formats.ts";
import { reason } from "../text.ts";
import { choice, type Flags, integer, seconds, text, toggle } from "./flags.ts";
import { Failure, type Program, runProgram } from "./program.ts";
import { pythonRepr } from "../formats/python_repr.ts";
import { whenAborted } from "./signals.ts";
import { report } from "../output.ts";

/** Seconds for which `--once` waits for a server that says nothing. */
const ONCE_TIMEOUT = 10;
/** Milliseconds from one try to connect to the next. */
const RETRY_REST = 100;

/** The student that the command line names, as far as it does. */
export interface StudentFlags {
  /** The student's name. */
  name?: string;
  /** The student's GitHub username. */
  github?: string;
  /** The student's number. */
  sid?: number | bigint | string;
}

/** What the client's flags say. */
export interface ClientFlags extends StudentFlags {
  /** The server's address. */
  host: string;
  /** The server's port. */
  port: number;
  /** The format of the messages. */
  wire: WireFormat;
  /** How many requests to send. */
  repeat: number;
  /** Whether to leave when all is answered. */
  once: boolean;
  /** Seconds for which to keep trying to connect. */
  wait: number;
}

const flags: Flags<ClientFlags> = {
  host: text("the server's address", DEFAULT_ADDRESS.hostname),
  port: integer("the server's port", DEFAULT_ADDRESS.port, 1, 65_535),
  wire: choice("the format of the messages", FORMATS, DEFAULT_FORMAT),
  name: text("the student's name, instead of clienthelper.ts's", undefined),
  github: text("the student's GitHub username, likewise", undefined),
  sid: {
    help: "the student's number, likewise",
    takes: "an integer or text",
    fallback: undefined,
    parse: parseSid,
  },
  repeat: integer("how many requests to send, pipelined", 1, 1, 1e9),
  once: toggle("leave when all is answered"),
  wait: seconds("keep trying to connect for so long", 0),
};

/** The client of a conversation, and what it says. */
export interface Speaker {
  /** The client, which is not connected yet. */
  client: ConversingClient;
  /** What the client says when it is. */
  helper: Conversation;
}

/** Runs the client's command line, with a client that `create` makes. Returns the exit code. */
export function runClient(
  args: readonly string[],
  stop: AbortSignal,
  create: (options: ClientFlags & { answerTimeout: number }) => Speaker,
): Promise<number> {
  const program: Program<ClientFlags> = {
    use: "client",
    about: "Sends the lab's request, and stays connected.",
    flags,
    run: (given) => {
      const answerTimeout = given.once ? ONCE_TIMEOUT : 0;
      const { client, helper } = create({ ...given, answerTimeout });
      return converse(client, helper, given, stop);
    },
  };
  return runProgram(program, args);
}

/** An integer where it is written as one; `007` is text, since 7 would be another sid. */
function parseSid(given: string): number | bigint | string | undefined {
  if (!/^(0|-?[1-9]\d*)$/.test(given)) return given || undefined;
  const number = Number(given);
  return Number.isSafeInteger(number) ? number : BigInt(given);
}

/** A client, as far as running it from the command line takes. */
export interface ConversingClient {
  /** Where its server is. */
  readonly address: Readonly<Address>;
  /** Connects, and resolves to the greeting. */
  connect(options: { signal: AbortSignal }): Promise<Message>;
  /** The next message, or `undefined` at the end of the connection. */
  receive(): Promise<Message | undefined>;
  /** Ends the connection. */
  close(): Promise<void>;
}

/** What is said, as far as running a client from the command line takes. */
export interface Conversation {
  /** Whether the server greets us. */
  processGreeting(greeting: Message): boolean;
  /** Sends requests. Resolves to whether all were acknowledged. */
  start(repeat: number): Promise<boolean>;
}

/**
 * Connects a client, has it converse, and stays connected, unless it should
 * leave, until the server or the user ends it. Resolves to the exit code.
 *
 * @throws {Failure} If it cannot connect, or the connection ends too soon.
 */
async function converse(
  client: ConversingClient,
  conversation: Conversation,
  { wait, repeat, once }: ClientFlags,
  stop: AbortSignal,
): Promise<number> {
  whenAborted(stop, () => client.close());
  try {
    const greeting = await connect(client, wait, stop);
    const passed = conversation.processGreeting(greeting) &&
      await conversation.start(repeat);
    if (!once) await stayConnected(client, stop);
    return passed ? 0 : 1;
  } catch (error) {
    throw stop.aborted
      ? new Failure("Told to end before the server had answered all")
      : cannotConverse(client.address, error);
  } finally {
    await client.close();
  }
}

/** Tries to connect; while no server listens, again and again for `wait` seconds. */
function connect(
  client: ConversingClient,
  wait: number,
  signal: AbortSignal,
): Promise<Message> {
  const end = performance.now() + wait * 1000;
  return retry(() => client.connect({ signal }), {
    isRetriable: (error) =>
      error instanceof Deno.errors.ConnectionRefused &&
      performance.now() < end,
    maxAttempts: Number.MAX_SAFE_INTEGER,
    minTimeout: RETRY_REST,
    multiplier: 1,
    jitter: 0,
    signal,
  });
}

async function stayConnected(
  client: ConversingClient,
  stop: AbortSignal,
): Promise<void> {
  try {
    let message: Message | undefined;
    while ((message = await client.receive()) !== undefined) {
      report(`The server also sent ${pythonRepr(message)}`);
    }
  } catch (error) {
    report(`The server also sent what is no message: ${reason(error)}`);
  }
  if (!stop.aborted) report("The server closed the connection");
}

/** Why a client cannot go on, and what to do about it. */
function cannotConverse(address: Address, error: unknown): Failure {
  const where = showAddress(address);
  if (error instanceof ConnectionEnded || isDisconnect(error)) {
    const why = error instanceof ConnectionEnded
      ? error.message
      : "The connection ended";
    return new Failure(`${why}: ${where} had not answered all`);
  }
  if (error instanceof ProtocolError) {
    return new Failure(
      `The server at ${where} sent what is no message (has it another --wire?). ${error.message}`,
    );
  }
  return new Failure(`Cannot connect to ${where}: ${advice(error)}`);
}

function advice(error: unknown): string {
  if (error instanceof Deno.errors.ConnectionRefused) {
    return "no server listens there. " +
      "Start one by `deno task server`, or wait for it with --wait 10";
  }
  if (error instanceof Deno.errors.NotCapable) {
    return "the permission --allow-net is missing. " +
      "Start it by `deno task client`, which grants it";
  }
  return `${reason(error)}. Check --host and --port`;
}
