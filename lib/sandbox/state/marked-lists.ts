import { InvalidRequestException } from "@aws-sdk/client-iot";
import { fault, paged } from "./operation.js";

/** How the older IoT lists ask for a page: certificates and policies. */
export interface MarkedPage {
  readonly marker?: string | undefined;
  readonly pageSize?: number | undefined;
}

/** One page of a list whose tokens are called markers. */
export function markedList<R>(
  page: MarkedPage,
  question: unknown,
  entries: (after: string | undefined) => Iterable<[string, R]>,
): { items: R[]; next: { nextMarker?: string } } {
  const { items, nextToken } = paged({
    page: { nextToken: page.marker, maxResults: page.pageSize },
    question,
    entries,
    largest: 250,
    badToken: () => fault(InvalidRequestException, "Invalid marker"),
  });
  return { items, next: nextToken === undefined ? {} : { nextMarker: nextToken } };
}

/** Records in the order of their creation: the newest first, unless `ascending`. */
export function* byAge<R>(
  records: Iterable<[string, R]>,
  options: {
    readonly createdAt: (record: R) => Date | undefined;
    readonly ascending: boolean | undefined;
    readonly after: string | undefined;
  },
): Generator<[string, R]> {
  const { createdAt, ascending = false, after } = options;
  const sign = ascending ? 1 : -1;
  const aged = [...records].map(([key, record]): [string, R] => {
    const time = createdAt(record)?.getTime() ?? 0;
    return [`${String(time).padStart(15, "0")}/${key}`, record];
  });
  aged.sort(([a], [b]) => (a < b ? -sign : sign));
  for (const [key, record] of aged) {
    if (after === undefined || (ascending ? key > after : key < after)) yield [key, record];
  }
}
