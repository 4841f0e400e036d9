import { describe, expect, it } from "vitest";
import { InvalidInputError } from "../../../lib/aws/errors.js";
import { markReached, rememberPlan } from "../../../lib/fleet/shadows/notes.js";
import { createCommand } from "../../../lib/fleet/commands/commands.js";
import { createIdentities } from "../../../lib/fleet/identity/identities.js";
import { catchUp } from "../../../lib/tasks/catch-up/catch-up.js";
import { showBoard, type BoardRow } from "../../../lib/tasks/class/board.js";
import { CLOSING_OPERATIONS } from "../../../lib/tasks/class/called-operations.js";
import { closeClass } from "../../../lib/tasks/class/close-class.js";
import { cleanUpPolicy } from "../../../lib/tasks/class/iam-policies.js";
import { createJob } from "../../../lib/fleet/jobs/new-job.js";
import { countryGroupName } from "../../../lib/fleet/registry/thing-groups.js";
import { planJob } from "../../../lib/tasks/jobs/plan-job.js";
import { planSimulation } from "../../../lib/tasks/simulation/plan-simulation.js";
import { simulate } from "../../../lib/tasks/simulation/simulate.js";
import { checkExploration } from "../../../lib/tasks/exploration/check-exploration.js";
import { asLearner } from "../../../lib/tasks/class/learner.js";
import { openClass, planClass, showClass } from "../../../lib/tasks/class/plan-class.js";
import { compareScans } from "../../../lib/tasks/clean-up/scan-changes.js";
import { scan } from "../../../lib/tasks/clean-up/scan.js";
import { ACCOUNT, openTestFleet } from "../../fleet.js";
import { learner, openClassroom } from "./classroom.js";
import { guard } from "./guarded.js";

const NOTEBOOKS = ["01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11"] as const;
const WISHES = { thingTypes: ["Van"], devices: 2, countries: ["US"] } as const;

describe("planClass", () => {
  const { fleet, calls } = openTestFleet();

  it("gives each learner a prefix and a fleet of their own, and calls nothing", () => {
    const plan = planClass(fleet, { learners: ["Ada", "Bob-", "Cleo_"], ...WISHES });

    expect(plan.learners.map(({ prefix }) => prefix)).toEqual(["Ada-", "Bob-", "Cleo_"]);
    expect(plan.learners.map(({ fleet: own }) => own.thingTypes)).toEqual([
      ["Ada-Van"],
      ["Bob-Van"],
      ["Cleo_Van"],
    ]);
    const [one] = planClass(fleet, { learners: ["Ada"], ...WISHES }).learners;
    expect(plan.calls).toBe(3 * one!.fleet.steps.reduce((sum, { calls: n }) => sum + n, 0));
    expect(plan.usd).toBe(0);
    expect(calls()).toEqual([]);
  });

  it("knows what a class costs on a real account", () => {
    const { fleet: real } = openTestFleet({ target: "aws" });
    const usdOf = (learners: string[]) => planClass(real, { learners, ...WISHES }).usd;

    expect(usdOf(["Ada"])).toBeGreaterThan(0.02);
    expect(usdOf(["Ada", "Bob"])).toBeCloseTo(2 * usdOf(["Ada"]), 10);
  });

  const many = Array.from({ length: 34 }, (_, i) => `L${100 + i}`);
  it.each([
    [[], "be at least one name"],
    [["Ada", "Ada"], 'not be the beginning of another\'s, nor begin with it: there is "Ada-"'],
    [["Ada-2", "Ada"], '"Ada-" cannot be a learner\'s prefix'],
    [["Vehicle"], 'not begin like the default one, "Vehicle-VIN-"'],
    [["Ada Lovelace"], "have 1 to 20 characters from a-z A-Z 0-9 _ -"],
    [["A".repeat(20)], "have 1 to 20 characters"],
    [many, "34 cannot be the number of learners on one account and Region: it must be at most 33"],
  ])("refuses %j", (learners, message) => {
    expect(() => planClass(fleet, { learners })).toThrow(InvalidInputError);
    expect(() => planClass(fleet, { learners })).toThrow(message);
  });

  it("shows everybody, and what to connect with", () => {
    const { fleet: own, lines } = openTestFleet();

    showClass(own, planClass(own, { learners: ["Ada", "Bob"], ...WISHES }));

    const text = lines.join("\n");
    expect(text).toContain('connect({ prefix: "Bob-" })');
    expect(text).toMatch(/In all: 2 .* 4 .*costs nothing/);
    expect(text).not.toContain(ACCOUNT);
  });
});

