import { DescribeEndpointCommand } from "@aws-sdk/client-iot";
import { readFileSync } from "node:fs";
import { connect as connectTls } from "node:tls";
import type { Fleet } from "../connect.js";
import { FleetError } from "../errors.js";
import type { DialDevice } from "./device-keys.js";

/** On AWS every device knows it. */
const MQTT_PORT = 8883;

/** By Region and account: DescribeEndpoint always says the same. */
const endpoints = new Map<string, Promise<string>>();

/**
 * How devices of this fleet reach its broker: on the sandbox host, port and authority of the connect
 * card, on AWS the account's endpoint on port 8883, whose authority every Node trusts.
 *
 * Calls DescribeEndpoint on AWS, once.
 *
 * @throws FleetError when the sandbox speaks no MQTT
 * @see https://docs.aws.amazon.com/iot/latest/developerguide/iot-connect-devices.html
 */
export async function dialOf(fleet: Fleet): Promise<DialDevice> {
  if (fleet.dial) return fleet.dial;
  if (fleet.target === "aws") {
    const host = await endpointOf(fleet);
    return ({ certificatePem: cert, privateKeyPem: key }) =>
      connectTls({ host, servername: host, port: MQTT_PORT, cert, key });
  }
  if (!fleet.mqtt) {
    throw new FleetError(
      "This sandbox takes no devices: it was started with --mqtt-port off. Stop it with " +
        '"npm run sandbox -- --stop", and run the cell with connect() again.',
    );
  }
  const { host, port, caFile } = fleet.mqtt;
  const ca = readFileSync(caFile);
  return ({ certificatePem: cert, privateKeyPem: key }) =>
    connectTls({ host, port, ca, cert, key, ...(isName(host) && { servername: host }) });
}

function endpointOf(fleet: Fleet): Promise<string> {
  const id = `${fleet.account}/${fleet.region}`;
  const known = endpoints.get(id);
  if (known) return known;
  const asked = fleet.iot
    .send(new DescribeEndpointCommand({ endpointType: "iot:Data-ATS" }))
    .then(({ endpointAddress = "" }) => endpointAddress);
  endpoints.set(id, asked);
  asked.catch(() => endpoints.delete(id));
  return asked;
}

/** TLS names no addresses. */
function isName(host: string): boolean {
  return !/^[\d.]+$|:/.test(host);
}
