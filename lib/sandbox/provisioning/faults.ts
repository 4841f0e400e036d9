/** Why a device cannot be registered, by the names that devices hear over MQTT. */
export class RegistrationFault extends Error {
  readonly code:
    | "InvalidParameters"
    | "InvalidTemplate"
    | "InvalidCertificateOwnershipToken"
    | "InvalidCertificateSigningRequest"
    | "ResourceConflict"
    | "ResourceNotFound";

  constructor(code: RegistrationFault["code"], message: string) {
    super(message);
    this.code = code;
  }
}
