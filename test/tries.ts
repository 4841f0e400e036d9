/**
 * How often a test tries what it makes up: all of it in `npm run test:long`, a twentieth in `npm test`,
 * whose seeds differ from run to run.
 */
export function tries(all: number): number {
  return process.env["FLEETLAB_TESTS"] === "long" ? all : Math.ceil(all / 20);
}
