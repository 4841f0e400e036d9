import { describe, expect, it } from "vitest";
import { InvalidInputError } from "../../../lib/aws/errors.js";
import { createFirmwareBucket } from "../../../lib/fleet/software/firmware-bucket.js";
import { releasesOf, uploadFirmware } from "../../../lib/fleet/software/firmware.js";
import { enableFleetIndexing, waitForIndex } from "../../../lib/fleet/search/fleet-index.js";
import { enablePackageConfiguration } from "../../../lib/fleet/software/package-configuration.js";
import { publishVersions } from "../../../lib/fleet/software/package-versions.js";
import { createPackages } from "../../../lib/fleet/software/packages.js";
import { createJobsRole, createPackageConfigRole } from "../../../lib/fleet/software/roles.js";
import { createCountryGroups } from "../../../lib/fleet/registry/thing-groups.js";
import { createThingTypes } from "../../../lib/fleet/registry/thing-types.js";
import {
  deviceOf,
  devicesOf,
  planFleet,
  showPlan,
  type FleetWishes,
} from "../../../lib/tasks/provisioning/plan.js";
import { createVehicles } from "../../../lib/tasks/provisioning/provision.js";
import { openTestFleet } from "../../fleet.js";

const { fleet } = openTestFleet();
const plan = (wishes: FleetWishes = {}) => planFleet(fleet, wishes);
const devices = (wishes: FleetWishes = {}) => [...devicesOf(plan(wishes))];
const band = (battery: number) => (battery < 50 ? "low" : battery < 80 ? "middle" : "high");

describe("planFleet", () => {
  it("has a default for everything", () => {
    expect(plan()).toMatchObject({
      thingTypes: ["SedanVehicle", "SUVVehicle", "TruckVehicle"],
      versions: ["1.0.0", "1.1.0"],
      continent: "North America",
      countries: ["US", "CA", "MX"],
      devices: 100,
      seed: 1,
      prefix: "Vehicle-VIN-",
    });
  });

  it("calls nothing", () => {
    const { fleet: own, calls } = openTestFleet();

    planFleet(own);

    expect(calls()).toEqual([]);
  });

  const wrong: readonly [FleetWishes, string, string][] = [
    [{ thingTypes: [] }, "[] cannot be the list of names", "must hold at least a thing type name"],
    [{ thingTypes: [""] }, `"" cannot be a thing type name`, "must have 1 to 128 characters"],
    [{ thingTypes: ["A b"] }, `"A b" cannot be`, "must have 1 to 128 characters from a-z"],
    [{ thingTypes: ["Sedan", "Sedan"] }, `"Sedan" cannot be`, "must stand in the list once"],
    [{ thingTypes: ["Se:dan"] }, `"Se:dan" cannot be a package name`, "from a-z A-Z 0-9 _ -"],
    [{ thingTypes: ["x".repeat(129)] }, "cannot be a thing type name", "1 to 128 characters"],
    [{ versions: [] }, "[] cannot be", "must hold at least a package version"],
    [{ versions: ["1..0"] }, `"1..0" cannot be a package version`, "such as 1.0.0"],
    [{ versions: ["1.0.0", "1.0.0"] }, `"1.0.0" cannot be`, "must stand in the list once"],
    [{ continent: 0 }, "0 cannot be a continent", "1 North America, 2 South America"],
    [{ continent: 8 }, "8 cannot be a continent", "7 Antarctica"],
    [{ continent: "Atlantis" }, `"Atlantis" cannot be a continent`, "3 Europe"],
    [{ countries: 0 }, "0 cannot be the number of countries", "whole number from 1 to 23"],
    [{ countries: 24 }, "24 cannot be the number of countries", "whole number from 1 to 23"],
    [{ countries: ["DE"] }, `"DE" cannot be a country of North America`, "It has: US CA MX"],
    [{ countries: ["US", "us"] }, "cannot be a list of countries", "must name US once only"],
    [{ countries: [] }, "[] cannot be", "must name at least one country"],
    [{ devices: 0 }, "0 cannot be the number of devices", "whole number from 1 to 1,000,000"],
    [{ devices: -5 }, "-5 cannot be the number of devices", "whole number from 1"],
    [{ devices: 2.5 }, "2.5 cannot be the number of devices", "whole number from 1"],
    [{ devices: NaN }, "NaN cannot be the number of devices", "whole number from 1"],
    [{ devices: 1_000_001 }, "1000001 cannot be the number of devices", "to 1,000,000"],
    [{ seed: 1.5 }, "1.5 cannot be a seed", "must be a whole number"],
  ];
  it.each(wrong)(
    "checks names and numbers before the first call (D29): %j",
    (wishes, value, rule) => {
      expect(() => plan(wishes)).toThrow(InvalidInputError);
      expect(() => plan(wishes)).toThrow(value);
      expect(() => plan(wishes)).toThrow(rule);
    },
  );

  it.each([{ versions: ["2.0.0-beta"] }, { devices: 1 }, { devices: 1_000_000 }, { seed: -1 }])(
    "takes %j",
    (wishes) => {
      expect(plan(wishes)).toMatchObject(wishes);
    },
  );
});

