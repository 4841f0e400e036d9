import type {
  DisconnectReasonValue,
  GetIndexingConfigurationResponse,
  ThingGroupIndexingConfiguration,
  ThingIndexingConfiguration,
} from "@aws-sdk/client-iot";

/*
 * A record is what Describe… or Get… returns, without the SDK's metadata: the schema drops whatever
 * an operation does not expose, so internal fields may stand beside AWS's own.
 */

export interface IndexingRecord extends GetIndexingConfigurationResponse {
  /** The latest build of each index. One that never changed from OFF has none. */
  readonly builds: {
    readonly things?: IndexBuild<ThingIndexingConfiguration>;
    readonly thingGroups?: IndexBuild<ThingGroupIndexingConfiguration>;
  };
}

export interface IndexBuild<Configuration> {
  /** In milliseconds since the epoch. */
  readonly startedAt: number;
  /** What queries see until the build is done. Without it this is a first build, and they fail. */
  readonly previous?: Configuration;
}

/** A thing's latest connection, as GetThingConnectivityData tells it. Times are milliseconds. */
export interface ConnectivityRecord {
  readonly connected: boolean;
  /** When that began. */
  readonly timestamp: number;
  /** Of one that is over. */
  readonly disconnectReason?: DisconnectReasonValue;
  readonly clientId: string;
  /** In seconds. */
  readonly keepAliveDuration: number;
  readonly cleanSession: boolean;
  /** In seconds. */
  readonly sessionExpiry: number;
  readonly sourceIp: string;
  readonly sourcePort: number;
  readonly targetIp: string;
  readonly targetPort: number;
}
