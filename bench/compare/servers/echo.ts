// A bare echo: the least that a TCP server on Deno can do.

const port = Number(Deno.args[0]);
const listener = Deno.listen({ hostname: "127.0.0.1", port });
console.log("Listening");

async function echo(conn: Deno.TcpConn): Promise<void> {
  conn.setNoDelay();
  const buffer = new Uint8Array(65_536);
  try {
    for (let count; (count = await conn.read(buffer)) !== null;) {
      for (let at = 0; at < count;) {
        at += await conn.write(buffer.subarray(at, count));
      }
    }
  } finally {
    conn.close();
  }
}

for await (const conn of listener) void echo(conn).catch(() => {});
