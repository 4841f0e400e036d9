/**
 * What a refusal looks like through the SDK, for `rejects.toMatchObject`.
 *
 * Statuses by exception: https://docs.aws.amazon.com/iot/latest/apireference/CommonErrors.html and the
 * page of each operation
 */
export function refused(name: string, httpStatusCode: number) {
  return { name, $metadata: { httpStatusCode } };
}

export const invalid = refused("InvalidRequestException", 400);
export const notFound = refused("ResourceNotFoundException", 404);
export const taken = refused("ResourceAlreadyExistsException", 409);
export const otherVersion = refused("VersionConflictException", 409);
/** What the software catalog and commands say where the rest of AWS IoT says `invalid`. */
export const invalidValue = refused("ValidationException", 400);
export const conflict = refused("ConflictException", 409);

/** An answer without what only the client adds. */
export function answerOf<T extends { readonly $metadata: unknown }>(
  answer: T,
): Omit<T, "$metadata"> {
  const { $metadata: _, ...rest } = answer;
  return rest;
}

export const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
