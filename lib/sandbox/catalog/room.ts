import type { Room } from "../state/room.js";
import * as packageConfiguration from "./package-configuration.js";
import * as packageVersions from "./package-versions.js";
import * as packages from "./packages.js";
import { evidence } from "./evidence.js";
import { rules } from "./rules.js";
import { tables } from "./tables.js";

/** The software package catalog. */
export const catalog: Room = {
  tables,
  services: {
    iot: {
      rules: () => rules,
      evidence,
      operations: [packages, packageVersions, packageConfiguration],
    },
  },
};
