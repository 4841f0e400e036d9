import { paginateListRoles } from "@aws-sdk/client-iam";
import {
  GetIndexingConfigurationCommand,
  paginateListBillingGroups,
  paginateListCertificates,
  paginateListJobTemplates,
  paginateListPolicies,
} from "@aws-sdk/client-iot";
import { paginateListBuckets } from "@aws-sdk/client-s3";
import type { Fleet } from "../../aws/connect.js";
import { getPackageConfiguration } from "../software/package-configuration.js";

/*
 * What an account holds beside the fleet: kinds that the workshop makes none or few of, and looks at
 * only to see that it leaves them alone.
 */

/** The names of every bucket of the account, in all Regions. Calls ListBuckets. */
export async function* listBuckets(fleet: Fleet): AsyncIterable<string> {
  for await (const page of paginateListBuckets({ client: fleet.s3, pageSize: 1_000 }, {})) {
    for (const { Name } of page.Buckets ?? []) if (Name) yield Name;
  }
}

/** The names of every IAM role of the account. Calls ListRoles, 1,000 a page. */
export async function* listRoles(fleet: Fleet): AsyncIterable<string> {
  for await (const page of paginateListRoles({ client: fleet.iam, pageSize: 1_000 }, {})) {
    for (const { RoleName } of page.Roles ?? []) if (RoleName) yield RoleName;
  }
}

/** The names of every AWS IoT policy. Calls ListPolicies, 250 a page. */
export async function* listIotPolicies(fleet: Fleet): AsyncIterable<string> {
  for await (const page of paginateListPolicies({ client: fleet.iot, pageSize: 250 }, {})) {
    for (const { policyName } of page.policies ?? []) if (policyName) yield policyName;
  }
}

/** The ids of every certificate. Calls ListCertificates, 250 a page. */
export async function* listCertificates(fleet: Fleet): AsyncIterable<string> {
  for await (const page of paginateListCertificates({ client: fleet.iot, pageSize: 250 }, {})) {
    for (const { certificateId } of page.certificates ?? []) if (certificateId) yield certificateId;
  }
}

/** The names of every billing group. Calls ListBillingGroups, 250 a page. */
export async function* listBillingGroups(fleet: Fleet): AsyncIterable<string> {
  for await (const page of paginateListBillingGroups({ client: fleet.iot, pageSize: 250 }, {})) {
    for (const { groupName } of page.billingGroups ?? []) if (groupName) yield groupName;
  }
}

/** The ids of every job template. Calls ListJobTemplates, 250 a page. */
export async function* listJobTemplates(fleet: Fleet): AsyncIterable<string> {
  for await (const page of paginateListJobTemplates({ client: fleet.iot, pageSize: 250 }, {})) {
    for (const { jobTemplateId } of page.jobTemplates ?? []) if (jobTemplateId) yield jobTemplateId;
  }
}

/**
 * The account-wide settings that the workshop changes, part by part: `things` is `REGISTRY`. Calls
 * GetIndexingConfiguration and GetPackageConfiguration.
 */
export async function* listSettings(
  fleet: Fleet,
): AsyncIterable<{ readonly name: string; readonly value: string }> {
  const indexing = await fleet.iot.send(new GetIndexingConfigurationCommand({}));
  const { filter, customFields, ...things } = indexing.thingIndexingConfiguration ?? {
    thingIndexingMode: "OFF",
  };
  const groups = indexing.thingGroupIndexingConfiguration;
  const setting = (name: string, value = "OFF") => ({ name, value });
  yield setting("things", things.thingIndexingMode);
  yield setting("connectivity", things.thingConnectivityIndexingMode);
  yield setting("Device Defender", things.deviceDefenderIndexingMode);
  yield setting("named shadows", things.namedShadowIndexingMode);
  yield setting("thing groups", groups?.thingGroupIndexingMode);
  for (const name of filter?.namedShadowNames ?? []) yield setting(`named shadow ${name}`, "ON");
  for (const { name, order } of filter?.geoLocations ?? []) yield setting(`place ${name}`, order);
  for (const { name, type } of customFields ?? []) yield setting(`field ${name}`, type);
  for (const { name, type } of groups?.customFields ?? []) yield setting(`group ${name}`, type);
  const { isEnabled, roleArn = "" } = await getPackageConfiguration(fleet);
  // Switched off, it has no role that matters.
  const role = roleArn.slice(roleArn.lastIndexOf("/") + 1);
  yield setting("package configuration", isEnabled ? role : "OFF");
}
