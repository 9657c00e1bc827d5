/**
 * Certificates of a test's or a measurement's own, made by openssl.
 *
 * @module
 */

import type { Certificate } from "../../server.ts";

/** Whether openssl is installed. */
export function hasOpenssl(): boolean {
  try {
    return new Deno.Command("openssl", { args: ["version"] })
      .outputSync().success;
  } catch {
    return false;
  }
}

/** Makes a certificate for a name, signed by its own key. */
export function certificateOf(name: string): Certificate {
  const { stdout } = new Deno.Command("openssl", {
    args: [
      ...["req", "-x509", "-newkey", "ec", "-nodes", "-days", "2"],
      ...["-pkeyopt", "ec_paramgen_curve:prime256v1", "-keyout", "-"],
      ...["-subj", `/CN=${name}`, "-addext", `subjectAltName=DNS:${name}`],
      ...["-addext", "basicConstraints=critical,CA:FALSE"],
    ],
    stderr: "null",
  }).outputSync();
  const text = new TextDecoder().decode(stdout);
  const [key] = text.match(/-+BEGIN PRIVATE[^]*END PRIVATE KEY-+\n/)!;
  return { key, cert: text.replace(key, "") };
}
