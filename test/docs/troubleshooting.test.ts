import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  CreateThingCommand,
  CreateThingTypeCommand,
  DeleteThingTypeCommand,
  DeprecateThingTypeCommand,
  DescribeThingCommand,
  ListThingsCommand,
} from "@aws-sdk/client-iot";
import { describe, expect, it } from "vitest";
import { collect } from "../../lib/aws/collect.js";
import { waitUntil } from "../../lib/aws/wait.js";
import { projectRoot } from "../../lib/cli/project.js";
import { createDynamicGroup, deleteDynamicGroup } from "../../lib/fleet/search/dynamic-groups.js";
import {
  enableFleetIndexing,
  searchThings,
  waitForIndex,
} from "../../lib/fleet/search/fleet-index.js";
import { deleteThing } from "../../lib/fleet/registry/things.js";
import { downloadFile } from "../../lib/fleet/software/download.js";
import { planFleet } from "../../lib/tasks/provisioning/plan.js";
import { openTestFleet } from "../fleet.js";

/** What the table's first column says that one sees, and how a test comes to see it. */
const provoked: Readonly<Record<string, () => Promise<unknown>>> = {
  ThrottlingException: async () => {
    const { fleet, settle } = openTestFleet({ limits: { ListThings: 1_000 } });
    const list = () => fleet.iot.send(new ListThingsCommand({}));
    return settle(Promise.all(Array.from({ length: 15 }, list)));
  },
  ResourceNotFoundException: async () => {
    const { fleet, settle } = openTestFleet();
    return settle(fleet.iot.send(new DescribeThingCommand({ thingName: "Nobody" })));
  },
  ResourceAlreadyExistsException: async () => {
    const { fleet, settle } = openTestFleet();
    const create = (colour: string) =>
      new CreateThingCommand({ thingName: "Taken", attributePayload: { attributes: { colour } } });
    await settle(fleet.iot.send(create("red")));
    return settle(fleet.iot.send(create("blue")));
  },
  IndexNotReadyException: async () => {
    const { fleet, settle } = openTestFleet();
    await settle(enableFleetIndexing(fleet));
    return settle(collect(searchThings(fleet, "thingName:*")));
  },
  InvalidQueryException: async () => {
    const { fleet, settle } = await openIndexed();
    return settle(collect(searchThings(fleet, "country:US")));
  },
  InvalidRequestException: async () => {
    const { fleet, settle } = openTestFleet();
    const van = { thingTypeName: "Van" };
    await settle(fleet.iot.send(new CreateThingTypeCommand(van)));
    await settle(fleet.iot.send(new DeprecateThingTypeCommand(van)));
    return settle(fleet.iot.send(new DeleteThingTypeCommand(van)));
  },
  InvalidInputError: async () => planFleet(openTestFleet().fleet, { devices: 0 }),
  NotConfirmedError: async () => {
    const { fleet, settle } = await openIndexed();
    await settle(
      createDynamicGroup(fleet, { name: "All", query: "thingName:*", allowEmpty: true }),
    );
    return settle(deleteDynamicGroup(fleet, "All"));
  },
  NotOursError: async () => {
    const { fleet, settle } = openTestFleet();
    await settle(fleet.iot.send(new CreateThingCommand({ thingName: "Theirs" })));
    return settle(deleteThing(fleet, "Theirs"));
  },
  EmptyGroupError: async () => {
    const { fleet, settle } = await openIndexed();
    return settle(createDynamicGroup(fleet, { name: "Nobody", query: "thingName:Nobody" }));
  },
  WaitTimeoutError: async () => {
    const { fleet, settle } = openTestFleet();
    const look = async () => ({ waiting: "it is not" });
    return settle(waitUntil(fleet, { until: "it is so", timeoutMs: 2_000 }, look));
  },
  DownloadError: async () => {
    const { fleet, settle } = openTestFleet();
    const url = "https://firmware.example/update.zip";
    return settle(downloadFile(fleet, { url, sha256: "f".repeat(64) }));
  },
  ChargesNotAcceptedError: async () => {
    const { fleet, settle } = openTestFleet({ acceptCharges: false });
    return settle(fleet.iot.send(new CreateThingCommand({ thingName: "a" })));
  },
};

async function openIndexed() {
  const opened = openTestFleet();
  await opened.settle(enableFleetIndexing(opened.fleet));
  await opened.settle(waitForIndex(opened.fleet));
  return opened;
}

/** The table's first column, by the error's name. */
const seen = new Map(
  [
    ...readFileSync(join(projectRoot, "docs", "troubleshooting.md"), "utf8").matchAll(
      /^\| `((\w+)[^`]*)` \|/gm,
    ),
  ].map(([, text = "", name = ""]) => [name, text]),
);

/** The text, with anything where it leaves something out. */
function inWords(text: string): RegExp {
  const parts = text.split("…").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join("[^]*")}`);
}

describe("the troubleshooting table", () => {
  it("has a row for each error that is provoked here, and no other", () => {
    expect([...seen.keys()].sort()).toEqual(Object.keys(provoked).sort());
  });

  it.each(Object.entries(provoked))("says what one sees of a %s", async (name, provoke) => {
    const error: unknown = await provoke().catch((thrown: unknown) => thrown);

    expect(error).toBeInstanceOf(Error);
    const { name: found, message } = error as Error;
    expect(`${found}: ${message}`).toMatch(inWords(seen.get(name) ?? "no row"));
  });
});
