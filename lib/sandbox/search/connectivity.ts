import {
  GetThingConnectivityDataCommand,
  IndexNotReadyException,
  ResourceNotFoundException,
} from "@aws-sdk/client-iot";
import { operation } from "./tables.js";
import { fault } from "../state/operation.js";
import { thingsIndex } from "./index-life.js";
import { existingThing } from "../registry/naming.js";

/**
 * Needs connectivity indexing, as on AWS. There is no MQTT here, so every thing is one that has never
 * connected.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_GetThingConnectivityData.html
 */
export const getThingConnectivityData = operation(
  GetThingConnectivityDataCommand,
  (state, { thingName }) => {
    existingThing(state, thingName);
    const index = thingsIndex(state);
    if (index?.configuration.thingConnectivityIndexingMode !== "STATUS") {
      return fault(ResourceNotFoundException, "Connectivity indexing is not enabled");
    }
    if (index.status === "BUILDING") {
      fault(IndexNotReadyException, "Index AWS_Things is being built and cannot be queried yet");
    }
    return { thingName, connected: false };
  },
);
