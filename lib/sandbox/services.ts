import * as iam from "@aws-sdk/client-iam";
import * as iot from "@aws-sdk/client-iot";
import * as iotData from "@aws-sdk/client-iot-data-plane";
import * as iotJobs from "@aws-sdk/client-iot-jobs-data-plane";
import * as s3 from "@aws-sdk/client-s3";
import * as sts from "@aws-sdk/client-sts";
import type { StaticErrorSchema, StaticOperationSchema } from "@smithy/types";
import type { Service } from "../aws/quotas.js";
import type { Operation } from "./state/operation.js";
import type { Protocol } from "./http/protocols/protocol.js";
import { awsQuery } from "./http/protocols/query.js";
import { restJson, shadowJson } from "./http/protocols/rest-json.js";
import { restXml } from "./http/protocols/rest-xml.js";
import * as billingGroups from "./registry/billing-groups.js";
import * as certificates from "./identity/certificates.js";
import * as commands from "./account/commands.js";
import * as connectivity from "./search/connectivity.js";
import * as deviceJobs from "./jobs/device-jobs.js";
import * as dynamicGroups from "./search/dynamic-groups.js";
import * as endpoints from "./account/endpoints.js";
import * as groupMembers from "./registry/group-members.js";
import * as roles from "./iam/roles.js";
import * as rolePolicies from "./iam/role-policies.js";
import * as indexing from "./search/indexing.js";
import * as fleetQueries from "./search/fleet-queries.js";
import * as jobChanges from "./jobs/job-changes.js";
import * as jobEnds from "./jobs/job-ends.js";
import * as jobExecutions from "./jobs/job-executions.js";
import * as jobTemplates from "./jobs/job-templates.js";
import * as jobs from "./jobs/jobs.js";
import * as logging from "./account/logging.js";
import * as packageConfiguration from "./catalog/package-configuration.js";
import * as packageVersions from "./catalog/package-versions.js";
import * as packages from "./catalog/packages.js";
import * as policies from "./identity/policies.js";
import * as policyTargets from "./identity/policy-targets.js";
import * as policyVersions from "./identity/policy-versions.js";
import * as buckets from "./s3/buckets.js";
import * as bucketSettings from "./s3/settings.js";
import * as objectCopies from "./s3/copies.js";
import * as objectDeletes from "./s3/deletes.js";
import * as objectLists from "./s3/lists.js";
import * as multipart from "./s3/multipart.js";
import * as multipartLists from "./s3/multipart-lists.js";
import * as objects from "./s3/objects.js";
import * as objectTags from "./s3/object-tags.js";
import * as shadows from "./shadows/shadows.js";
import * as identity from "./iam/sts.js";
import * as tags from "./registry/tags.js";
import * as thingGroups from "./registry/thing-groups.js";
import * as thingPrincipals from "./identity/thing-principals.js";
import * as thingTypes from "./registry/thing-types.js";
import * as things from "./registry/things.js";
import * as topicRules from "./account/topic-rules.js";

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
