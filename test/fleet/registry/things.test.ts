import {
  AttachThingPrincipalCommand,
  CreateKeysAndCertificateCommand,
  CreateThingCommand,
} from "@aws-sdk/client-iot";
import { describe, expect, it } from "vitest";
import { NotOursError } from "../../../lib/aws/errors.js";
import { getShadow, listNamedShadows, reportState } from "../../../lib/fleet/shadows/shadows.js";
import { createThing, deleteThing, findThing } from "../../../lib/fleet/registry/things.js";
import { openTestFleet } from "../../fleet.js";

/** A thing of ours with a classic shadow, `$package` and one that a learner has added. */
async function withShadows() {
  const test = openTestFleet();
  const { fleet, settle } = test;
  await settle(createThing(fleet, { name: "Van-1" }));
  await settle(reportState(fleet, "Van-1", { battery: 7 }));
  await settle(reportState(fleet, "Van-1", { Van: { version: "1.0.0" } }, "$package"));
  await settle(reportState(fleet, "Van-1", { colour: "red" }, "paint"));
  return test;
}

describe("deleteThing", () => {
  it("takes every shadow along, and finds nothing the second time", async () => {
    const { fleet, settle } = await withShadows();

    const first = await settle(deleteThing(fleet, "Van-1"));
    const second = await settle(deleteThing(fleet, "Van-1"));

    expect([first, second]).toEqual([true, false]);
    expect(await settle(findThing(fleet, "Van-1"))).toBeUndefined();
    expect(await settle(getShadow(fleet, "Van-1"))).toBeUndefined();
    expect(await settle(listNamedShadows(fleet, "Van-1"))).toEqual([]);
  });

  it("deletes the shadows that the workshop writes without listing, when asked", async () => {
    const { fleet, settle, calls } = await withShadows();

    await settle(deleteThing(fleet, "Van-1", { shadows: "known" }));

    expect(calls("ListNamedShadowsForThing")).toEqual([]);
    expect(await settle(listNamedShadows(fleet, "Van-1"))).toEqual(["paint"]);
    expect(await settle(getShadow(fleet, "Van-1"))).toBeUndefined();
  });

  it("detaches principals, and asks for them only when there are any", async () => {
    const { fleet, settle, calls } = await withShadows();
    await settle(createThing(fleet, { name: "Van-2" }));
    const { certificateArn } = await settle(
      fleet.iot.send(new CreateKeysAndCertificateCommand({})),
    );
    const attached = { thingName: "Van-1", principal: certificateArn };
    await settle(fleet.iot.send(new AttachThingPrincipalCommand(attached)));

    await settle(deleteThing(fleet, "Van-1"));
    await settle(deleteThing(fleet, "Van-2"));

    expect(calls("ListThingPrincipals")).toHaveLength(1);
    expect(calls("DetachThingPrincipal")).toHaveLength(1);
    expect(await settle(findThing(fleet, "Van-1"))).toBeUndefined();
  });

  it("leaves a thing and its shadows alone that somebody else made", async () => {
    const { fleet, settle } = openTestFleet();
    await settle(fleet.iot.send(new CreateThingCommand({ thingName: "Crane" })));
    await settle(reportState(fleet, "Crane", { load: 3 }));

    await expect(settle(deleteThing(fleet, "Crane"))).rejects.toBeInstanceOf(NotOursError);

    expect(await settle(getShadow(fleet, "Crane"))).toBeDefined();
  });
});
