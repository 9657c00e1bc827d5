// Connections to a server that speaks TLS, which never end their handshake, and stay
// when the server has ended them. One in three sends nothing, one half of the first
// message, and one all of it. It is at work when all are connected.

import { answerQuestions, connect } from "./load.ts";

/** Returns the first message of a client of TLS. */
async function clientHello(): Promise<Uint8Array> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const client = await Deno.connectTls({ hostname: "127.0.0.1", port });
  const handshake = client.handshake().catch(() => {}); // it never ends
  using conn = await listener.accept();
  const bytes = new Uint8Array(16_384);
  const count = await conn.read(bytes) ?? 0;
  client.close();
  await handshake;
  return bytes.subarray(0, count);
}

const hello = await clientHello();
const count = Number(Deno.args[1]);
const conns: Deno.TcpConn[] = [];
while (conns.length < count) {
  const conn = await connect();
  const part = conns.push(conn) % 3 / 2; // none, half or all of it
  if (part > 0) await conn.write(hello.subarray(0, hello.length * part));
}
await answerQuestions(() => conns.length);
