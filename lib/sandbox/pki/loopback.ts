import * as asn1 from "@peculiar/asn1-x509";
import type { X509Certificate } from "node:crypto";
import { extension } from "./certificate.js";

/*
 * The names under which a program on this machine reaches another one. `DescribeEndpoint` answers the
 * address; S3's virtual hosts are `<bucket>.s3.localhost`.
 */

/** A star right before the last label counts with some clients only. */
const NAMES = ["localhost", "*.localhost", "s3.localhost", "*.s3.localhost"];
const ADDRESSES = ["127.0.0.1", "::1"];

/** For a server's certificate: it is of these names, and serves TLS. */
export function loopbackServer(): asn1.Extension[] {
  return [
    extension(
      asn1.id_ce_subjectAltName,
      new asn1.SubjectAlternativeName([
        ...NAMES.map((dNSName) => new asn1.GeneralName({ dNSName })),
        ...ADDRESSES.map((iPAddress) => new asn1.GeneralName({ iPAddress })),
      ]),
    ),
    extension(asn1.id_ce_extKeyUsage, new asn1.ExtendedKeyUsage([asn1.id_kp_serverAuth])),
  ];
}

/**
 * For an authority's certificate: whoever trusts it trusts it for this machine alone, should its key
 * be stolen. Not critical, since small TLS libraries (mbed TLS) turn down what they do not know.
 */
export function loopbackOnly(): asn1.Extension {
  const permitted = [
    new asn1.GeneralName({ dNSName: "localhost" }),
    new asn1.GeneralName({ iPAddress: "127.0.0.0/8" }),
    new asn1.GeneralName({ iPAddress: "::1/128" }),
  ].map((base) => new asn1.GeneralSubtree({ base }));
  return extension(
    asn1.id_ce_nameConstraints,
    new asn1.NameConstraints({ permittedSubtrees: new asn1.GeneralSubtrees(permitted) }),
  );
}

/** Whether a certificate is of all these names: one of an earlier version of ours may not be. */
export function isOfLoopback(certificate: X509Certificate): boolean {
  const names = certificate.subjectAltName?.split(", ") ?? [];
  return (
    NAMES.every((name) => names.includes(`DNS:${name}`)) &&
    ADDRESSES.every((address) => certificate.checkIP(address) !== undefined)
  );
}
