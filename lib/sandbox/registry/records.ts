import type {
  DescribeBillingGroupResponse,
  DescribeThingGroupResponse,
  DescribeThingResponse,
  DescribeThingTypeResponse,
} from "@aws-sdk/client-iot";

/*
 * A record is what Describe… or Get… returns, without the SDK's metadata: the schema drops whatever
 * an operation does not expose, so internal fields may stand beside AWS's own.
 */

export interface ThingRecord extends DescribeThingResponse {
  readonly thingName: string;
  readonly thingArn: string;
  readonly attributes: Record<string, string>;
  readonly version: number;
}

export interface ThingTypeRecord extends DescribeThingTypeResponse {
  readonly thingTypeName: string;
  readonly thingTypeArn: string;
}

/** A group. One with a `queryString` is dynamic; its `status` is told by the clock, not kept. */
export interface ThingGroupRecord extends DescribeThingGroupResponse {
  readonly thingGroupName: string;
  readonly thingGroupArn: string;
  readonly version: number;
  /** Of a dynamic group: when it was last told to build its member list, in milliseconds since the epoch. */
  readonly buildStartedAt?: number;
  /** The query whose matches are the members until that build is done. */
  readonly previousQueryString?: string;
}

export interface BillingGroupRecord extends DescribeBillingGroupResponse {
  readonly billingGroupName: string;
  readonly billingGroupArn: string;
  readonly version: number;
}
