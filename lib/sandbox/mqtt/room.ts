import { commandExecutionChanged, commandRequested } from "../commands/executions.js";
import { executionChanged, jobChanged } from "../jobs/job-news.js";
import {
  membershipChanged,
  thingChanged,
  thingGroupChanged,
  thingTypeChanged,
} from "../registry/registry-news.js";
import { shadowChanged } from "../shadows/changes.js";
import { hearer } from "../state/hearers.js";
import type { Room } from "../state/room.js";
import * as connectionOperations from "./connection-operations.js";
import * as publishOperations from "./publish-operations.js";
import { controlEvidence, evidence } from "./evidence.js";
import * as eventConfigurations from "./event-configurations.js";
import { rules } from "./rules.js";
import { sendCommand, tellCommandEvent } from "./services/command-news.js";
import { noteExecution } from "./services/job-news.js";
import { tellExecutionEvent, tellJobEvent } from "./services/event-news.js";
import {
  tellGroupEvent,
  tellMembershipEvent,
  tellThingEvent,
  tellTypeEvent,
} from "./services/registry-events.js";
import { tellShadow } from "./services/shadow-news.js";
import { tables } from "./tables.js";

/** Devices that connect: the message broker, and the services behind its reserved topics. */
export const mqtt: Room = {
  tables,
  hears: [
    hearer(shadowChanged, tellShadow),
    hearer(executionChanged, noteExecution),
    hearer(executionChanged, tellExecutionEvent),
    hearer(jobChanged, tellJobEvent),
    hearer(commandRequested, sendCommand),
    hearer(commandExecutionChanged, tellCommandEvent),
    hearer(thingChanged, tellThingEvent),
    hearer(thingTypeChanged, tellTypeEvent),
    hearer(thingGroupChanged, tellGroupEvent),
    hearer(membershipChanged, tellMembershipEvent),
  ],
  services: {
    iot: { rules: () => ({}), operations: [eventConfigurations], evidence: controlEvidence },
    iotdata: {
      rules: () => rules,
      operations: [publishOperations, connectionOperations],
      evidence,
    },
  },
};
