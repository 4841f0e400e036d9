import type { Room } from "../state/room.js";
import { rules } from "./rules.js";
import * as shadows from "./shadows.js";
import { tables } from "./tables.js";

/** Device shadows, classic and named. */
export const shadowRoom: Room = {
  tables,
  services: { iotdata: { rules: () => rules, operations: [shadows] } },
};
