import type { ThingDocument } from "../../../../lib/sandbox/search/query/document.js";

/** One named shadow `$package` with one package, as fleet indexing shows it. */
function inventory(name: string, version: string, attributes?: object) {
  return {
    $package: {
      reported: { [name]: { version, ...(attributes && { attributes }) } },
      hasDelta: false,
      version: 1,
    },
  };
}

/** The six things A–F of aws-behaviour.md section 3.6. */
export const fixtureFleet: Readonly<Record<string, ThingDocument>> = {
  A: {
    thingName: "Vehicle-VIN-001",
    thingId: "id-a",
    thingTypeName: "SedanVehicle",
    thingGroupNames: ["Fleet-West"],
    attributes: { country: "US", model: "Comet-S", modelYear: "2021" },
    shadow: {
      reported: {
        batteryStatus: 82,
        odometer: 15200,
        speedLimit: 120,
        features: ["abs", "gps"],
        city: "San Diego",
      },
      hasDelta: false,
      version: 3,
      name: inventory("SedanVehicle", "1.0.0", { buildId: 1400 }),
    },
    connectivity: { connected: true, timestamp: 1_760_000_000_000 },
  },
  B: {
    thingName: "Vehicle-VIN-002",
    thingId: "id-b",
    thingTypeName: "SedanVehicle",
    thingGroupNames: ["Fleet-West", "Recall-2024"],
    attributes: { country: "CA", model: "Comet-S", modelYear: "2023" },
    shadow: {
      desired: { speedLimit: 100 },
      reported: {
        batteryStatus: 50,
        odometer: 980,
        speedLimit: 120,
        features: ["gps"],
        city: "Vancouver",
      },
      delta: { speedLimit: 100 },
      hasDelta: true,
      version: 9,
      name: inventory("SedanVehicle", "1.1.0"),
    },
    connectivity: {
      connected: false,
      timestamp: 1_759_000_000_000,
      disconnectReason: "CONNECTION_LOST",
    },
  },
  C: {
    thingName: "Vehicle-VIN-003",
    thingId: "id-c",
    thingTypeName: "SUVVehicle",
    thingGroupNames: ["Fleet-East"],
    attributes: { country: "US", model: "Ridge", modelYear: "2019" },
    shadow: {
      reported: { batteryStatus: 49, odometer: 88000 },
      hasDelta: false,
      version: 1,
      name: inventory("SUVVehicle", "1.0.0", { buildId: 1600 }),
    },
    connectivity: { connected: true, timestamp: 1_760_000_500_000 },
  },
  D: {
    thingName: "Vehicle-VIN-004",
    thingId: "id-d",
    thingTypeName: "TruckVehicle",
    thingGroupNames: ["Fleet-East"],
    attributes: { country: "DE", model: "Hauler", modelYear: "2024" },
    shadow: { reported: { batteryStatus: "high", odometer: 5 }, hasDelta: false, version: 2 },
    connectivity: { connected: false },
  },
  E: {
    thingName: "Vehicle-VIN-005",
    thingId: "id-e",
    thingTypeName: "SedanVehicle",
    thingGroupNames: [],
    attributes: { country: "us", model: "Comet-X", modelYear: "2024" },
    shadow: { name: inventory("SedanVehicle", "1.0.0") },
    connectivity: { connected: false },
  },
  F: {
    thingName: "Depot-Charger-01",
    thingId: "id-f",
    thingGroupNames: ["Depot"],
    attributes: { country: "US", maxKw: "150" },
    shadow: {
      desired: { port: "ready" },
      reported: { port: "ready" },
      hasDelta: false,
      version: 2,
    },
    connectivity: { connected: true, timestamp: 1_760_000_900_000 },
  },
};
