/**
 * What each folded piece of a notebook promises to show, in order: solutions, and raw SDK calls. A
 * piece without a promise here fails the test, as does a promise without its piece.
 */
export const promises: Readonly<Record<string, readonly RegExp[]>> = {
  "00-start-here": [
    /updated[^]*version {2}attributes[^]*2 .*colour: blue/,
    /^\s*\{ batteryStatus: 82 \}\s*$/,
    /0 at once[^]*First-Vehicle-VIN-000/,
  ],
  "01-provisioning": [
    /"XX"[^]*US[^]*step: 'Vehicles'/,
    /0 created, 3 there already/,
    /SedanVehicle|ResourceAlreadyExistsException/,
    // Notebook 0 has switched it on.
    /^\s*REGISTRY_AND_SHADOW\s*$/,
    /0 uploaded, 6 there already/,
    /\[ '1\.0\.0', '1\.1\.0' \]/,
    /iot\.amazonaws\.com[^]*aws:SourceAccount/,
    /CA_Fleet/,
    /^\s*100\s*$/,
  ],
  "02-dynamic-groups": [
    /Matches {2}75[^]*Matches {2}29[^]*the reported battery \(%\) is not known/,
    /batteryStatus<30 and shadow\.reported\.batteryStatus:75[^]*\[50 TO \*\]/,
    /ResourceAlreadyExistsException|thingTypeName:/,
    /ACTIVE[^]*taken by a group with the query/,
    /moves\. reported: batteryStatus 80: from 0\.0 s; in the index: from .*lt30_Devices: from 0\.0 s to/,
  ],
  "03-packages": [
    /Firmware of the SedanVehicle/,
    /InvalidInputError[^]*My Trial/,
    /^\s*true\s*$/,
    /^\s*PUBLISHED\s*$/,
    /ListTagsForResource[^]*HeadObject[^]*GetPackageVersion/,
    /Radio {2}3\.1/,
  ],
  "04-jobs": [
    /32,768[^]*object/,
    /Chart: 1,000 vehicles[^]*1\.25/,
    /InvalidRequestException|ValidationException/,
    /true[^]*upgrade-SedanVehicle-1-1-0-2/,
    /✓ {2}What it ships[^]*✓ {2}Whom it reaches[^]*✓ {2}How many can fail/,
  ],
  "05-simulation": [
    /DownloadError[^]*1,000/,
    /28 succeed, 4 fail [^]*28 succeed, 2 fail, 1 rejects it, 1 falls silent/,
    /VIN-030[^]*VIN-065[^]*VIN-066[^]*VIN-079/,
  ],
  "06-exploration": [
    /IN_PROGRESS/,
    /SUCCEEDED[^]*finished[^]*100%/,
    /without success {2}20 {2}25 {2}Consider cancelling[^]*timeouts {2}20/,
    /NotConfirmedError/,
    /InvalidStateTransitionException[^]*DELETION_IN_PROGRESS/,
  ],
  "07-rollback": [
    /1 0/,
    /0 29/,
    /No vehicle runs a newer SedanVehicle than 1\.0\.0\.\s+(done|published)?/,
  ],
  "08-cleanup": [/kept|stays|somebody/i, /static groups|dynamic groups/i, /gone before|gone/i],
};
