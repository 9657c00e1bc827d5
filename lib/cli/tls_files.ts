/**
 * The files of TLS that flags name: a certificate, its key, or those to trust.
 *
 * @module
 */

import { whyUnreadable } from "./data_file.ts";
import { UsageError } from "./flags.ts";
import { Failure } from "./program.ts";

/** The flags of the server about TLS. */
export interface ServerTlsFlags {
  /** The file of the certificate. */
  cert: string | undefined;
  /** The file of its private key. */
  key: string | undefined;
}

/** The flags of the client about TLS. */
export interface ClientTlsFlags {
  /** Whether to speak TLS. */
  tls: boolean;
  /** The file of the certificates to trust. */
  ca: string | undefined;
}

/** Reads the server's certificate and key; `undefined` if there are none. @throws {UsageError} If there is only one of them. */
export async function readCertificate(
  { cert, key }: ServerTlsFlags,
): Promise<{ cert: string; key: string } | undefined> {
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined || key === undefined) {
    throw new UsageError(
      "TLS takes both --cert and --key: the certificate, and its private key",
    );
  }
  return {
    cert: await readPem("--cert", cert, /CERTIFICATE/),
    key: await readPem("--key", key, /PRIVATE KEY/),
  };
}

/** Creates a server. If it refuses the certificate or the key, the error names their files. */
export function withTlsFiles<T>(
  { cert, key }: ServerTlsFlags,
  create: () => T,
): T {
  try {
    return create();
  } catch (error) {
    if (!(error instanceof TypeError) || cert === undefined) throw error;
    const files = `--cert ${cert} with --key ${key}`;
    throw new Failure(`Cannot use ${files}: ${error.message}`);
  }
}

/** Reads what the client's flags say about TLS. @throws {UsageError} If `--ca` is given without `--tls`. */
export async function readTrusted(
  { tls, ca }: ClientTlsFlags,
): Promise<boolean | { ca: string }> {
  if (ca === undefined) return tls;
  if (!tls) throw new UsageError("--ca is for TLS: add --tls");
  return { ca: await readPem("--ca", ca, /CERTIFICATE/) };
}

/** Reads a file in PEM. */
async function readPem(
  flag: string,
  path: string,
  label: RegExp,
): Promise<string> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    throw new Failure(`Cannot read ${flag} ${path}: ${whyUnreadable(error)}`);
  }
  const labels = text.matchAll(/^-----BEGIN ([A-Z ]+)-----$/gm);
  const found = Array.from(labels, ([, name]) => name);
  if (found.some((name) => label.test(name))) return text;
  const what = flag === "--key" ? "a private key" : "a certificate";
  const has = found.length > 0 ? `it has ${found[0]}` : "it is not PEM";
  throw new Failure(`Cannot take ${flag} ${path} for ${what}: ${has}`);
}
