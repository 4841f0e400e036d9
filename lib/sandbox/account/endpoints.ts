import { DescribeEndpointCommand, InvalidRequestException } from "@aws-sdk/client-iot";
import { operation } from "./tables.js";
import { fault } from "../state/operation.js";
import { WireError } from "../http/wire.js";

/** What answers behind each type of endpoint. */
const SERVED = ["iot:Data", "iot:Data-ATS", "iot:Jobs"];

/** Types that AWS has, and what would have to answer there. */
const NOT_SERVED: ReadonlyMap<string, string> = new Map([
  ["iot:CredentialProvider", "the credential provider of role aliases"],
  ["iot:DeviceAdvisor", "Device Advisor"],
]);

/**
 * The sandbox is one server for all planes, so every type has the same address: host and port of
 * the sandbox itself. As on AWS the answer has no scheme; clients put `https://` in front. AWS's
 * has no port either, since everybody knows AWS's: 443, 8443 and 8883. With `--standard-ports` the sandbox
 * serves all of them, and answers a bare name as well.
 *
 * https://docs.aws.amazon.com/iot/latest/apireference/API_DescribeEndpoint.html
 */
export const describeEndpoint = operation(
  DescribeEndpointCommand,
  (state, { endpointType = "iot:Data" }) => {
    const missing = NOT_SERVED.get(endpointType);
    // An address where nobody answers would be worse than none.
    if (missing !== undefined) {
      throw new WireError(
        "NotImplementedException",
        501,
        `The sandbox does not have ${missing}, so there is no endpoint of type ${endpointType}.`,
      );
    }
    if (!SERVED.includes(endpointType)) {
      fault(
        InvalidRequestException,
        `Endpoint type ${endpointType} is none of ${[...SERVED, ...NOT_SERVED.keys()].join(", ")}`,
      );
    }
    return { endpointAddress: state.dataEndpoint };
  },
);
