/**
 * Connections that never shake hands, beside a client that does.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import { Client } from "../../../client.ts";
import { LONGEST } from "../../../lib/connection/state.ts";
import type { Certificate } from "../../../server.ts";
import { certificateOf, hasOpenssl } from "../../processes/certificate.ts";
import { atMost, none } from "./figures.ts";
import { startLoad } from "./loads/load.ts";
import { descriptors } from "./processes.ts";
import type { Figure, Scenario } from "./scenario.ts";
import { askedServer, type RunningServer, stateOf } from "./servers.ts";
import { quantile } from "./statistics.ts";

const HOST = "localhost";
const CONNECTIONS = 5000;
const BRIEF = 500;
const ROUNDS = 3;
/** How long after the deadline of its handshake a connection may still be open, in milliseconds. */
const MARGIN = 3000;
/** How long an answer, or a new connection and its answer, may take, in milliseconds. */
const ANSWER = 1000;
/** Descriptors that the server may have more than before. */
const DESCRIPTORS = 10;
/** Live memory that the server may have more than after the first round, in MiB. */
const MEMORY = 5;
const MEBIBYTE = 2 ** 20;
const STUDENT = { student_name: "Bob Chen", github_username: "bchen", sid: 1 };

/** What a polite client has met, and what its server has afterwards. */
interface Round {
  /** How long each answer took on one connection, in milliseconds. */
  same: number[];
  /** The same on new connections, with the handshake. */
  fresh: number[];
  /** Answers that were not the right one. */
  failed: number;
  /** Descriptors that the server has more than before. */
  descriptors: number;
  /** The server's live memory, in bytes. */
  liveBytes: number;
  /** The clients that it still serves. */
  handlers: number;
}

/** Clients that never shake hands delay no other, and after their deadline they cost nothing. */
export const tls: Scenario = {
  name: "tls",
  about: `${CONNECTIONS} connections never shake hands: a polite client with ` +
    "TLS is served, and descriptors and memory come back",
  needs: { name: "openssl", isThere: hasOpenssl },
  async measure(tell, stop, brief): Promise<Figure[]> {
    const certificate = certificateOf(HOST);
    await using server = await askedServer("student", stop, certificate);
    const count = brief ? BRIEF : CONNECTIONS;
    const rounds: Round[] = [];
    while (rounds.length < ROUNDS) {
      tell(`round ${rounds.length + 1} of ${ROUNDS}: ${count} connections`);
      rounds.push(await play(server, certificate, count, stop));
    }
    const same = rounds.flatMap(({ same }) => same);
    const fresh = rounds.flatMap(({ fresh }) => fresh);
    const [first, ...others] = rounds.map(({ liveBytes }) => liveBytes);
    const more = (Math.max(...others) - first) / MEBIBYTE;
    const sum = (of: "failed" | "descriptors" | "handlers") =>
      rounds.reduce((sum, round) => sum + round[of], 0);
    return [
      none("answers that the polite client did not get", sum("failed")),
      atMost("99 % of its answers", quantile(same, 0.99), ANSWER, "ms"),
      atMost("99 % on new connections", quantile(fresh, 0.99), ANSWER, "ms"),
      none("clients that the server still serves", sum("handlers")),
      atMost(
        "descriptors more than before",
        sum("descriptors"),
        DESCRIPTORS,
        "",
      ),
      atMost("memory more than after the first round", more, MEMORY, "MiB"),
    ];
  },
};

/** Connects clients that never shake hands and never leave, and measures until their deadline is over. */
async function play(
  server: RunningServer,
  certificate: Certificate,
  count: number,
  stop: AbortSignal,
): Promise<Round> {
  const { pid } = server.process;
  const before = descriptors(pid);
  await using _load = await startLoad("unshaken", server.address, stop, [
    `${count}`,
  ]);
  const end = performance.now() + LONGEST.handshake + MARGIN;
  const round = { same: [] as number[], fresh: [] as number[], failed: 0 };
  const { port } = server.address;
  const tls = { ca: certificate.cert };
  const connect = async () => {
    const client = new Client({ host: HOST, port, tls, answerTimeout: 10 });
    await client.connect();
    return client;
  };
  await using polite = await connect();
  const measure = async (of: "same" | "fresh", ask: () => Promise<unknown>) => {
    const began = performance.now();
    const answer = await ask().catch(() => undefined);
    round[of].push(performance.now() - began);
    if (answer !== 1) round.failed++;
  };
  while (performance.now() < end) {
    await measure("same", () => polite.request(STUDENT));
    await measure("fresh", async () => {
      await using client = await connect();
      return await client.request(STUDENT);
    });
    await delay(20, { signal: stop });
  }
  await polite.close();
  await delay(500, { signal: stop });
  const { liveBytes, handlers } = await stateOf(server);
  return {
    ...round,
    liveBytes,
    handlers,
    descriptors: descriptors(pid) - before,
  };
}
