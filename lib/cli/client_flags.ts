/**
 * The client's command line, and what can be wrong with reaching a server.
 *
 * @module
 */

import { retry } from "@std/async/retry";
import { type Address, DEFAULT_ADDRESS, showAddress } from "../net.ts";
import {
  ConnectionEnded,
  DEFAULT_FORMAT,
  FORMATS,
  ProtocolError,
} from "../wire/formats.ts";
import { reason } from "./escape.ts";
import { choice, type Flag, integer, seconds, text, toggle } from "./flags.ts";
import { Failure } from "./program.ts";

/** Milliseconds from one try to connect to the next. */
const RETRY_REST = 100;

/** The flags of the client. */
export const CLIENT_FLAGS = {
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
  } as Flag<number | bigint | string | undefined>,
  repeat: integer("how many requests to send, pipelined", 1, 1, 1e9),
  once: toggle("leave when all is answered"),
  wait: seconds("keep trying to connect for so long", 0),
};

/** An integer where it is written as one; `007` is text, since 7 would be another sid. */
function parseSid(given: string): number | bigint | string | undefined {
  if (!/^(0|-?[1-9]\d*)$/.test(given)) return given || undefined;
  const number = Number(given);
  return Number.isSafeInteger(number) ? number : BigInt(given);
}

/** Tries to connect; while no server listens, again and again for `wait` seconds. */
export function retryFor<T>(
  wait: number,
  connect: () => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const end = performance.now() + wait * 1000;
  return retry(connect, {
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

/** Why a client cannot go on, and what to do about it. */
export function cannotConverse(address: Address, error: unknown): Failure {
  const where = showAddress(address);
  if (error instanceof ConnectionEnded) {
    return new Failure(
      `${error.message} before the server at ${where} had answered all`,
    );
  }
  if (error instanceof ProtocolError) {
    return new Failure(
      `The server at ${where} sent what is no message. ${error.message}`,
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
