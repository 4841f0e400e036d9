import type { LocalSandbox, MqttEndpoint } from "../../aws/local.js";
import type { ProjectAuthority } from "../../sandbox/pki/project-authority.js";
import type { Options } from "./options.js";

/** How it runs, in one line. */
export function describe(options: Options, home: string): string {
  return [
    options.isEphemeral ? "keeps nothing" : `data in ${home}`,
    options.quotas === "aws" ? "AWS's quotas" : "no quotas",
    options.auth === "sigv4" ? "signatures checked" : "any keys",
    options.speed === 1 ? "real time" : `time ${options.speed} times as fast`,
    ...(options.indexLagMs === undefined ? [] : [`the index ${options.indexLagMs / 1000} s late`]),
  ].join(", ");
}

/** What to type to call it from elsewhere. */
export function instructions(
  { url, credentials, mqtt }: LocalSandbox,
  options: Options,
  { caFile, bundleFile }: ProjectAuthority,
  page: string | undefined,
): string {
  const secret = options.auth === "off" ? "anything" : credentials.secretAccessKey;
  const ca = quoted(caFile);
  const bundle = quoted(bundleFile);
  return `
To call it with the AWS CLI, boto3 or any SDK, in another terminal:

  export AWS_ENDPOINT_URL=${url} AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1
  export AWS_ACCESS_KEY_ID=${credentials.accessKeyId} AWS_SECRET_ACCESS_KEY=${secret}
  export AWS_CA_BUNDLE=${bundle} NODE_EXTRA_CA_CERTS=${ca}

The last line is for HTTPS, which the same address speaks: https://${new URL(url).host}, as DescribeEndpoint
says. Programs that know no AWS (curl, requests, OpenSSL) take the bundle by one more:

  export SSL_CERT_FILE=${bundle} REQUESTS_CA_BUNDLE=${bundle}

The bundle has the public authorities too, so real AWS and the rest of the web stay trusted.${mqtt ? devices(mqtt) : ""}${page === undefined ? "" : `\n\nThe fleet as it happens, in a browser of this machine:\n\n  ${page}`}`;
}

/** How devices connect, with a certificate that CreateKeysAndCertificate or CreateCertificateFromCsr gave. */
function devices({ host, port, caFile }: MqttEndpoint): string {
  const ca = quoted(caFile);
  const js = JSON.stringify(caFile);
  return `

Devices connect by MQTT 3.1.1 or 5 with their own certificate to ${host}, port ${port}, and trust
${caFile}:

  mosquitto    mosquitto_sub -h ${host} -p ${port} --cafile ${ca} --cert device.pem --key device.key -t '#'
  mqtt.js      connect("mqtts://${host}:${port}", { ca: readFileSync(${js}), cert, key })
  Python SDK   mqtt5_client_builder.mtls_from_path("device.pem", "device.key",
                 endpoint="${host}", port=${port}, ca_filepath=${js})
  JS SDK       AwsIotMqtt5ClientConfigBuilder.newDirectMqttBuilderWithMtlsFromPath("${host}", "device.pem",
                 "device.key").withPort(${port}).withCertificateAuthorityFromPath(undefined, ${js})

A wrong CA file looks like a hang: the AWS SDKs wait up to 30 seconds before they tell of it.`;
}

/** As one word of a shell. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
