import { join } from "node:path";
import { expect } from "vitest";
import { shownBy } from "./solutions.js";

/**
 * What each folded piece of a notebook promises to show, in order: solutions, and raw SDK calls. A
 * piece without a promise here fails the test, as does a promise without its piece.
 */
export const promises: Readonly<Record<string, readonly RegExp[]>> = {
  "00-start-here": [
    /updated[^]*version {2}attributes[^]*2 .*colour: blue/,
    /^\s*\{ batteryStatus: 82 \}\s*$/,
    /0 at once[^]*First-Vehicle-VIN-000 {2}[^]*country: CA/,
  ],
  "01-provisioning": [
    /"XX"[^]*US[^]*step: 'Vehicles'/,
    /0 created, 3 there already/,
    /^\s*ResourceAlreadyExistsException\s*$/,
    // Others in the account have groups too, and a table shows the first ones.
    /^\s*groupName\s+CA_Fleet\s/,
    // Notebook 0 has switched it on.
    /^\s*REGISTRY_AND_SHADOW\s*$/,
    /^\s*100\s*$/,
    /\[ '1\.0\.0', '1\.1\.0' \]/,
    /iot\.amazonaws\.com[^]*aws:SourceAccount/,
    /✗ {2}Thing types {2}SedanVehicle deprecated[^]*✓ {2}Thing types {2}SedanVehicle, /,
  ],
  "02-dynamic-groups": [
    /Matches {2}75[^]*Matches {2}29[^]*the reported battery \(%\) is not known/,
    /batteryStatus<30 and shadow\.reported\.batteryStatus:75[^]*\[50 TO\s\*\]/,
    /^\s*ResourceAlreadyExistsException\s*$/,
    /ACTIVE[^]*taken by a group with the query/,
    /\n\s*true\s*$/,
  ],
  "03-packages": [
    /Firmware of the SedanVehicle/,
    /InvalidInputError[^]*My Trial/,
    /^\s*true\s*$/,
    /^\s*PUBLISHED\s*$/,
    /ListTagsForResource[^]*HeadObject[^]*GetPackageVersion/,
    /enabled: true[^]*roleArn: .*IoTPackageConfigRole/,
    /Radio {2}3\.1[^]*✓ {2}An inventory {2}Vehicle-VIN-001: .*Radio 3\.1/,
  ],
  "04-jobs": [
    /32,768[^]*object/,
    /Chart: 1,000 vehicles[^]*1\.25/,
    /^\s*InvalidRequestException\s*$/,
    /true[^]*upgrade-SedanVehicle-1-1-0-2/,
    /✓ {2}What it ships[^]*✓ {2}Whom it reaches[^]*✓ {2}How many can fail/,
  ],
  "05-simulation": [
    /^\s*IN_PROGRESS, version 2\s*$/,
    /DownloadError[^]*1,000/,
    /28 succeed, 4 fail [^]*28 succeed, 2 fail, 1 rejects it, 1 falls silent/,
    // Those that had failed.
    /VIN-030[^]*VIN-065[^]*VIN-066[^]*VIN-079[^]*✓ {2}Job .* {2}4 of 4 succeeded, 0 pending/,
  ],
  "06-exploration": [
    /keep-TruckVehicle-on-1-1-0 {2}IN_PROGRESS {2}CONTINUOUS/,
    /SUCCEEDED[^]*finished[^]*100%/,
    /\{[^]*step: '/,
    /without success {2}20 {2}25 {2}Consider cancelling[^]*timeouts {2}20/,
    /NotConfirmedError/,
    /InvalidStateTransitionException[^]*DELETION_IN_PROGRESS[^]*✓ {2}Try-out jobs {2}none left/,
  ],
  "07-rollback": [
    /^\s*1 0\s*$/,
    /reported: \{ TruckVehicle: \{ version: '1\.0\.0' \} \}/,
    /^\s*No vehicle runs a newer SedanVehicle than 1\.0\.0\.\s+done\s*$/,
    /✓ {2}TruckVehicle: on 1\.0\.0, on record {2}29 of 29[^]*✓ {2}TruckVehicle: record and vehicles agree/,
  ],
  "08-cleanup": [
    /\njobs {2}0 [^]*\nthings {2}0 [^]*\nthing types {2}0 [^]*What stays[^]*not of the prefix Ada-/,
    /Key: 'workshop', Value: 'fleetlab'/,
    /dynamic groups {2}6 [^]*static groups {2}3 /,
    /things {2}1 {2}0 {2}0 {2}0[^]*✓ {2}Vehicles {2}nothing left/,
  ],
  "09-connected-vehicles": [
    /Vehicle-VIN-001/,
    /VIN-003 {2}yes {2}[^]*VIN-004 {2}yes {2}/,
    /Vehicle-VIN-001 {2}no [^]*(CLIENT_INITIATED_DISCONNECT)[^]*Vehicle-VIN-007 {2}no /,
  ],
  "10-commands": [
    /VIN-001 {2}lock-doors(-\d+)? {2}FAILED {2}DOOR_JAMMED/,
    /VIN-003[^]*TIMED_OUT {2}\$NO_RESPONSE_FROM_DEVICE[^]*VIN-003[^]*SUCCEEDED/,
    /^\s*\d+ true\s*$/,
    /✓ {2}The command[^]*✓ {2}Who did it[^]*✓ {2}Who was silent/,
  ],
  "11-bulk": [/VIN-10021: connected/, /^\s*\S[^]*\s0\s*$/],
};

/**
 * Expect what each folded piece of a notebook promises.
 *
 * @param folder where its executed copy lies, made from one with solutions
 */
export function expectPromised(name: string, folder: string): void {
  const shown = shownBy(join(folder, `${name}-solved.ipynb`));
  const promised = promises[name] ?? [];
  expect([...shown.keys()], name).toEqual(promised.map((_, i) => i + 1));
  promised.forEach((promise, i) => {
    expect.soft(shown.get(i + 1), `${name}, folded ${i + 1}`).toMatch(promise);
  });
}
