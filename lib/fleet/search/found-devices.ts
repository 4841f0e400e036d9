import type { ThingDocument } from "@aws-sdk/client-iot";
import type { Fleet } from "../../aws/connect.js";
import { searchThings } from "./fleet-index.js";
import { PACKAGE_SHADOW } from "../shadows/shadows.js";

/** A device as the fleet index knows it, some seconds behind. */
export interface FoundDevice {
  readonly thing: string;
  readonly type?: string | undefined;
  readonly country?: string | undefined;
  /** The battery it reported last, in percent. */
  readonly battery?: number | undefined;
  /** Whether it is connected over MQTT; undefined where connectivity is not indexed. */
  readonly isConnected?: boolean | undefined;
  /** The versions in its `$package` shadow, by package. */
  readonly software: Readonly<Record<string, string>>;
}

/**
 * The devices that match a fleet query with what the workshop's vehicles tell of themselves, in no
 * promised order. Calls SearchIndex, 100 a page.
 *
 * @throws InvalidQueryException when AWS cannot read the query
 */
export async function* searchDevices(fleet: Fleet, query: string): AsyncIterable<FoundDevice> {
  for await (const document of searchThings(fleet, query)) yield foundDevice(document);
}

/** The part of an indexed shadow that we read; AWS hands it over as a text that holds JSON. */
interface IndexedShadow {
  readonly reported?: { readonly batteryStatus?: unknown };
  readonly name?: Readonly<
    Record<string, { readonly reported?: Readonly<Record<string, { version?: string } | null>> }>
  >;
}

function foundDevice({ thingName = "", ...document }: ThingDocument): FoundDevice {
  const shadow = JSON.parse(document.shadow ?? "{}") as IndexedShadow;
  const battery = shadow.reported?.batteryStatus;
  const packages = Object.entries(shadow.name?.[PACKAGE_SHADOW]?.reported ?? {});
  const versions = packages.flatMap(([name, state]) =>
    state?.version === undefined ? [] : [[name, state.version] as const],
  );
  return {
    thing: thingName,
    type: document.thingTypeName,
    country: document.attributes?.["country"],
    // A device may report anything there; what is no number is not known.
    battery: typeof battery === "number" ? battery : undefined,
    isConnected: document.connectivity?.connected,
    software: Object.fromEntries(versions),
  };
}
