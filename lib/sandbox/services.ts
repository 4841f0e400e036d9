import * as iamSdk from "@aws-sdk/client-iam";
import * as iotSdk from "@aws-sdk/client-iot";
import * as iotDataSdk from "@aws-sdk/client-iot-data-plane";
import * as iotJobsSdk from "@aws-sdk/client-iot-jobs-data-plane";
import * as s3Sdk from "@aws-sdk/client-s3";
import * as stsSdk from "@aws-sdk/client-sts";
import type { StaticErrorSchema, StaticOperationSchema } from "@smithy/types";
import type { Service } from "../aws/pacing/quotas.js";
import { account } from "./account/room.js";
import type { State as AccountState } from "./account/tables.js";
import { catalog } from "./catalog/room.js";
import { commandRoom } from "./commands/room.js";
import type { State as CommandState } from "./commands/tables.js";
import type { Protocol } from "./http/protocols/protocol.js";
import { awsQuery } from "./http/protocols/query.js";
import { restJson, shadowJson } from "./http/protocols/rest-json.js";
import { restXml } from "./http/protocols/rest-xml.js";
import type { Rules } from "./http/validate.js";
import { iam } from "./iam/room.js";
import { identity } from "./identity/room.js";
import type { State as IdentityState } from "./identity/tables.js";
import { jobRoom } from "./jobs/room.js";
import type { State as JobsState } from "./jobs/tables.js";
import { mqtt } from "./mqtt/room.js";
import type { State as MqttState } from "./mqtt/tables.js";
import { provisioning } from "./provisioning/room.js";
import { registry } from "./registry/room.js";
import { s3 } from "./s3/room.js";
import { search } from "./search/room.js";
import { shadowRoom } from "./shadows/room.js";
import type { Evidence } from "./state/evidence.js";
import type { Operation } from "./state/operation.js";
import type { Room } from "./state/room.js";
import type { Core, Declarations } from "./state/state.js";

/** Where a bucket is: presigned forms name no Region. */
export { regionOfBucket } from "./s3/existing-buckets.js";

/** Every room, in the order in which a fleet is made: so `--reset` lists what they hold. */
const rooms: readonly Room[] = [
  registry,
  shadowRoom,
  catalog,
  jobRoom,
  commandRoom,
  account,
  identity,
  search,
  iam,
  s3,
  provisioning,
  mqtt,
];

/** The state with the tables of all rooms. */
export type World = IdentityState & JobsState & CommandState & AccountState & MqttState;

/** The tables of all rooms. */
export const declared: Declarations = Object.fromEntries(
  rooms.flatMap((room) => Object.entries(room.tables)),
);

/** What rooms answer to those below. */
export const answers = rooms.flatMap((room) => room.answers ?? []);

/** What rooms do when those below tell of something. */
export const hearers = rooms.flatMap((room) => room.hears ?? []);

/** Let happen what was to happen by itself until now. */
export function advance(state: Core): void {
  for (const room of rooms) room.advance?.(state);
}

/** One AWS service as the sandbox speaks it. */
export interface ServiceEntry {
  readonly protocol: Protocol;
  /** What is written, by name. Everything else in the schemas routes, and is answered with 501. */
  readonly operations: ReadonlyMap<string, Written>;
  /** Whence the answers of what is written are known. */
  readonly evidence: Evidence;
  /** Every operation that the SDK knows. */
  readonly known: readonly string[];
  /** Schemas of the modelled errors, by name: they carry the HTTP status. */
  readonly errors: ReadonlyMap<string, StaticErrorSchema>;
}

/** An operation, and what its members must be. */
export interface Written extends Operation {
  readonly rules: Rules;
}

/** The six services. An operation is added by exporting it from a module that its room lists. */
export const services: Readonly<Record<Service, ServiceEntry>> = {
  iot: entryOf("iot", iotSdk, restJson),
  iotdata: entryOf("iotdata", iotDataSdk, shadowJson),
  "iot-jobs-data": entryOf("iot-jobs-data", iotJobsSdk, restJson),
  s3: entryOf("s3", s3Sdk, restXml),
  iam: entryOf("iam", iamSdk, awsQuery("https://iam.amazonaws.com/doc/2010-05-08/")),
  sts: entryOf("sts", stsSdk, awsQuery("https://sts.amazonaws.com/doc/2011-06-15/")),
};

function entryOf(
  service: Service,
  sdk: object,
  protocol: (schemas: readonly StaticOperationSchema[]) => Protocol,
): ServiceEntry {
  const exported = Object.values(sdk).filter((value) => Array.isArray(value));
  const schemas = exported.filter((value): value is StaticOperationSchema => value[0] === 9);
  const errors = exported.filter((value): value is StaticErrorSchema => value[0] === -3);
  const written = rooms.flatMap((room): Written[] => {
    const part = room.services[service];
    const operations = part?.operations.flatMap((module) => Object.values(module)) ?? [];
    return operations
      .filter(isOperation)
      .map((operation) => ({ ...operation, rules: part?.rules(operation.name) ?? {} }));
  });
  return {
    protocol: protocol(schemas),
    operations: new Map(written.map((operation) => [operation.name, operation])),
    evidence: Object.fromEntries(
      rooms.flatMap((room) => Object.entries(room.services[service]?.evidence ?? {})),
    ),
    known: schemas.map((schema) => schema[2]).sort(),
    errors: new Map(errors.map((schema) => [schema[2], schema])),
  };
}

function isOperation(value: unknown): value is Operation {
  return typeof value === "object" && value !== null && "schema" in value && "run" in value;
}
