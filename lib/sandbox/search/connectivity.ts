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
 * Needs connectivity indexing, as on AWS, but is not behind as the index is. Where a connection comes from
 * and goes to is told when it is asked for.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_GetThingConnectivityData.html
 */
export const getThingConnectivityData = operation(
  GetThingConnectivityDataCommand,
  (state, { thingName, includeSocketInformation = false }) => {
    existingThing(state, thingName);
    const index = thingsIndex(state);
    if (index?.configuration.thingConnectivityIndexingMode !== "STATUS") {
      return fault(ResourceNotFoundException, "Connectivity indexing is not enabled");
    }
    if (index.status === "BUILDING") {
      fault(IndexNotReadyException, "Index AWS_Things is being built and cannot be queried yet");
    }
    const record = state.connectivity.get(thingName);
    if (!record) return { thingName, connected: false };
    const { sourceIp, sourcePort, targetIp, targetPort, timestamp, ...told } = record;
    const socket = { sourceIp, sourcePort, targetIp, targetPort };
    return {
      thingName,
      timestamp: new Date(timestamp),
      ...told,
      ...(includeSocketInformation && socket),
    };
  },
);
