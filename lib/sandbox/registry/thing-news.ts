import { news } from "../state/news.js";
import type { ThingRecord } from "./records.js";

/** A thing came to be, was changed, or went. */
export interface ThingChange {
  readonly operation: "CREATED" | "UPDATED" | "DELETED";
  readonly thing: ThingRecord;
}

export const thingChanged = news<ThingChange>("a thing changed");
