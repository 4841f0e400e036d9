import { CreateCommandCommand } from "@aws-sdk/client-iot";
import { expect, it } from "vitest";
import { createCommand, findCommand } from "../../../lib/fleet/commands/commands.js";
import { createThing } from "../../../lib/fleet/registry/things.js";
import { checkCleanUp } from "../../../lib/tasks/clean-up/check-clean-up.js";
import { planCleanUp } from "../../../lib/tasks/clean-up/clean-up-plan.js";
import { cleanUp } from "../../../lib/tasks/clean-up/clean-up.js";
import { scan } from "../../../lib/tasks/clean-up/scan.js";
import { asLearner } from "../../../lib/tasks/class/learner.js";
import { openTestFleet } from "../../fleet.js";

const lock = { name: "lock-doors", payload: { action: "lock" } };

it("deletes commands of ours, nobody else's, and counts what AWS is deleting as gone", async () => {
  const { fleet, settle } = openTestFleet();
  const payload = { contentType: "text/plain", content: Buffer.from("x") };
  await settle(fleet.iot.send(new CreateCommandCommand({ commandId: "foreign", payload })));
  const before = await settle(scan(fleet));
  await settle(createCommand(fleet, lock));

  const plan = await settle(planCleanUp(fleet));
  const report = await settle(cleanUp(fleet, plan, { confirm: "DELETE" }));

  const commands = report.steps.find(({ kind }) => kind === "commands");
  expect(commands).toMatchObject({ deleted: 1, failed: [] });
  expect(await settle(findCommand(fleet, "lock-doors"))).toMatchObject({ pendingDeletion: true });
  expect(await settle(scan(fleet))).toEqual(before);
  const checks = await settle(checkCleanUp(fleet));
  expect(checks.every(({ isMet }) => isMet)).toBe(true);
});

it("leaves a class's commands to those whose names they have", async () => {
  const { fleet, settle } = openTestFleet({ prefix: "Ada-" });
  const ben = asLearner(fleet, "Ben-");
  await settle(createCommand(fleet, lock));
  await settle(createCommand(ben, lock));
  await settle(createThing(ben, { name: "Ben-001" }));

  const plan = await settle(planCleanUp(fleet));

  expect(plan.steps.find(({ kind }) => kind === "commands")).toMatchObject({
    names: ["Ada-lock-doors"],
  });
});
