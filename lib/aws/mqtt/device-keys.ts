import type { Duplex } from "node:stream";

/** What a device proves with who it is, both in PEM. */
export interface DeviceKeys {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

/** Reach the broker as the owner of these keys; what is wrong on the way is the stream's `error`. */
export type DialDevice = (keys: DeviceKeys) => Duplex;
