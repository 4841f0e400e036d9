import {
  GetPackageConfigurationCommand,
  UpdatePackageConfigurationCommand,
  ValidationException,
} from "@aws-sdk/client-iot";
import { operation } from "./tables.js";
import { fault } from "../state/operation.js";
import { cannotAssume } from "../iam/service-roles.js";

/** https://docs.aws.amazon.com/iot/latest/apireference/API_GetPackageConfiguration.html */
export const getPackageConfiguration = operation(
  GetPackageConfigurationCommand,
  (state) =>
    state.packageConfiguration.get("packages") ?? { versionUpdateByJobsConfig: { enabled: false } },
);

/**
 * Let successful jobs write `$package` shadows, or stop it. Members that are not sent stay.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_UpdatePackageConfiguration.html
 */
export const updatePackageConfiguration = operation(
  UpdatePackageConfigurationCommand,
  (state, { versionUpdateByJobsConfig: sent = {} }) => {
    const stored = state.packageConfiguration.get("packages")?.versionUpdateByJobsConfig;
    const enabled = sent.enabled ?? stored?.enabled ?? false;
    const roleArn = sent.roleArn ?? stored?.roleArn;
    if (enabled) {
      if (roleArn === undefined) return fault(ValidationException, "enabled needs a roleArn");
      const problem = cannotAssume(state, roleArn);
      if (problem !== undefined) fault(ValidationException, problem);
    }
    state.packageConfiguration.set("packages", {
      versionUpdateByJobsConfig: { enabled, ...(roleArn !== undefined && { roleArn }) },
    });
    return {};
  },
);
