import type { Rules } from "../http/validate.js";

const name = { pattern: /^[a-zA-Z0-9:_-]+$/, min: 1, max: 128 };

/** Shadows: https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_UpdateThingShadow.html */
export const rules: Rules = {
  thingName: name,
  shadowName: { pattern: /^[$a-zA-Z0-9:_-]+$/, min: 1, max: 64 },
  pageSize: { min: 1, max: 100 },
};
