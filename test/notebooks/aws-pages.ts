/** AWS's pages that notebooks may name, so that a mistyped address does not wait for a learner. */
const GUIDE = "https://docs.aws.amazon.com/iot/latest/developerguide";

export const awsPages: readonly string[] = [
  "create-manage-jobs",
  "device-shadow-document",
  "dynamic-thing-groups",
  "example-queries",
  "iot-jobs-lifecycle",
  "job-pre-signed-url",
  "job-scheduling",
  "jobs-configurations-details",
  "jobs-http-device-api",
  "jobs-mqtt-api",
  "life-cycle-events",
  "managing-fleet-index",
  "managing-index",
  "preparing-jobs-for-service-package-catalog",
  "preparing-to-use-software-package-catalog",
  "query-syntax",
  "software-package-catalog",
  "tagging-iot",
  "thing-groups",
  "thing-policy-variables",
  "thing-types",
  "x509-client-certs",
].map((page) => `${GUIDE}/${page}.html`);
