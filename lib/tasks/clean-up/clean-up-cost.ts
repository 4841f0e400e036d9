import type { CleanUpKind } from "./clean-up-kinds.js";
import type { Calls } from "../provisioning/plan.js";

/** Object versions that go in one call. */
const FILES_A_CALL = 1_000;

/** The calls that removing `n` of a kind takes, when AWS refuses none and none has to be repeated. */
export function callsOf(
  kind: CleanUpKind,
  n: number,
  shadows: "every" | "known",
): readonly Calls[] {
  if (n === 0) return [];
  switch (kind) {
    case "registrations":
      return [
        ["iot", "DescribeThingRegistrationTask", 2 * n],
        ["iot", "StopThingRegistrationTask", n],
      ];
    case "jobs":
      return [
        ["iot", "DescribeJob", 6 * n],
        ["iot", "ListTagsForResource", 2 * n],
        ["iot", "ListJobExecutionsForJob", 4 * n],
        ["iot", "CancelJob", n],
        ["iot", "DeleteJob", n],
      ];
    case "commands":
      return [
        ["iot", "GetCommand", n],
        ["iot", "ListTagsForResource", n],
        ["iot", "DeleteCommand", n],
      ];
    case "certificates":
      return [
        ["iot", "DescribeCertificate", n],
        ["iot", "ListPrincipalThings", n],
        ["iot", "DescribeThing", n],
        ["iot", "DetachThingPrincipal", n],
        ["iot", "UpdateCertificate", n],
        ["iot", "DeleteCertificate", n],
      ];
    case "device policies":
      return [
        ["iot", "GetPolicy", n],
        ["iot", "ListTagsForResource", n],
        ["iot", "ListPolicyVersions", n],
        ["iot", "DeletePolicy", n],
      ];
    case "things":
      return [
        ["iot", "DescribeThing", n],
        ["iotdata", "ListNamedShadowsForThing", shadows === "every" ? n : 0],
        ["iotdata", "DeleteThingShadow", 2 * n],
        ["iot", "DeleteThing", n],
      ];
    case "dynamic groups":
    case "static groups":
      return [
        ["iot", "DescribeThingGroup", n],
        ["iot", "ListTagsForResource", n],
        ["iot", kind === "static groups" ? "DeleteThingGroup" : "DeleteDynamicThingGroup", n],
      ];
    case "package configuration":
      return [
        ["iotdata", "GetThingShadow", 1],
        ["iot", "GetPackageConfiguration", 1],
        ["iot", "UpdatePackageConfiguration", 1],
        ["iotdata", "UpdateThingShadow", 1],
      ];
    case "package versions":
      return [
        ["iot", "GetPackage", n],
        ["iot", "GetPackageVersion", n],
        ["iot", "ListTagsForResource", n],
        ["iot", "DeletePackageVersion", n],
      ];
    case "packages":
      return [
        ["iot", "GetPackage", n],
        ["iot", "ListTagsForResource", n],
        ["iot", "ListPackageVersions", 2 * n],
        ["iot", "DeletePackage", n],
      ];
    case "firmware files":
      return [
        ["s3", "GetBucketTagging", Math.ceil(n / FILES_A_CALL)],
        ["s3", "DeleteObjects", Math.ceil(n / FILES_A_CALL)],
      ];
    case "firmware bucket":
      return [
        ["s3", "GetBucketTagging", 1],
        ["s3", "DeleteBucket", 1],
      ];
    case "roles":
      return [
        ["iam", "GetRole", n],
        ["iam", "ListRolePolicies", n],
        ["iam", "ListAttachedRolePolicies", n],
        ["iam", "DeleteRolePolicy", n],
        ["iam", "DeleteRole", n],
      ];
    case "fleet indexing":
      return [
        ["iotdata", "GetThingShadow", 1],
        ["iot", "GetIndexingConfiguration", 1],
        ["iot", "ListThingGroups", 1],
        ["iot", "UpdateIndexingConfiguration", 1],
        ["iotdata", "UpdateThingShadow", 1],
      ];
    case "thing types":
      return [
        ["iot", "DescribeThingType", 7 * n],
        ["iot", "ListTagsForResource", n],
        ["iot", "ListThings", n],
        ["iot", "DeprecateThingType", n],
        ["iot", "DeleteThingType", n],
      ];
    case "notes":
      return [
        ["iotdata", "GetThingShadow", 1],
        ["iotdata", "DeleteThingShadow", n],
      ];
  }
}
