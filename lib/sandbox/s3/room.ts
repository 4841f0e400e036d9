import type { Room } from "../state/room.js";
import * as buckets from "./buckets.js";
import * as copies from "./copies.js";
import * as deletes from "./deletes.js";
import { evidence } from "./evidence.js";
import * as lists from "./lists.js";
import * as multipart from "./multipart/multipart.js";
import * as multipartLists from "./multipart/multipart-lists.js";
import * as objectTags from "./object-tags.js";
import * as objects from "./objects.js";
import * as settings from "./settings.js";
import { tables } from "./tables.js";

/** Buckets, and objects in versions. */
export const s3: Room = {
  tables,
  services: {
    s3: {
      // S3 tells each rule in words of its own: its operations check them.
      rules: () => ({}),
      evidence,
      operations: [
        buckets,
        settings,
        objects,
        copies,
        deletes,
        lists,
        multipart,
        multipartLists,
        objectTags,
      ],
    },
  },
};
