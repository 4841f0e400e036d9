import { DescribeThingCommand, GetIndexingConfigurationCommand } from "@aws-sdk/client-iot";
import { describe, expect, it } from "vitest";
import type { RefusedCall } from "../../../lib/aws/refused-calls.js";
import { createLive } from "../../../lib/sandbox/live/live.js";
import { asLearner } from "../../../lib/tasks/class/learner.js";
import { showRefusedCalls } from "../../../lib/tasks/class/refused-calls.js";
import { ACCOUNT, openTestFleet } from "../../fleet.js";
import { learner } from "./classroom.js";

/** A class of two, and their instructor, to whom the sandbox tells what it has refused. */
function openRoom() {
  const test = openTestFleet();
  const live = createLive(test.sandbox, "secret");
  const refusedCalls = (prefix: string | undefined) =>
    Promise.resolve(live.refusals({ account: ACCOUNT, prefix }) as readonly RefusedCall[]);
  const [ada, bob] = [learner(test, "Ada-"), learner(test, "Bob-")];
  const look = (thingName: string, who = ada) =>
    test
      .settle(who.iot.send(new DescribeThingCommand({ thingName })))
      .catch((error: Error) => error.name);
  return { ...test, fleet: { ...test.fleet, refusedCalls }, ada, bob, look };
}

describe("showRefusedCalls", () => {
  it("shows what a learner's own connection was refused, the latest first, and the same once", async () => {
    const { fleet, ada, bob, look, settle, clock, lines } = openRoom();
    await settle(ada.iot.send(new GetIndexingConfigurationCommand({})));
    await look("Ada-001");
    await look("not hers by its name");
    await clock.advance(60_000);
    await look("Ada-001");
    await look("Bob-001", bob);

    const refused = await showRefusedCalls(asLearner(fleet, "Ada-"));

    expect(refused).toMatchObject([
      { operation: "DescribeThing", error: "ResourceNotFoundException", times: 2 },
      { operation: "DescribeThing", error: "InvalidRequestException", times: 1 },
    ]);
    expect(refused[0]!.lastAt.getTime()).toBe(clock.now());
    expect(refused[0]!.message).toContain("Ada-001");
    expect(lines.at(-1)).toMatch(/What AWS says[^]*ResourceNotFoundException[^]*Ada-001/);
    const of = async (prefix: string) => showRefusedCalls(asLearner(fleet, prefix));
    expect(await of("Bob-")).toMatchObject([{ message: expect.stringContaining("Bob-001") }]);
    expect(await of("Cleo-")).toEqual([]);
    expect(lines.at(-1)).toBe("Nothing was refused to Cleo- since the sandbox was started.");
  });

  it("shows all of the account under the default prefix, as many rows as are asked for", async () => {
    const { fleet, bob, look } = openRoom();
    await look("Ada-001");
    await look("Bob-001", bob);

    expect(await showRefusedCalls(fleet)).toHaveLength(2);
    const [row, ...others] = await showRefusedCalls(fleet, { most: 1 });
    expect([row?.message, others]).toEqual([expect.stringContaining("Bob-001"), []]);
  });

  it("does not show the account's number", async () => {
    const { fleet, lines } = openRoom();
    const call = { at: 0, service: "iot", operation: "X", error: "Y", message: `of ${ACCOUNT}` };
    await showRefusedCalls({ ...fleet, refusedCalls: async () => [call] });

    expect(lines.join("\n")).not.toContain(ACCOUNT);
  });

  it("says where to look on a real account", async () => {
    const { fleet } = openTestFleet({ target: "aws" });

    await expect(showRefusedCalls(asLearner(fleet, "Ada-"))).rejects.toThrow(
      /event history of CloudTrail in eu-west-1[^]*"fleetlab\/Ada-"/,
    );
  });

  it.each([0, 201, 1.5, NaN])("refuses %d rows", async (most) => {
    const { fleet } = openRoom();

    await expect(showRefusedCalls(fleet, { most })).rejects.toThrow("be from 1 to 200");
  });
});
