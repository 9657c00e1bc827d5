/**
 * The client's command line, and its errors about reaching a server.
 *
 * @module
 */

import { retry } from "@std/async/retry";
import { type Address, DEFAULT_ADDRESS, type Network } from "../net.ts";
import {
  ConnectionEnded,
  DEFAULT_FORMAT,
  FORMATS,
  type Message,
  type WireFormat,
} from "../formats/formats.ts";
import { reason } from "../text.ts";
import { cannotConverse } from "./client_errors.ts";
import { checkStudent, exampleNote } from "./client_student.ts";
import { choice, type Flags, integer, seconds, text, toggle } from "./flags.ts";
import { GreetingWatch } from "./greeting_watch.ts";
import { Failure, type Program, runProgram } from "./program.ts";
import { pythonRepr } from "../formats/python_repr.ts";
import { whenAborted } from "./signals.ts";
import { type ClientTlsFlags, readTrusted } from "./tls_files.ts";
import { complain, flush, MessageReports, report } from "../output.ts";

/** How long `--once` waits for a silent server, in seconds. */
const ONCE_TIMEOUT = 10;
/** How long closing may take after Ctrl-C, in seconds: some servers never stop sending. */
const GRACE = 0.5;
/** How long a server may take to close after a refusal, in milliseconds: after some it does. */
const REFUSED_REST = 1000;
/** Why the program does not end. */
const STILL_CONNECTED = "Still connected, as the lab asks. Ctrl-C leaves.";
/** The pause between two attempts to connect, in milliseconds. */
const RETRY_REST = 100;

/** The fields of the student that the command line sets. */
export interface StudentFlags {
  /** The student's name. */
  name?: string;
  /** The student's GitHub username. */
  github?: string;
  /** The student's number. */
  sid?: number | bigint | string;
}

/** The values of the client's flags. */
export interface ClientFlags extends StudentFlags, ClientTlsFlags {
  /** The server's address. */
  host: string;
  /** The server's port. */
  port: number;
  /** The format of the messages. */
  wire: WireFormat;
  /** How many requests to send. */
  repeat: number;
  /** Whether to exit when every request is answered. */
  once: boolean;
  /** How long to keep trying to connect, in seconds. */
  wait: number;
}

/** Where the student comes from, unless a flag says otherwise. */
const STUDENT_FILE = "that of clienthelper.ts";

const flags: Flags<ClientFlags> = {
  host: text("the server's address", DEFAULT_ADDRESS.hostname),
  port: integer("the server's port", DEFAULT_ADDRESS.port, 1, 65_535),
  wire: choice("the format of the messages", FORMATS, DEFAULT_FORMAT),
  tls: toggle("speak TLS"),
  ca: text(
    "the certificates to trust in place of the usual ones, as data/ca.pem",
    undefined,
  ),
  name: text("the student's name", undefined, STUDENT_FILE),
  github: text("the student's GitHub username", undefined, STUDENT_FILE),
  sid: {
    help: "the student's number",
    takes: "an integer or text",
    fallback: undefined,
    shown: STUDENT_FILE,
    parse: parseSid,
  },
  repeat: integer("how many requests to send, pipelined", 1, 1, 1e9),
  once: toggle("exit when every request is answered"),
  wait: seconds("how long to keep trying to connect", 0),
};

/** The options of the client, from its flags. */
export interface ClientOptions extends Omit<ClientFlags, "tls"> {
  /** Whether to speak TLS, and the certificates to trust, in PEM. */
  tls: boolean | { ca: string };
  /** How long to wait for a silent server, in seconds. */
  answerTimeout: number;
  /** The network to connect through. */
  network: Network;
}

/** A client, and the conversation that it has. */
export interface Speaker {
  /** The client, not yet connected. */
  client: ConversingClient;
  /** What the client sends once it is connected. */
  helper: Conversation;
  /** The student in `clienthelper.ts`, which its request is made from. */
  student: object;
}

/**
 * Runs the client's command line, with a client that `create` makes. Resolves to
 * the exit code.
 */
export function runClient(
  args: readonly string[],
  stop: AbortSignal,
  create: (options: ClientOptions) => Speaker,
): Promise<number> {
  const program: Program<ClientFlags> = {
    use: "client",
    about: "Sends the lab's request, and stays connected.",
    flags,
    run: async (given) => {
      const answerTimeout = given.once ? ONCE_TIMEOUT : 0;
      using watch = new GreetingWatch(complain); // the time would not fit the screen
      const { network } = watch;
      const tls = await readTrusted(given);
      const options = { ...given, answerTimeout, network, tls };
      const { client, helper, student } = create(options);
      checkStudent(helper.createRequest(), student);
      return await converse(client, helper, given, stop, watch);
    },
  };
  return runProgram(program, args);
}

