import { InvalidRequestException } from "@aws-sdk/client-iot";
import { existingPackage, existingVersion } from "../catalog/existing-packages.js";
import { fault } from "../state/operation.js";
import type { State } from "./tables.js";
import type { Destination } from "./records.js";

/** https://docs.aws.amazon.com/iot/latest/apireference/API_CreateJob.html, destinationPackageVersions */
const mostDestinations = 25;

/**
 * The package versions that a job brings, as they stand now: `$default` means the default version of
 * this moment, for this job for ever.
 */
export function destinationsOf(state: State, arns: readonly string[]): Destination[] {
  if (arns.length > mostDestinations) {
    fault(InvalidRequestException, `A job can have ${mostDestinations} destination versions`);
  }
  const destinations = arns.map((arn) => destinationOf(state, arn));
  const names = destinations.map(({ packageName }) => packageName);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    fault(InvalidRequestException, `Package ${twice} has more than one destination version`);
  }
  return destinations;
}

function destinationOf(state: State, arn: string): Destination {
  const [, packageName = "", named = ""] =
    /:package\/([a-zA-Z0-9._-]{1,128})\/version\/([a-zA-Z0-9._-]{1,64}|\$default|\$null)$/.exec(
      arn,
    ) ?? [];
  if (arn !== state.arn(`package/${packageName}/version/${named}`)) {
    fault(
      InvalidRequestException,
      `${arn} is not the ARN of a package version in account ${state.account} and Region ${state.region}`,
    );
  }
  const { defaultVersionName } = existingPackage(state, packageName);
  if (named === "$null") return { packageName, named };

  const versionName = named === "$default" ? defaultVersionName : named;
  if (versionName === undefined) {
    return fault(InvalidRequestException, `Package ${packageName} has no default version`);
  }
  if (existingVersion(state, packageName, versionName).status === "DRAFT") {
    fault(
      InvalidRequestException,
      `Version ${versionName} of package ${packageName} is a draft; a job can bring only published or deprecated versions`,
    );
  }
  return { packageName, named, versionName };
}
