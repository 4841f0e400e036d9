import { executionChanged } from "../jobs/engine/executions.js";
import { shadowChanged } from "../shadows/changes.js";
import { hearer } from "../state/hearers.js";
import type { Room } from "../state/room.js";
import { noteExecution } from "./services/job-news.js";
import { tellShadow } from "./services/shadow-news.js";
import { tables } from "./tables.js";

/** Devices that connect: the message broker, and the services behind its reserved topics. */
export const mqtt: Room = {
  tables,
  hears: [hearer(shadowChanged, tellShadow), hearer(executionChanged, noteExecution)],
  services: {},
};
