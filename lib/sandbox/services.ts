import * as iam from "@aws-sdk/client-iam";
import * as iot from "@aws-sdk/client-iot";
import * as iotData from "@aws-sdk/client-iot-data-plane";
import * as iotJobs from "@aws-sdk/client-iot-jobs-data-plane";
import * as s3 from "@aws-sdk/client-s3";
import * as sts from "@aws-sdk/client-sts";
import type { StaticErrorSchema, StaticOperationSchema } from "@smithy/types";
import type { Service } from "../aws/quotas.js";
import type { Operation } from "./operation.js";
import type { Protocol } from "./protocols/protocol.js";
import { awsQuery } from "./protocols/query.js";
import { restJson, shadowJson } from "./protocols/rest-json.js";
import { restXml } from "./protocols/rest-xml.js";
import * as billingGroups from "./services/billing-groups.js";
import * as certificates from "./services/certificates.js";
import * as commands from "./services/commands.js";
import * as connectivity from "./services/connectivity.js";
import * as deviceJobs from "./services/device-jobs.js";
import * as dynamicGroups from "./services/dynamic-groups.js";
import * as endpoints from "./services/endpoints.js";
import * as groupMembers from "./services/group-members.js";
import * as roles from "./services/iam.js";
import * as rolePolicies from "./services/iam-policies.js";
import * as indexing from "./services/indexing.js";
import * as fleetQueries from "./services/fleet-queries.js";
import * as jobChanges from "./services/job-changes.js";
import * as jobEnds from "./services/job-ends.js";
import * as jobExecutions from "./services/job-executions.js";
import * as jobTemplates from "./services/job-templates.js";
import * as jobs from "./services/jobs.js";
import * as logging from "./services/logging.js";
import * as packageConfiguration from "./services/package-configuration.js";
import * as packageVersions from "./services/package-versions.js";
import * as packages from "./services/packages.js";
import * as policies from "./services/policies.js";
import * as policyTargets from "./services/policy-targets.js";
import * as policyVersions from "./services/policy-versions.js";
import * as buckets from "./services/s3-buckets.js";
import * as bucketSettings from "./services/s3-settings.js";
import * as objectCopies from "./services/s3-copies.js";
import * as objectDeletes from "./services/s3-deletes.js";
import * as objectLists from "./services/s3-lists.js";
import * as multipart from "./services/s3-multipart.js";
import * as multipartLists from "./services/s3-multipart-lists.js";
import * as objects from "./services/s3-objects.js";
import * as objectTags from "./services/s3-object-tags.js";
import * as shadows from "./services/shadows.js";
import * as identity from "./services/sts.js";
import * as tags from "./services/tags.js";
import * as thingGroups from "./services/thing-groups.js";
import * as thingPrincipals from "./services/thing-principals.js";
import * as thingTypes from "./services/thing-types.js";
import * as things from "./services/things.js";
import * as topicRules from "./services/topic-rules.js";

/** One AWS service as the sandbox speaks it. */
export interface ServiceEntry {
  readonly protocol: Protocol;
  /** What is written, by name. Everything else in the schemas routes, and is answered with 501. */
  readonly operations: ReadonlyMap<string, Operation>;
  /** Every operation that the SDK knows. */
  readonly known: readonly string[];
  /** Schemas of the modelled errors, by name: they carry the HTTP status. */
  readonly errors: ReadonlyMap<string, StaticErrorSchema>;
}

/** The six services. An operation is added by exporting it from a file in `services/`. */
export const services: Readonly<Record<Service, ServiceEntry>> = {
  iot: service(iot, restJson, [
    things,
    thingTypes,
    thingGroups,
    groupMembers,
    billingGroups,
    dynamicGroups,
    indexing,
    fleetQueries,
    packages,
    packageVersions,
    packageConfiguration,
    jobs,
    jobChanges,
    jobEnds,
    jobExecutions,
    jobTemplates,
    certificates,
    thingPrincipals,
    policies,
    policyVersions,
    policyTargets,
    commands,
    topicRules,
    tags,
    endpoints,
    connectivity,
    logging,
  ]),
  iotdata: service(iotData, shadowJson, [shadows]),
  "iot-jobs-data": service(iotJobs, restJson, [deviceJobs]),
  s3: service(s3, restXml, [
    buckets,
    bucketSettings,
    objects,
    objectCopies,
    objectDeletes,
    objectLists,
    multipart,
    multipartLists,
    objectTags,
  ]),
  iam: service(iam, awsQuery("https://iam.amazonaws.com/doc/2010-05-08/"), [roles, rolePolicies]),
  sts: service(sts, awsQuery("https://sts.amazonaws.com/doc/2011-06-15/"), [identity]),
};

function service(
  sdk: object,
  protocol: (schemas: readonly StaticOperationSchema[]) => Protocol,
  rooms: readonly object[],
): ServiceEntry {
  const exported = Object.values(sdk).filter((value) => Array.isArray(value));
  const schemas = exported.filter((value): value is StaticOperationSchema => value[0] === 9);
  const errors = exported.filter((value): value is StaticErrorSchema => value[0] === -3);
  const operations = rooms.flatMap((room) => Object.values(room)).filter(isOperation);
  return {
    protocol: protocol(schemas),
    operations: new Map(operations.map((operation) => [operation.name, operation])),
    known: schemas.map((schema) => schema[2]).sort(),
    errors: new Map(errors.map((schema) => [schema[2], schema])),
  };
}

function isOperation(value: unknown): value is Operation {
  return typeof value === "object" && value !== null && "schema" in value && "run" in value;
}
