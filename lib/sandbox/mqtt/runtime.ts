import type { X509Certificate } from "node:crypto";
import type { Duplex } from "node:stream";
import type { StaticOperationSchema } from "@smithy/types";
import { port } from "../state/port.js";
import type { Core } from "../state/state.js";
import type { Excess } from "./limits.js";
import type { Address } from "./records.js";
import type { State } from "./tables.js";

/** The planes that devices reach over MQTT too. */
export type Plane = "iotdata" | "iot-jobs-data";

/** Whose words a refusal may be in: devices that provision themselves do what the control plane does. */
export type Speaker = Plane | "iot";

/** What the broker needs of the sandbox around it. */
export interface Runtime {
  /** Do something as one transaction, on the present. */
  run<T>(state: Core, work: () => T): Promise<T>;
  /**
   * Run the very operation that HTTP runs, its quota, checks and all.
   *
   * @param read makes the operation's input
   * @param conclude called in the transaction with what it has answered
   * @throws whatever the operation refuses with; `refusalOf` reads it
   */
  call(
    state: State,
    plane: Plane,
    operation: string,
    read: (schema: StaticOperationSchema) => object,
    conclude: (output: object) => void,
  ): Promise<void>;
  refusalOf(error: unknown, plane: Speaker, operation: string): Refusal;
  /** Accounts and Regions in which a certificate is registered. */
  holdersOf(certificateId: string): readonly State[];
  /** The sandbox's time, in milliseconds since the epoch. */
  now(): number;
  /** One readable line about a device. @param clientId whom it is about, as far as that is known */
  log(line: string, clientId?: string): void;
  /** AWS lets a client connect once a second. */
  readonly limitsConnects: boolean;
  /** What AWS is known to do at times is always done: without SNI nobody gets in, and no answer is a close. */
  readonly isStrict: boolean;
  /** Beyond what messages are thrown away, and bytes delayed; undefined when neither is. */
  readonly excess: Excess | undefined;
}

export interface Refusal {
  /** `ResourceNotFoundException` */
  readonly code: string;
  readonly status: number;
  readonly message: string;
}

/** The runtime of the sandbox that an operation runs in. */
export const brokerRuntime = port<Runtime>("what the message broker needs");

/** Who is at the other end of a connection, as far as the transport tells. */
export type Peer =
  | { readonly kind: "certificate"; readonly certificate: X509Certificate | undefined }
  | { readonly kind: "signature"; readonly accessKeyId: string; readonly state: Core };

/** A connection that has not said anything yet. */
export interface Link {
  readonly stream: Duplex;
  readonly peer: Peer;
  readonly isWebSocket: boolean;
  /** The name of the server that a client of TLS has asked for (SNI), if it did. */
  readonly serverName?: string;
  readonly source: Address;
  readonly target: Address;
  /** Whether the other side has ended a WebSocket in the way that is meant for it. */
  readonly hasSaidGoodbye?: () => boolean;
}
