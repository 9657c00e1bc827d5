/**
 * The networks that the options of a server or a client choose.
 *
 * @module
 */

import type { KeyObject } from "node:crypto";
import { type Accepted, closeOnce, type Network } from "../net.ts";
import { reason } from "../text.ts";
import type {
  Certificate,
  ClientNetwork,
  NetworkOptions,
  ServerNetwork,
} from "./network_options.ts";
import { type Side, TlsConnection } from "./tls.ts";
import { readHello } from "./tls_hello.ts";
import { unixNetwork } from "./unix.ts";

/** The name that the certificate of a server on this machine has, unless the client gives another one. */
const LOCAL_NAME = "localhost";

/**
 * Returns the network that a server listens on.
 *
 * @throws {TypeError} If the certificate or its key is not in PEM, or they do not fit.
 */
export function serverNetwork(options: ServerNetwork): Network {
  const network = plainNetwork(options);
  return options.tls ? withServerTls(network, options.tls) : network;
}

/** Returns the network that a client connects through. */
export function clientNetwork(options: ClientNetwork): Network {
  const network = plainNetwork(options);
  const { tls, path, host = LOCAL_NAME } = options;
  if (!tls) return network;
  const ca = tls === true ? undefined : tls.ca;
  // No certificate has the path of a socket as its name.
  return withClientTls(network, ca, path === undefined ? undefined : host);
}

function plainNetwork({ network = Deno, path }: NetworkOptions): Network {
  return path === undefined ? network : unixNetwork(path);
}

/** Node's TLS. It is loaded when it is needed, since that takes time, and so does an import of `node:process`. */
function nodeTls() {
  const { deno } = Deno.version;
  const [major, minor] = deno.split(".").map(Number);
  if (major < 2 || major === 2 && minor < 9) { // it works over sockets only
    throw new TypeError(`TLS needs Deno 2.9 or later, and this is ${deno}`);
  }
  return globalThis.process.getBuiltinModule("node:tls");
}

function withServerTls(network: Network, certificate: Certificate): Network {
  const { createSecureContext, TLSSocket } = nodeTls();
  check(certificate);
  const secureContext = createSecureContext({ ...certificate });
  const options = { isServer: true, secureContext, allowHalfOpen: true };
  const side: Side = {
    hello: readHello,
    secure: (stream) => new TLSSocket(stream as never, options),
    event: "secure",
  };
  // The handshake is not awaited: a client that never shakes hands delays no other.
  const secure = (conn: Accepted): Accepted => {
    const { remoteAddr } = conn;
    return Object.assign(new TlsConnection(conn, side), { remoteAddr });
  };
  return {
    connect: (address) => network.connect(address),
    listen: (address) => {
      const listener = network.listen(address);
      return {
        addr: listener.addr,
        accept: async () => secure(await listener.accept()),
        close: () => listener.close(),
      };
    },
  };
}

/** `name` is what the certificate must have as its name, if that is not the address. */
function withClientTls(
  network: Network,
  ca: string | undefined,
  name: string | undefined,
): Network {
  const { connect } = nodeTls();
  const { isIP } = globalThis.process.getBuiltinModule("node:net");
  return {
    listen: (address) => network.listen(address),
    connect: async (address) => {
      const { hostname, signal } = address;
      const host = name ?? hostname;
      // An address is compared with the certificate, too, but it is no server name.
      const servername = isIP(host) ? undefined : host;
      const options = { ca, host, servername, allowHalfOpen: true };
      const conn = await network.connect(address);
      const secured = new TlsConnection(conn, {
        secure: (socket) => connect({ socket, ...options }),
        event: "secureConnect",
      });
      const abort = () => closeOnce(secured);
      if (signal?.aborted) abort(); // while it connected
      signal?.addEventListener("abort", abort);
      try {
        await secured.handshake;
      } finally {
        signal?.removeEventListener("abort", abort);
      }
      return secured;
    },
  };
}

/** @throws {TypeError} If the certificate or its key is not in PEM, or they do not fit. */
function check({ cert, key }: Certificate): void {
  const crypto = globalThis.process.getBuiltinModule("node:crypto");
  const parsed = <T>(what: string, parse: () => T): T => {
    try {
      return parse();
    } catch (error) {
      throw new TypeError(`${what} is not in PEM: ${reason(error)}`);
    }
  };
  const certified = parsed(
    "The certificate",
    () => new crypto.X509Certificate(cert),
  );
  const ours = parsed(
    "The key",
    () => crypto.createPublicKey(crypto.createPrivateKey(key)),
  );
  const shown = (key: KeyObject) => key.export({ type: "spki", format: "pem" });
  if (shown(certified.publicKey) !== shown(ours)) {
    throw new TypeError("The key does not fit the certificate");
  }
}