/** Parses an integer if it is written as one. `007` is text, since 7 is another sid. */
function parseSid(given: string): number | bigint | string | undefined {
  if (!/^(0|-?[1-9]\d*)$/.test(given)) return given || undefined;
  const number = Number(given);
  return Number.isSafeInteger(number) ? number : BigInt(given);
}

/** The part of a client that the command line needs. */
export interface ConversingClient {
  /** The address of its server. */
  readonly address: Readonly<Address>;
  /** Connects, and resolves to the greeting; `undefined` if the format has none. */
  connect(options: { signal: AbortSignal }): Promise<Message | undefined>;
  /** Resolves to the next message, or to `undefined` at the end of the connection. */
  receive(): Promise<Message | undefined>;
  /** Closes the connection, in at most `grace` seconds. */
  close(options?: { grace: number }): Promise<void>;
}

/** The part of a conversation that the command line needs. */
export interface Conversation {
  /** Returns the request, which describes the student. */
  createRequest(): Message;
  /** Returns whether the server accepts the client. */
  processGreeting(greeting?: Message): boolean;
  /** Sends requests. Resolves to whether all were acknowledged. */
  start(repeat: number): Promise<boolean>;
}

/**
 * Connects a client and runs its conversation. Then, without `once`, it stays
 * connected until the server or the user ends it. Resolves to the exit code.
 *
 * @throws {Failure} If it cannot connect, or the connection ends too soon.
 */
async function converse(
  client: ConversingClient,
  conversation: Conversation,
  given: ClientFlags,
  stop: AbortSignal,
  watch: GreetingWatch,
): Promise<number> {
  const { wait, repeat, once, wire } = given;
  whenAborted(stop, () => client.close({ grace: GRACE }));
  let isGreeted = false;
  let notice: ReturnType<typeof setTimeout> | undefined;
  try {
    const greeting = await connect(client, wait, stop);
    if (repeat === 1) watch.noteGreeting();
    else watch.end(); // the answers to many take long
    isGreeted = true;
    const isAccepted = conversation.processGreeting(greeting);
    const passed = isAccepted && await conversation.start(repeat);
    watch.end();
    if (passed) {
      const note = exampleNote(conversation.createRequest(), given);
      await tellTerminal(...note);
    }
    if (isAccepted && !once && repeat === 1) {
      if (passed) await tellTerminal(STILL_CONNECTED);
      else {
        notice = setTimeout(() => tellTerminal(STILL_CONNECTED), REFUSED_REST);
      }
    }
    if (!once) await stayConnected(client, stop);
    return passed ? 0 : 1;
  } catch (error) {
    throw stop.aborted
      ? new Failure(
        isGreeted
          ? "Stopped before the server had answered every request"
          : "Stopped before the server had greeted the client",
      )
      : cannotConverse(client.address, error, wire, isGreeted);
  } finally {
    clearTimeout(notice);
    await client.close();
  }
}

/** Connects. While no server listens or greets, it tries again for `wait` seconds. */
function connect(
  client: ConversingClient,
  wait: number,
  signal: AbortSignal,
): Promise<Message | undefined> {
  const end = performance.now() + wait * 1000;
  return retry(() => client.connect({ signal }), {
    isRetriable: (error: unknown) =>
      (error instanceof Deno.errors.ConnectionRefused ||
        error instanceof ConnectionEnded) && performance.now() < end,
    maxAttempts: Number.MAX_SAFE_INTEGER,
    minTimeout: RETRY_REST,
    multiplier: 1,
    jitter: 0,
    signal,
  });
}

/** Tells the user of a terminal something that a script must not meet. */
async function tellTerminal(...lines: readonly string[]): Promise<void> {
  if (!Deno.stderr.isTerminal()) return;
  await flush(); // or these lines could come before those on stdout
  for (const line of lines) complain(line);
}

async function stayConnected(
  client: ConversingClient,
  stop: AbortSignal,
): Promise<void> {
  const reports = new MessageReports("message");
  try {
    for (;;) {
      const message = await client.receive();
      if (message === undefined) break;
      reports.add(() => `The server also sent ${pythonRepr(message)}`);
    }
  } catch (error) {
    report(
      `The server also sent bytes that are not a message: ${reason(error)}`,
    );
  } finally {
    reports.end();
  }
  if (!stop.aborted) report("The server closed the connection");
}
