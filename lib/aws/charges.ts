import { ChargesNotAcceptedError } from "./errors.js";

/**
 * What AWS charges, in US dollars per million calls, in us-east-1. Other Regions differ by up to a
 * half; the free tier is not counted. Sources: the pricing pages named with each row.
 */
const CORE = "https://aws.amazon.com/iot-core/pricing/";
const MANAGEMENT = "https://aws.amazon.com/iot-device-management/pricing/";
const S3 = "https://aws.amazon.com/s3/pricing/";

export interface Price {
  /** What is counted, as the pricing page calls it. */
  readonly item: string;
  readonly usdPerMillion: number;
  readonly source: string;
}

const prices = {
  registryAndShadow: { item: "registry and shadow operations", usdPerMillion: 1.25, source: CORE },
  indexUpdate: { item: "fleet index updates", usdPerMillion: 2.25, source: MANAGEMENT },
  search: { item: "fleet index queries", usdPerMillion: 5, source: MANAGEMENT },
  jobExecution: {
    item: "remote actions (job executions)",
    usdPerMillion: 3_000,
    source: MANAGEMENT,
  },
  s3Write: { item: "S3 writes and lists", usdPerMillion: 5, source: S3 },
  s3Read: { item: "S3 reads", usdPerMillion: 0.4, source: S3 },
} as const satisfies Record<string, Price>;

export type PricedItem = keyof typeof prices;

/** How often each priced item occurs. */
export type Usage = Readonly<Partial<Record<PricedItem, number>>>;

/** The charge for `usage`, in US dollars. */
export function charge(usage: Usage): number {
  return Object.entries(usage).reduce(
    (usd, [item, times]) => usd + (times * prices[item as PricedItem].usdPerMillion) / 1_000_000,
    0,
  );
}

/**
 * What provisioning so many devices uses: each is looked up, created, joined to a group and given
 * two shadows, and the index follows every one of the four changes.
 */
export function usageOfDevices(
  devices: number,
): Required<Pick<Usage, "registryAndShadow" | "indexUpdate">> {
  return { registryAndShadow: 5 * devices, indexUpdate: 4 * devices };
}

/** `US$ 0.02`, or `less than US$ 0.01` */
export function usd(amount: number): string {
  return amount > 0 && amount < 0.01 ? "less than US$ 0.01" : `US$ ${amount.toFixed(2)}`;
}

/** Reading is charged too, by fractions of a cent, but creates nothing that goes on costing. */
const READS = /^(Describe|List|Get|Head|Search)/;

/** Refuse to create or change anything on a real account before the caller has accepted charges. */
export function createChargeGuard(
  isAccepted: boolean,
): (service: string, operation: string) => void {
  return (service, operation) => {
    if (isAccepted || READS.test(operation)) return;
    const fleet = charge({ ...usageOfDevices(100), s3Write: 20 });
    throw new ChargesNotAcceptedError(
      `${service}:${operation} changes a real AWS account and may be charged. Estimate for notebook 01 with ` +
        `100 vehicles: ${usd(fleet)}; for the whole workshop, with three jobs to each of them: ` +
        `${usd(fleet + charge({ jobExecution: 300, search: 500 }))}. ` +
        `To accept, connect with { acceptCharges: true }; to pay nothing, use the sandbox (WORKSHOP_TARGET unset).`,
    );
  };
}
