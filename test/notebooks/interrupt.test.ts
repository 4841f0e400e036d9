import { describe, expect, it } from "vitest";
import { runCells } from "./interrupted-cells.js";
import { jupyterForTests } from "./need-jupyter.js";

const jupyter = await jupyterForTests();

/** More than are created in the moment between the first and the interrupt, at AWS's rates. */
const VEHICLES = 100;
const CONNECT = `import { connect, createCountryGroups, createDevices, createThingTypes, devicesOf, planFleet } from "fleetlab";
const fleet = await connect();
const plan = planFleet(fleet, { devices: ${VEHICLES} });
await createThingTypes(fleet, plan.thingTypes);
await createCountryGroups(fleet, plan.countries);`;
const CREATE = "await createDevices(fleet, devicesOf(plan), plan.devices);";
/** How many calls leave in the two seconds after the cell before. */
const CALLS = `const before = fleet.counts.attempts;
await new Promise((resolve) => setTimeout(resolve, 2000));
fleet.counts.attempts - before`;

const LOOP = `import { ListThingsCommand } from "@aws-sdk/client-iot";
for (let i = 0; i < 1000; i++) await fleet.iot.send(new ListThingsCommand({}));`;

describe.skipIf(!jupyter)("an interrupted cell", () => {
  it("issues no further call, says how far it came, and goes on when it is run again; so does a loop of raw calls, and the kernel lives on", async () => {
    const [, interrupted, callsAfter, again, loop, callsAfterLoop] = await runCells(jupyter!, [
      { code: CONNECT },
      { code: CREATE, interruptAt: String.raw`\b[1-9]\d*/${VEHICLES}` },
      { code: CALLS },
      { code: CREATE },
      { code: LOOP, interruptAfter: 2 },
      { code: CALLS },
    ]);

    expect(interrupted?.status).toBe("error");
    expect(interrupted?.secondsAfterInterrupt).toBeLessThan(1);
    expect(interrupted?.shown.at(-1)).toContain("interrupted: run the cell again");
    expect(interrupted?.text, "no insides of the kernel").not.toContain("node_modules");
    expect(callsAfter?.text.trim()).toBe("0");
    expect(again?.status).toBe("ok");
    const { done, existed } =
      /done: (?<done>\d+),\s+existed: (?<existed>\d+)/.exec(again?.text ?? "")?.groups ?? {};
    expect(Number(existed)).toBeGreaterThan(0);
    expect(Number(done) + Number(existed)).toBe(VEHICLES);

    expect(loop?.status).toBe("error");
    expect(callsAfterLoop?.text.trim()).toBe("0");
  }, 180_000);
});
