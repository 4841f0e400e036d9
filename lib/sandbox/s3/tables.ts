import type { BucketRecord, ObjectVersionRecord, PartRecord, UploadRecord } from "./records.js";
import type { State as IamState } from "../iam/tables.js";
import { operationIn } from "../state/operation.js";
import { table, type Kept } from "../state/state.js";

/** What this room keeps. */
export const tables = {
  /** Shared by everybody, as on AWS, by bucket name. */
  buckets: table<BucketRecord>({ holds: "S3 buckets", sharedBy: "everybody" }),
  /** By `<bucket>/<key>\0<sequence, newest first>`. */
  objectVersions: table<ObjectVersionRecord>({
    holds: "versions of S3 objects",
    sharedBy: "everybody",
  }),
  /** Multipart uploads under way. By `<bucket>/<key>\0<upload id>`. */
  uploads: table<UploadRecord>({ holds: "unfinished S3 uploads", sharedBy: "everybody" }),
  /** By `<upload id>/<part number, five digits>`. */
  uploadParts: table<PartRecord>({ sharedBy: "everybody" }),
};

/** The state as this room sees it: its own tables and those of the rooms below. */
export type State = IamState & Kept<typeof tables>;

export const operation = operationIn<State>();
