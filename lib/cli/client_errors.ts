/**
 * The client's errors about its server: why it cannot go on, and what to do.
 *
 * @module
 */

import {
  ConnectionEnded,
  ProtocolError,
  TlsError,
} from "../formats/formats.ts";
import type { WireFormat } from "../formats/formats.ts";
import { type Address, isDisconnect, showAddress } from "../net.ts";
import { reason } from "../text.ts";
import { hostError } from "./host_errors.ts";
import { Failure } from "./program.ts";

/** Returns an error that says why a client cannot go on, and what to do about it. */
export function cannotConverse(
  address: Address,
  error: unknown,
  wire: WireFormat,
  isGreeted: boolean,
): Failure {
  const where = showAddress(address);
  if (error instanceof ConnectionEnded || isDisconnect(error)) {
    const why = error instanceof ConnectionEnded
      ? error.message
      : "The connection ended";
    const missing = isGreeted
      ? "had not answered every request"
      : "had not greeted the client. Is it the lab's server?";
    return new Failure(`${why}: ${where} ${missing}`);
  }
  if (error instanceof TlsError) {
    return new Failure(`${error.message} (${where}). ${tlsAdvice(error)}`);
  }
  if (error instanceof ProtocolError) {
    return new Failure(
      `The server at ${where} ${misfit(error, wire)}`,
    );
  }
  return new Failure(`Cannot connect to ${where}: ${advice(address, error)}`);
}

function advice({ hostname }: Address, error: unknown): string {
  if (error instanceof Deno.errors.ConnectionRefused) {
    return "no server listens there. " +
      "Start one with `deno task server`, or wait for it with --wait 10";
  }
  if (error instanceof Deno.errors.NotCapable) {
    return "the permission --allow-net is missing. " +
      "Start it with `deno task client`, which grants it";
  }
  const meaning = hostError(hostname, error);
  return meaning
    ? `${meaning}. Check --host`
    : `${reason(error)}. Check --host and --port`;
}

/** Says what helps if TLS fails. */
function tlsAdvice({ message }: TlsError): string {
  if (/altnames/.test(message)) {
    return "Connect to a name in its certificate with --host";
  }
  return /certificate/.test(message)
    ? "If it is the right server, trust its certificate with --ca data/ca.pem"
    : "If the server does not speak TLS, leave out --tls";
}

/** The `--wire` whose messages look like this. */
const WIRES = { "JSON": "json", "a pickle": "pickle" } as const;

/** Says what a server sends that this client cannot read. */
function misfit(error: ProtocolError, { name }: WireFormat): string {
  const { looksLike } = error;
  if (looksLike === "HTTP") {
    return "answers HTTP: it is a web server, not the lab's. Check --host and --port";
  }
  if (looksLike === "TLS") return "speaks TLS: start the client with --tls";
  if (looksLike === "JSON" || looksLike === "a pickle") {
    const wire = WIRES[looksLike];
    return `sends ${looksLike}, and this client expects ${name}: ` +
      `start it with --wire ${wire}`;
  }
  const lab = "Is it the lab's server, with the same --wire?";
  return looksLike
    ? `sent ${looksLike}, and this client expects ${name}. ${lab}`
    : `sent bytes that are not a message. ${lab} ${error.message}`;
}
