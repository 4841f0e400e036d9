/** Who asks S3 in another way than with Signature Version 4 in a header or a query. */
export interface OtherClaim {
  readonly accessKeyId: string;
  /** Signature Version 2 names no Region: that of the bucket stands for it. */
  readonly bucket: string;
  /** Of a form that is signed with Version 4. */
  readonly region?: string;
  /**
   * Throw S3's refusal if it does not hold.
   *
   * @param secretAccessKey undefined in an open sandbox, which checks no signature but every date
   * @param now milliseconds since the epoch, on the clock of whoever signed
   */
  check(secretAccessKey: string | undefined, now: number): void;
}
