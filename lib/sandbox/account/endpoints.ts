import { DescribeEndpointCommand, InvalidRequestException } from "@aws-sdk/client-iot";
import { operation } from "./tables.js";
import { fault } from "../state/operation.js";

const endpointTypes = ["iot:Data", "iot:Data-ATS", "iot:CredentialProvider", "iot:Jobs"];

/**
 * The sandbox is one server for all planes, so every type has the same address: host and port of
 * the sandbox itself. As on AWS the answer has no scheme; clients add one. AWS serves `https` only,
 * the sandbox `http`, so a client goes to `http://<endpointAddress>`.
 *
 * https://docs.aws.amazon.com/iot/latest/apireference/API_DescribeEndpoint.html
 */
export const describeEndpoint = operation(
  DescribeEndpointCommand,
  (state, { endpointType = "iot:Data" }) => {
    if (!endpointTypes.includes(endpointType)) {
      fault(
        InvalidRequestException,
        `Endpoint type ${endpointType} is none of ${endpointTypes.join(", ")}`,
      );
    }
    return { endpointAddress: new URL(state.endpoint).host };
  },
);