describe("devicesOf", () => {
  it("gives the same vehicles for the same seed, in another fleet too", () => {
    const other = planFleet(openTestFleet({ region: "us-east-1" }).fleet, { seed: 7 });

    expect([...devicesOf(other)]).toEqual(devices({ seed: 7 }));
  });

  it("gives other vehicles for another seed, under the same names", () => {
    const [ones, twos] = [devices({ seed: 1 }), devices({ seed: 2 })];

    expect(twos.map(({ name }) => name)).toEqual(ones.map(({ name }) => name));
    expect(twos.map(({ customerId }) => customerId)).not.toEqual(
      ones.map(({ customerId }) => customerId),
    );
    expect(twos.map(({ type }) => type)).not.toEqual(ones.map(({ type }) => type));
  });

  it("keeps a vehicle as it is when the fleet grows", () => {
    expect(devices({ devices: 1_200 }).slice(0, 100)).toEqual(devices({ devices: 100 }));
  });

  it("describes a vehicle down to the day it was made", () => {
    const first = deviceOf(plan(), 1);

    expect(first).toEqual({
      name: "Vehicle-VIN-001",
      type: expect.stringMatching(/^(Sedan|SUV|Truck)Vehicle$/),
      country: expect.stringMatching(/^(US|CA|MX)$/),
      customerId: expect.stringMatching(
        /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-a[\da-f]{3}-[\da-f]{12}$/,
      ),
      manufacturingDate: expect.stringMatching(/^2025-\d\d-\d\d$/),
      battery: expect.any(Number),
      version: "1.0.0",
    });
  });

  it("pads numbers to three digits and lets them grow beyond (D5)", () => {
    const own = plan({ devices: 100_000 });

    const named = [1, 42, 999, 1_000, 100_000].map((number) => deviceOf(own, number).name);

    expect(named).toEqual(
      ["001", "042", "999", "1000", "100000"].map((number) => `Vehicle-VIN-${number}`),
    );
  });

  it("begins names with the fleet's prefix", () => {
    const own = planFleet(openTestFleet({ prefix: "team7-" }).fleet);

    expect(deviceOf(own, 5).name).toBe("team7-005");
  });

  it("begins types, which name packages too, with a prefix that a class has given", () => {
    const { fleet: ada } = openTestFleet({ prefix: "Ada-" });

    const own = planFleet(ada, { thingTypes: ["Van", "Ada-Bus"] });

    expect(own.thingTypes).toEqual(["Ada-Van", "Ada-Bus"]);
    // As a plan that is noted and read again.
    expect(planFleet(ada, own).thingTypes).toEqual(own.thingTypes);
  });

  it("gives every customer an id of its own", () => {
    expect(new Set(devices({ devices: 2_000 }).map(({ customerId }) => customerId)).size).toBe(
      2_000,
    );
  });

  it("keeps batteries between 30 and 100 percent, in whole numbers", () => {
    const levels = devices({ devices: 5_000 }).map(({ battery }) => battery);

    expect([Math.min(...levels), Math.max(...levels)]).toEqual([30, 100]);
    expect(levels.every(Number.isInteger)).toBe(true);
  });

  it("has every country x type x battery band among the default hundred (D9)", () => {
    const seen = new Set(devices().map((d) => `${d.country} ${d.type} ${band(d.battery)}`));

    expect(seen.size).toBe(3 * 3 * 3);
  });

  it("has every country x type among a hundred, whatever the seed (D9)", () => {
    for (let seed = 1; seed <= 100; seed++) {
      const seen = new Set(devices({ seed }).map(({ country, type }) => `${country} ${type}`));

      expect(seen.size, `seed ${seed}`).toBe(3 * 3);
    }
  });

  it("spreads country, type and battery independently (D9)", () => {
    const all = devices({ devices: 9_000 });
    const share = (isIt: (d: (typeof all)[number]) => boolean) =>
      all.filter(isIt).length / all.length;

    for (const country of ["US", "CA", "MX"]) {
      for (const type of ["SedanVehicle", "SUVVehicle", "TruckVehicle"]) {
        expect(share((d) => d.country === country && d.type === type)).toBeCloseTo(1 / 9, 1.5);
      }
      const own = all.filter((d) => d.country === country);
      const mean = own.reduce((sum, { battery }) => sum + battery, 0) / own.length;
      expect(Math.abs(mean - 65)).toBeLessThan(1.5);
    }
  });

  it("makes vehicles one at a time, as somebody asks", () => {
    const iterator = devicesOf(plan({ devices: 1_000_000 }))[Symbol.iterator]();

    const first = iterator.next().value as { name: string };

    expect(first.name).toBe("Vehicle-VIN-001");
  });
});

