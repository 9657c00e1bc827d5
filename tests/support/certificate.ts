// Certificates, made by openssl.

import type { Certificate } from "../../lib/connection/network.ts";

/** Makes a certificate for this name, which signs itself. */
export function certificateOf(name: string): Certificate {
  const { stdout } = new Deno.Command("openssl", {
    args: [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt"],
      ...["ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"],
      ...["-subj", `/CN=${name}`, "-addext", `subjectAltName=DNS:${name}`],
      ...["-addext", "basicConstraints=critical,CA:FALSE", "-keyout", "-"],
    ],
    stderr: "null",
  }).outputSync();
  const text = new TextDecoder().decode(stdout);
  const [key] = text.match(/-+BEGIN PRIVATE[^]*END PRIVATE KEY-+\n/)!;
  return { key, cert: text.replace(key, "") };
}
