import { FleetError } from "../../aws/errors.js";
import type { Answer } from "../../aws/mqtt/connection.js";

/** A service took a vehicle's request and said no. */
export class RejectedError extends FleetError {
  override readonly name: string;
  /** What the service calls it: `VersionMismatch` of jobs, 404 of shadows, `InvalidRequest` of commands. */
  readonly code: string | number;
  constructor(code: string | number, message: string) {
    super(message === "" ? String(code) : `${code}: ${message}`);
    this.code = code;
    // So that whoever asks isNotFound() need not know which way the answer came.
    const isMissing = code === 404 || code === "ResourceNotFound";
    this.name = isMissing ? "ResourceNotFoundException" : "RejectedError";
  }
}

/** The document of an accepted answer. */
export function accepted({ isAccepted, document }: Answer): Readonly<Record<string, unknown>> {
  if (isAccepted) return document;
  // Commands have names of their own for the two.
  const { code = document["error"], message = document["errorMessage"] } = document;
  const isCode = typeof code === "string" || typeof code === "number";
  throw new RejectedError(isCode ? code : "Rejected", typeof message === "string" ? message : "");
}
