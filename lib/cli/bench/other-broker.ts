// A message broker of somebody else's, to measure ours beside it: aedes, which speaks MQTT 3.1.1. It
// takes the same certificates on a port of its own, which it prints.

import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:tls";
import { Aedes } from "aedes";

const [path = ""] = process.argv.slice(2);
const pem = readFileSync(path, "utf8");
const broker = await Aedes.createBroker();
const server = createServer(
  { key: pem, cert: pem, requestCert: true, rejectUnauthorized: false },
  (socket) => {
    socket.setNoDelay(true);
    broker.handle(socket);
  },
);
server.listen(0, "127.0.0.1", () => console.log((server.address() as AddressInfo).port));