describe("a class, from its first to its last minute", () => {
  it("is on the board before it begins, is helped, and leaves nothing", async () => {
    const classroom = openClassroom([]);
    const { fleet, settle, lines } = classroom;
    const empty = await settle(scan(fleet));
    const plan = planClass(fleet, { learners: ["Ada", "Bob", "Cleo"], ...WISHES });
    const board = async () => settle(showBoard(fleet));
    const marks = async () =>
      (await board()).map(({ prefix, reached }) => [prefix, NOTEBOOKS.map((n) => +reached[n])]);

    await settle(openClass(fleet, plan));
    expect((await board()).map(({ prefix, planned, next }) => [prefix, planned, next])).toEqual(
      ["Ada-", "Bob-", "Cleo-"].map((prefix) => [prefix, 2, "01: has not begun"]),
    );

    // Help for one, up to where the others are: with the vehicles that the class has planned.
    await settle(catchUp(asLearner(fleet, "Ada-"), { to: "06-exploration" }));
    await settle(catchUp(asLearner(fleet, "Bob-"), { to: "03-packages" }));
    expect(await marks()).toEqual([
      ["Ada-", [1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0]],
      ["Bob-", [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]],
      ["Cleo-", [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]],
    ]);
    // Notebook 06 leaves nothing but the mark of its checkpoint.
    await settle(checkExploration(asLearner(fleet, "Ada-"), []));
    await settle(createIdentities(asLearner(fleet, "Bob-"), ["Bob-001"]));
    await settle(
      createCommand(asLearner(fleet, "Bob-"), { name: "honk", payload: { seconds: 2 } }),
    );
    await settle(catchUp(asLearner(fleet, "Bob-"), { to: "05-simulation" }));
    const [, bob] = await board();
    expect(bob).toMatchObject({ vehicles: 2, next: expect.stringMatching(/^05: \d+ exec/) });
    expect(lines.join("\n")).toMatch(
      /Ada- +2 of 2 +✓ +✓ +✓ +✓ +✓ +✓ +· +· +· +· +· +07: the check/,
    );

    await expect(settle(closeClass(fleet))).rejects.toThrow("3 fleets: Ada-, Bob-, Cleo-");
    // Whoever closes it needs no more than the policy for that.
    const cleaner = learner(classroom, "Cleaner-");
    const own = guard(cleaner, cleanUpPolicy(cleaner, ["Ada-", "Bob-", "Cleo-"]));
    await settle(showBoard(cleaner));
    const closed = await settle(closeClass(cleaner, { confirm: "DELETE" }));
    expect(own.refused).toEqual([]);
    expect(own.called()).toEqual(CLOSING_OPERATIONS);

    expect(closed.map(({ prefix, failed, left }) => [prefix, failed, left])).toEqual(
      ["Ada-", "Bob-", "Cleo-"].map((prefix) => [prefix, [], []]),
    );
    expect(compareScans(empty, await settle(scan(fleet))).flatMap((c) => c.unplanned)).toEqual([]);
    expect(await board()).toEqual([]);
    const [gone] = await settle(showBoard(fleet, { prefixes: ["Ada-"] }));
    expect(gone).toMatchObject({ vehicles: 0, reached: { "01": false, "08": true } });
    expect(await settle(closeClass(fleet, { confirm: "DELETE" }))).toEqual([]);
  }, 300_000);

  it("knows who is beyond the course, and what comes next there", async () => {
    const { fleet, settle, clock } = openTestFleet();
    const ada = asLearner(fleet, "Ada-");
    await settle(rememberPlan(ada, WISHES));
    const row = async () => {
      const [{ reached, next }] = (await settle(showBoard(fleet))) as [BoardRow];
      return [NOTEBOOKS.slice(8).map((n) => +reached[n]), next];
    };
    const { plan } = await settle(catchUp(ada, { to: "09-connected-vehicles" }));
    expect(await row()).toEqual([[0, 0, 0], "09: no job of the connected yet"]);

    const groups = plan.countries.map((country) => countryGroupName(ada, country));
    const wishes = { kind: "custom", name: "check-lights", groups, document: {} } as const;
    const check = await settle(planJob(ada, wishes));
    const { jobId } = await settle(createJob(ada, check, { confirm: "YES" }));
    await clock.advance(5_000);
    expect(await row()).toEqual([[0, 0, 0], "09: 2 executions pending"]);
    const simulation = await settle(planSimulation(ada, { jobId, share: 100 }));
    await settle(simulate(ada, simulation, { confirm: "YES" }));
    expect(await row()).toEqual([[1, 0, 0], "10: the checkpoint is not met yet"]);

    // Who goes on to 10 is not asked for 09 again.
    await settle(catchUp(ada, { to: "10-commands" }));
    await settle(markReached(ada, "10"));
    expect(await row()).toEqual([[1, 1, 0], "11: the checkpoint is not met yet"]);
    await settle(markReached(ada, "11"));
    expect(await row()).toEqual([[1, 1, 1], "cleanup"]);
  });

  it("does not open beside a fleet that begins like one of its prefixes", async () => {
    const { fleet, settle, calls } = openTestFleet();
    await settle(rememberPlan({ ...fleet, prefix: "Bob-2-" }, WISHES));
    const before = calls("UpdateThingShadow").length;
    const plan = planClass(fleet, { learners: ["Ada", "Bob"], ...WISHES });

    await expect(settle(openClass(fleet, plan))).rejects.toThrow('there is "Bob-2-"');

    expect(calls("UpdateThingShadow")).toHaveLength(before);
  });

  it("notes each fleet once", async () => {
    const { fleet, settle, calls } = openTestFleet();
    const plan = planClass(fleet, { learners: ["Ada", "Bob"], ...WISHES });
    await settle(openClass(fleet, plan));
    await settle(openClass(fleet, plan));

    expect(calls("UpdateThingShadow")).toHaveLength(2);
  });
});
