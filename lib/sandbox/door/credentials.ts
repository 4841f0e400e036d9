/** One pair of keys that may call the sandbox, and the account it belongs to. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Twelve digits. */
  readonly account: string;
}

/** `off`: any signature will do. Otherwise requests must be signed (SigV4) with one of these keys. */
export type AuthOption = "off" | { readonly credentials: readonly Credentials[] };
