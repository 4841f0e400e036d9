import { unzipSync } from "fflate";
import type { Fleet } from "../../aws/connect.js";
import { FleetError } from "../../aws/errors.js";
import type { Release } from "./firmware.js";
import { getShadow, reportState } from "../shadows/shadows.js";

/** A file that cannot be installed: it is no firmware, or another vehicle's. */
export class InstallError extends FleetError {
  override readonly name = "InstallError";
}

/** Bytes that an unpacked firmware may have. */
const MOST_UNPACKED_BYTES = 64 * 1024 * 1024;

/**
 * Install a downloaded firmware, as far as a simulated vehicle can: unpack it, read from the image
 * itself what it is, and make sure that it is for this vehicle. Calls nothing.
 *
 * @param file the zip, as `buildFirmware` makes it
 * @param expected the package that the job said it would be, and the version if it said one
 * @returns what the vehicle runs from now on
 * @throws InstallError when it is no firmware of ours, too large, or another one than expected
 */
export function installFirmware(
  file: Uint8Array,
  expected: { readonly packageName: string; readonly versionName?: string | undefined },
): Release {
  const image = unpack(file);
  const header = Buffer.from(image.subarray(0, 512)).toString("latin1");
  const [, forPackage, versionName] =
    /^FLEETLAB FIRMWARE\npackage (.+)\nversion (.+)\n/.exec(header) ?? [];
  if (forPackage === undefined || versionName === undefined) {
    throw new InstallError("The image does not begin like a firmware.");
  }
  const isExpected =
    forPackage === expected.packageName && versionName === (expected.versionName ?? versionName);
  if (!isExpected) {
    const wanted = `${expected.packageName} ${expected.versionName ?? ""}`.trimEnd();
    throw new InstallError(`The image is ${forPackage} ${versionName}, not ${wanted}.`);
  }
  return { packageName: forPackage, versionName };
}

function unpack(file: Uint8Array): Uint8Array {
  let images: Record<string, Uint8Array>;
  try {
    images = unzipSync(file, {
      // The size is known before anything is unpacked.
      filter: ({ name, originalSize }) =>
        name.endsWith(".bin") && originalSize <= MOST_UNPACKED_BYTES,
    });
  } catch (error) {
    throw new InstallError(`The file cannot be unpacked: ${(error as Error).message}.`);
  }
  const [image] = Object.values(images);
  if (!image) throw new InstallError("The file holds no firmware image.");
  return image;
}

/**
 * Report what a vehicle runs, in its classic shadow, as the vehicle itself: `firmware.<package>` is
 * the version. What else the shadow reports stays. Calls UpdateThingShadow.
 *
 * This is the vehicle's own word; `$package` is what AWS IoT Jobs has noted about it.
 */
export async function reportFirmware(
  fleet: Fleet,
  thing: string,
  installed: readonly Release[],
): Promise<void> {
  await reportState(fleet, thing, firmwareState(installed));
}

/** What a vehicle reports of what it runs: versions by package. */
export function firmwareState(installed: readonly Release[]): Readonly<Record<string, unknown>> {
  const firmware = Object.fromEntries(
    installed.map(({ packageName, versionName }) => [packageName, versionName]),
  );
  return { firmware };
}

/**
 * What a vehicle says that it runs: versions by package, from its classic shadow. Empty while it has
 * not installed anything since it left the factory. Calls GetThingShadow.
 */
export async function reportedFirmware(
  fleet: Fleet,
  thing: string,
): Promise<Readonly<Record<string, string>>> {
  const shadow = await getShadow(fleet, thing);
  return (shadow?.state.reported?.["firmware"] ?? {}) as Readonly<Record<string, string>>;
}
