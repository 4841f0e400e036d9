import type { Room } from "../state/room.js";
import { evidence } from "./evidence.js";
import { rules } from "./rules.js";
import * as shadows from "./shadows.js";
import { tables } from "./tables.js";

/** Device shadows, classic and named. */
export const shadowRoom: Room = {
  tables,
  services: { iotdata: { rules: () => rules, evidence, operations: [shadows] } },
};
