import { FleetError } from "./errors.js";

/** Something that wants a yes was called without it. Nothing was changed. */
export class NotConfirmedError extends FleetError {
  override readonly name = "NotConfirmedError";
}

/**
 * Ask for a yes where a console would: there is no keyboard behind a cell, so it is a value.
 *
 * @param given what the caller passed as `confirm`
 * @param word what it must be, letter by letter: `YES`, `DELETE`, `CANCEL`, `REVERT`
 * @param what would happen, as a whole sentence: `This deletes the dynamic group US_Devices.`
 * @throws NotConfirmedError when it is anything else
 */
export function requireConfirmation(given: string | undefined, word: string, what: string): void {
  if (given === word) return;
  const said = given === undefined ? "" : ` You passed "${given}".`;
  throw new NotConfirmedError(
    `${what} Nothing has been done yet: pass { confirm: "${word}" } to do it.${said}`,
  );
}
