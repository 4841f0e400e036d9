import type { Room } from "../state/room.js";
import * as endpoints from "./endpoints.js";
import * as logging from "./logging.js";
import { evidence } from "./evidence.js";
import { rules } from "./rules.js";
import { tables } from "./tables.js";
import * as topicRules from "./topic-rules.js";

/** What belongs to the account and has no room of its own. */
export const account: Room = {
  tables,
  services: { iot: { rules: () => rules, evidence, operations: [topicRules, endpoints, logging] } },
};
