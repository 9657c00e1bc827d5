// Unix sockets, over real ones. Their permission names one path, so these tests need all.

import { assertEquals, assertMatch } from "@std/assert";
import { assertRejects, assertThrows } from "@std/assert";
import { Client } from "../../client.ts";
import type { MessageMap } from "../../lib/formats/formats.ts";
import { TlsError } from "../../lib/formats/formats.ts";
import { Server, type ServerOptions } from "../../server.ts";
import { certificateOf } from "../../tools/processes/certificate.ts";
import { needs } from "../support/needs.ts";
import { EchoHandler } from "../support/peers.ts";

const unix = needs("net", "read", "write", "Unix");
const tlsUnix = needs("net", "read", "write", "run", "openssl", "Unix");

/** Does something with a path in a folder that is removed afterwards. */
async function withPath(use: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await use(`${folder}/rollcall.sock`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Starts a server on a Unix socket. */
function start(path: string, options: Partial<ServerOptions> = {}) {
  const lines: string[] = [];
  const reported: string[] = [];
  const server = new Server({
    ...{ path, clientHandler: EchoHandler, ...options },
    log: (some) => lines.push(...some),
    report: (line) => reported.push(line),
  });
  const running = server.run();
  return {
    ...{ server, lines, reported },
    async [Symbol.asyncDispose]() {
      await server.shutdown();
      await running;
    },
  };
}

unix.test("A server serves clients on a Unix socket, each with an id of its own, and removes it in the end (needs net, read, write, Unix)", () =>
  withPath(async (path) => {
    {
      await using served = start(path, { maxInvalid: 1 });
      assertEquals(served.lines, [`Listening at ${path}`]);
      assertEquals(Deno.statSync(path).mode! & 0o777, 0o600);
      const ids: unknown[] = [];
      for (let i = 0; i < 3; i++) {
        const client = new Client({ path, answerTimeout: 20 });
        ids.push((await client.connect() as MessageMap).clientid);
        const requests = Array.from(
          { length: 1000 },
          (_, n) => client.request(n),
        );
        assertEquals((await Promise.all(requests)).length, 1000);
        if (i < 2) continue; // it stays until the server ends
        await client.close();
      }
      assertEquals(new Set(ids).size, 3);
      using conn = await Deno.connect({ transport: "unix", path });
      await conn.write(new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n"));
      await new Response(conn.readable).bytes();
      assertMatch(served.reported.join("\n"), RegExp(`^${path}/4 `, "m"));
    }
    assertThrows(() => Deno.lstatSync(path), Deno.errors.NotFound);
  }));

unix.test("A Unix socket that a server left behind is replaced, one in use and other files are not (needs net, read, write, Unix)", () =>
  withPath(async (path) => {
    Deno.listen({ transport: "unix", path }).close(); // the file stays
    {
      await using _served = start(path);
      const second = new Server({ path, log: () => {} });
      assertThrows(() => second.listen(), Deno.errors.AddrInUse, path);
      await using client = new Client({ path, answerTimeout: 20 });
      await client.connect();
      assertEquals(await client.request(1), 1);
    }
    Deno.writeTextFileSync(path, "mine");
    const server = new Server({ path, log: () => {} });
    assertThrows(() => server.listen(), Deno.errors.AddrInUse);
    assertEquals(Deno.readTextFileSync(path), "mine");
    Deno.removeSync(path);
    const client = new Client({ path });
    await assertRejects(() => client.connect(), Deno.errors.NotFound);
    await client.close();
  }));

tlsUnix.test("A server and its clients speak TLS on a Unix socket; the certificate has the client's host as its name, or localhost (needs net, read, write, run, openssl, Unix)", () =>
  withPath(async (path) => {
    const cases = [["localhost", undefined], ["rollcall", "rollcall"]] as const;
    for (const [name, host] of cases) {
      const certificate = certificateOf(name);
      await using served = start(path, { tls: certificate });
      const tls = { ca: certificate.cert };
      await using client = new Client({ path, host, tls, answerTimeout: 20 });
      await client.connect();
      const numbers = Array.from({ length: 1000 }, (_, i) => i);
      const answers = numbers.map((number) => client.request(number));
      assertEquals(await Promise.all(answers), numbers);
      const other = new Client({ path, host: "example.com", tls });
      await assertRejects(() => other.connect(), TlsError, "example.com");
      const untrusting = new Client({ path, host, tls: true });
      await assertRejects(() => untrusting.connect(), TlsError, "certificate");
      for (const it of [other, untrusting]) await it.close();
      await served.server.shutdown();
    }
  }));