const POLLED = new Set(["DescribeIndex", "UpdatePackageConfiguration"]);

describe("the plan's steps", () => {
  const wishes = {
    devices: 20,
    countries: ["US", "CA"],
    thingTypes: ["Sedan"],
    versions: ["1.0", "2.0"],
  };

  it("plans the calls that each step makes on an empty account", async () => {
    const { fleet: own, calls, settle } = openTestFleet();
    const planned = planFleet(own, wishes);
    const { thingTypes, versions, countries } = planned;
    const releases = releasesOf(thingTypes, versions);
    const made: number[] = [];
    const step = async (work: () => Promise<unknown>) => {
      const before = calls().length;
      await settle(work());
      // Looking again whether something is ready is waiting, which the plan does not promise.
      const operations = calls()
        .slice(before)
        .map(({ operation }) => operation);
      const again = operations.filter(
        (name, i) => POLLED.has(name) && operations.indexOf(name) < i,
      );
      made.push(operations.length - again.length);
    };

    let firmware: Awaited<ReturnType<typeof uploadFirmware>>["firmware"] = [];
    await step(() => createThingTypes(own, thingTypes));
    await step(async () => {
      await createFirmwareBucket(own);
      ({ firmware } = await uploadFirmware(own, releases));
    });
    await step(async () => {
      await enableFleetIndexing(own);
      await waitForIndex(own);
    });
    await step(async () => {
      await createPackages(own, thingTypes);
      await publishVersions(own, firmware);
    });
    await step(async () => {
      await createJobsRole(own);
      const { arn } = await createPackageConfigRole(own);
      await enablePackageConfiguration(own, arn);
    });
    await step(() => createCountryGroups(own, countries));
    await step(() => createVehicles(own, planned));

    expect(Object.fromEntries(planned.steps.map(({ step: name }, i) => [name, made[i]]))).toEqual(
      Object.fromEntries(planned.steps.map(({ step: name, calls: n }) => [name, n])),
    );
  });

  it("takes as long as the slowest operation at its paced rate, after its burst", () => {
    const vehicles = plan({ devices: 1_000 }).steps.at(-1);
    const types = plan({ thingTypes: ["A", "B", "C"] }).steps[0];

    expect(vehicles).toMatchObject({ step: "Vehicles", calls: 5_009 });
    expect(vehicles?.seconds).toBeCloseTo((1_000 - 4) / 80, 9);
    expect(types?.seconds).toBeCloseTo(2 / 8, 9);
  });

  it("takes longer with a share of the rates", () => {
    const shared = planFleet(openTestFleet({ share: 1 / 30 }).fleet, { devices: 1_000 });

    expect(shared.steps.at(-1)?.seconds).toBeCloseTo((1_000 - 1) / (80 / 30), 6);
  });

  it("takes longer with own limits", () => {
    const slow = planFleet(openTestFleet({ limits: { CreateThing: 2 } }).fleet, { devices: 101 });

    expect(slow.steps.at(-1)?.seconds).toBe(50);
  });

  it("grows with the fleet: ten thousand vehicles are two minutes", () => {
    const seconds = plan({ devices: 10_000 }).steps.at(-1)?.seconds ?? 0;

    expect(seconds / 60).toBeCloseTo(10_000 / 80 / 60, 1);
  });

  it("costs nothing on the sandbox, and a few cents on AWS", () => {
    const onAws = planFleet(openTestFleet({ target: "aws" }).fleet, { devices: 1_000 });

    expect(plan().steps.every(({ usd }) => usd === 0)).toBe(true);
    expect(onAws.steps.at(-1)?.usd).toBeCloseTo(1_000 * (5 * 1.25e-6 + 4 * 2.25e-6), 9);
  });
});

