import type { GetPackageResponse, GetPackageVersionResponse } from "@aws-sdk/client-iot";

/*
 * A record is what Describe… or Get… returns, without the SDK's metadata: the schema drops whatever
 * an operation does not expose, so internal fields may stand beside AWS's own.
 */

/** The request that made a record or changed it last, to know it when it comes again. */
export interface LastWrite {
  readonly clientToken: string;
  readonly request: string;
}

export interface PackageRecord extends GetPackageResponse {
  readonly packageName: string;
  readonly packageArn: string;
  readonly createdBy?: LastWrite | undefined;
}

export interface PackageVersionRecord extends GetPackageVersionResponse {
  readonly packageVersionArn: string;
  readonly packageName: string;
  readonly versionName: string;
  readonly createdBy?: LastWrite | undefined;
  readonly updatedBy?: LastWrite | undefined;
}
