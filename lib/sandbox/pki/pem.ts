/* PEM, the text around what X.509 encodes (RFC 7468). */

/** The bytes of the first `label` in a PEM text. Throws when there is none. */
export function derOf(pem: string, label: string): ArrayBuffer {
  const [begin, end] = [`-----BEGIN ${label}-----`, `-----END ${label}-----`];
  const from = pem.indexOf(begin);
  const to = pem.indexOf(end, from);
  if (from < 0 || to < 0) throw new Error(`the text has no ${label}`);
  return new Uint8Array(Buffer.from(pem.slice(from + begin.length, to), "base64")).buffer;
}

export function pemOf(der: ArrayBuffer, label: string): string {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}
