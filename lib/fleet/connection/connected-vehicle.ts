import type { Fleet } from "../../aws/connect.js";
import { readKeys } from "../../aws/mqtt/key-files.js";
import { FleetError } from "../../aws/errors.js";
import { openConnection } from "../../aws/mqtt/connect-device.js";
import type { MqttConnection } from "../../aws/mqtt/connection.js";
import { checkName, thingName } from "../registry/names.js";
import { commandsOf, type VehicleCommands } from "./vehicle-commands.js";
import { jobsOf, type VehicleJobs } from "./vehicle-jobs.js";
import { shadowOf, type VehicleShadow } from "./vehicle-shadow.js";

/** How Node asks an object what it prints as. */
const SHOWN = Symbol.for("nodejs.util.inspect.custom");

/** A vehicle that is connected by MQTT, with its own certificate. */
export interface ConnectedVehicle
  extends
    VehicleShadow,
    VehicleJobs,
    VehicleCommands,
    Pick<MqttConnection, "isOpen" | "ending" | "ping" | "close" | "kill" | "freeze"> {
  /** Its thing's name, and its client id. */
  readonly name: string;
}

export interface ConnectVehicleOptions {
  /**
   * After how much silence the vehicle says that it is there, in whole seconds from 30 to 1,200. AWS
   * IoT gives it up after one and a half times as long. Default 60.
   */
  readonly keepAliveSeconds?: number;
}

/**
 * Connect one vehicle by MQTT 5, as itself: with the certificate that createVehicles() or
 * createIdentity() has given it, and its name as client id.
 *
 * It stays connected until `close()`, until the kernel or script ends, or until AWS IoT ends it; it
 * does not come back by itself. A second call connects it a second time, which AWS IoT answers by
 * ending the first connection. A script goes on running while a vehicle is connected.
 *
 * At most 25 vehicles connect in a second, and the same one once; a vehicle publishes at most 80
 * messages a second, and its requests take their turn among the calls of the same operations.
 *
 * @throws InvalidInputError when the name is illegal, or the keep-alive out of range
 * @throws FleetError when there is no key of that vehicle on this machine
 * @throws DeviceRefusedError when AWS IoT does not let it connect, with what to look at
 * @throws DeviceLostError when the broker cannot be reached
 * @see https://docs.aws.amazon.com/iot/latest/developerguide/mqtt.html
 */
export async function connectVehicle(
  fleet: Fleet,
  name: string,
  { keepAliveSeconds = 60 }: ConnectVehicleOptions = {},
): Promise<ConnectedVehicle> {
  checkName(name, thingName);
  const keys = readKeys(fleet, name);
  if (!keys) {
    throw new FleetError(
      `There is no key of ${name} on this machine, and AWS IoT has none to give out. ` +
        `createIdentity(fleet, "${name}") gives it a new one, with a certificate.`,
    );
  }
  const { certificateId } = keys;
  const wish = { clientId: name, keys, certificateId, keepAliveSeconds };
  const connection = await openConnection(fleet, wish);
  const vehicle: ConnectedVehicle = {
    name,
    ...shadowOf(fleet, name, connection),
    ...jobsOf(fleet, name, connection),
    ...commandsOf(fleet, name, connection),
    get isOpen() {
      return connection.isOpen;
    },
    get ending() {
      return connection.ending;
    },
    ping: connection.ping,
    close: connection.close,
    kill: connection.kill,
    freeze: connection.freeze,
  };
  return Object.defineProperty(vehicle, SHOWN, {
    enumerable: false,
    value: () => `${name}: ${connection.ending ?? "connected"}`,
  });
}