describe("the versions of a plan", () => {
  it("go from the oldest to the newest, as the vehicles will", () => {
    const refused = () => planFleet(fleet, { versions: ["1.10.0", "1.9.0"] });

    expect(refused).toThrow(InvalidInputError);
    expect(refused).toThrow(
      /oldest, which the vehicles start with, to the newest: 1\.9\.0, 1\.10\.0/,
    );
    expect(planFleet(fleet, { versions: ["1.9.0", "1.10.0"] }).versions).toEqual([
      "1.9.0",
      "1.10.0",
    ]);
  });
});

describe("showPlan", () => {
  it("draws the vehicles that it plans, up to 3,000", () => {
    const { fleet: own, lines } = openTestFleet();

    showPlan(own, planFleet(own, { devices: 12, countries: ["US"], thingTypes: ["Van"] }));
    showPlan(own, planFleet(own, { devices: 3_001 }));

    expect(lines).toHaveLength(3);
    expect(lines[1]?.split("\n")).toEqual([
      "12 vehicles, as planned",
      "country  type  1.0.0  1.1.0",
      "US       Van      12      0",
    ]);
  });

  it("shows each step with calls, time and cost, and their sums", () => {
    const { fleet: own, lines } = openTestFleet();
    const planned = planFleet(own, { devices: 1_000 });

    showPlan(own, planned);

    const rows = (lines[0] ?? "").split("\n");
    expect(rows[0]).toMatch(/^Step +Calls +At our pace +Costs$/);
    expect(rows).toHaveLength(1 + planned.steps.length + 1);
    expect(rows.at(-2)).toMatch(/^Vehicles +5,009 +12 s +nothing$/);
    const calls = planned.steps.reduce((sum, step) => sum + step.calls, 0);
    expect(rows.at(-1)).toMatch(
      new RegExp(
        `^In all: 1,000 vehicles in US, CA, MX +${calls.toLocaleString("en-US")} +\\d+ s +nothing$`,
      ),
    );
  });

  it("shows what it costs on AWS", () => {
    const { fleet: own, lines } = openTestFleet({ target: "aws" });

    showPlan(own, planFleet(own, { devices: 10_000 }));

    expect(lines[0]).toMatch(/Vehicles .*US\$ 0\.15\n/);
    expect(lines[0]).toContain("less than US$ 0.01");
  });
});
