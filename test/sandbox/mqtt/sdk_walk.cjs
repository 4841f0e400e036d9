// @ts-nocheck The SDK leaves members out that an answer always has; the checks below are at run time.
// AWS's own JavaScript SDK for devices against the sandbox, in both versions of MQTT.
//
//     node sdk_walk.cjs <host> <port> <ca file> <certificate> <key> <thing>
//
// Each step prints a line that begins with "ok ".

const { iot, iotidentity, iotjobs, iotshadow, mqtt, mqtt5 } = require("aws-iot-device-sdk-v2");

const [host, port, ca, cert, key, thing] = process.argv.slice(2);
const step = (name) => console.log("ok", name);
const check = (isTrue, ...said) => {
  if (!isTrue) throw new Error(said.map((one) => JSON.stringify(one)).join(" "));
};
const within = (promise, what) =>
  Promise.race([
    promise,
    new Promise((_, reject) => setTimeout(() => reject(new Error(`no ${what}`)), 20_000).unref()),
  ]);
const options = {
  maxRequestResponseSubscriptions: 4,
  maxStreamingSubscriptions: 2,
  operationTimeoutInSeconds: 20,
};

async function connect311(clientId) {
  const config = iot.AwsIotMqttConnectionConfigBuilder.new_mtls_builder_from_path(cert, key)
    .with_certificate_authority_from_path(undefined, ca)
    .with_clean_session(true)
    .with_client_id(clientId)
    .with_endpoint(host)
    .with_port(Number(port))
    .build();
  const connection = new mqtt.MqttClient().new_connection(config);
  await within(connection.connect(), "connection");
  return connection;
}

async function connect5(clientId) {
  const config = iot.AwsIotMqtt5ClientConfigBuilder.newDirectMqttBuilderWithMtlsFromPath(
    host,
    cert,
    key,
  )
    .withCertificateAuthorityFromPath(undefined, ca)
    .withConnectProperties({ clientId, keepAliveIntervalSeconds: 60 })
    .withPort(Number(port))
    .build();
  const client = new mqtt5.Mqtt5Client(config);
  const connected = new Promise((resolve, reject) => {
    client.once("connectionSuccess", resolve);
    client.once("connectionFailure", ({ error, connack }) =>
      reject(Object.assign(error, { connack })),
    );
  });
  client.start();
  return { client, connected: within(connected, "connection") };
}

async function shadowOf(client, name) {
  const update = { thingName: thing, state: { reported: { by: name } } };
  const updated = await client.updateShadow(update);
  check(updated.state.reported.by === name, updated);
  const found = await client.getShadow({ thingName: thing });
  check(found.state.reported.by === name, found);
  await client.deleteShadow({ thingName: thing });
}

async function main() {
  const connection = await connect311(thing);
  const heard = new Promise((resolve, reject) => {
    connection
      .subscribe(`js/${thing}`, mqtt.QoS.AtLeastOnce, (_, bytes) =>
        resolve(Buffer.from(bytes).toString()),
      )
      .then(() => connection.publish(`js/${thing}`, "hello", mqtt.QoS.AtLeastOnce))
      .catch(reject);
  });
  check((await within(heard, "message")) === "hello");
  step("MQTT 3.1.1, certificate");
  const shadows = iotshadow.IotShadowClientv2.newFromMqtt311(connection, options);
  await shadowOf(shadows, "311");
  shadows.close();
  step("MQTT 3.1.1, shadow client of version 2");
  await connection.disconnect();

  const { client, connected } = await connect5(thing);
  const { settings } = await connected;
  check(settings.serverKeepAlive === 60 && settings.maximumQos === 1, settings);
  const shadows5 = iotshadow.IotShadowClientv2.newFromMqtt5(client, options);
  const stream = shadows5.createShadowDeltaUpdatedStream({ thingName: thing });
  const isOpen = new Promise((resolve) => stream.once("subscriptionStatus", resolve));
  const delta = new Promise((resolve) =>
    stream.once("incomingPublish", (one) => resolve(one.message)),
  );
  stream.open();
  await within(isOpen, "stream");
  await shadows5.updateShadow({ thingName: thing, state: { desired: { speed: 80 } } });
  const told = await within(delta, "delta");
  check(told.state.speed === 80, told);
  await shadowOf(shadows5, "5");
  shadows5.close();
  step("MQTT 5, shadow client of version 2, with its deltas");

  const jobs = iotjobs.IotJobsClientv2.newFromMqtt5(client, options);
  const pending = await jobs.getPendingJobExecutions({ thingName: thing });
  const { jobId } = pending.queuedJobs[0];
  const started = await jobs.startNextPendingJobExecution({ thingName: thing });
  check(started.execution.jobDocument.work === true, started);
  await jobs.updateJobExecution({ thingName: thing, jobId, status: "SUCCEEDED" });
  jobs.close();
  step("MQTT 5, jobs client of version 2");

  const identity = iotidentity.IotIdentityClientv2.newFromMqtt5(client, options);
  const { certificateOwnershipToken, privateKey } = await identity.createKeysAndCertificate({});
  check(privateKey.includes("PRIVATE KEY"));
  const made = await identity.registerThing({
    templateName: "fleet",
    certificateOwnershipToken,
    parameters: { SerialNumber: "js" },
  });
  check(made.thingName === "new-js", made);
  identity.close();
  step("MQTT 5, fleet provisioning");

  const stopped = new Promise((resolve) => client.once("stopped", resolve));
  client.stop();
  await within(stopped, "end");
  client.close();

  const refused = await connect5("not-allowed");
  const error = await refused.connected.then(
    () => check(false, "it was let in"),
    (reason) => reason,
  );
  check(error.connack?.reasonCode === 135, String(error));
  refused.client.stop();
  refused.client.close();
  step("MQTT 5, refused by its policy with 135");
}

main().then(
  () => process.exit(0),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
