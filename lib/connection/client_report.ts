/**
 * Lines for the operator about one client.
 *
 * @module
 */

import { type Address, showAddress } from "../net.ts";
import { cut, escape, escapeAndCut, firstColumns } from "../text.ts";
import type { Report, Reported } from "./handler_server.ts";

/** The most characters of a line, and of a name in it. */
const LONGEST = 500;
const LONGEST_NAME = 40;

/** A handler, whose client a line is about. */
export interface ReportingHandler {
  /** The client's id. */
  readonly clientId: number;
  /** The client's IP address. */
  readonly clientIp: string;
  /** The server that reports the line. */
  readonly server: { report(line: string, about?: Reported): void };
}

/**
 * Reports a line about a client. It begins with the client's address, by which the
 * lines about one client can be found, and its name, if that is known.
 */
export function reportClient(
  { server, clientId, clientIp }: ReportingHandler,
  addr: Address,
  line: string,
  about: Parameters<Report>[1],
): void {
  const { name, ...rest } = about ?? {};
  const where = showAddress(addr) + (name ? ` (${shownName(name)})` : "");
  server.report(`${where} ${escapeAndCut(line, LONGEST)}`, {
    client: clientId,
    address: clientIp,
    ...(name ? { name } : {}),
    ...rest,
  });
}

function shownName(name: string): string {
  return firstColumns(escape(cut(name, LONGEST_NAME)), LONGEST_NAME);
}
