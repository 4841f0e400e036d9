import type { Rules } from "../http/validate.js";
import { rules as shadows } from "../shadows/rules.js";

/** https://docs.aws.amazon.com/iot/latest/apireference/API_Operations_AWS_IoT_Data_Plane.html */
export const rules: Rules = {
  ...shadows,
  qos: { min: 0, max: 1 },
  clientId: { min: 1, max: 128 },
  maxResults: { min: 1, max: 200 },
  messageExpiry: { min: 0 },
  timeout: { min: 1, max: 15 },
  payloadFormatIndicator: { oneOf: ["UNSPECIFIED_BYTES", "UTF8_DATA"] },
};
