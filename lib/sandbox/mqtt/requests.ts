import type { Client } from "./connection/client.js";
import { publish, publishAtOnce } from "./publishing.js";
import { serviceMessage, type Format } from "./messages.js";
import type { Runtime } from "./runtime.js";
import { commandReportOf, serveCommand, type CommandReport } from "./services/command-topics.js";
import { jobRequestOf, serveJob, type JobRequest } from "./services/job-topics.js";
import {
  provisioningRequestOf,
  serveProvisioning,
  type ProvisioningRequest,
} from "./services/provisioning-topics.js";
import { serveShadow, shadowRequestOf, type ShadowRequest } from "./services/shadow-topics.js";
import type { State } from "./tables.js";

/*
 * Topics behind which a service of AWS listens.
 * https://docs.aws.amazon.com/iot/latest/developerguide/reserved-topics.html
 */

export type ServiceRequest = ShadowRequest | JobRequest | CommandReport | ProvisioningRequest;

/** What a message to a topic asks of a service; undefined when nobody listens there. */
export function requestOf(topic: string): ServiceRequest | undefined {
  if (!topic.startsWith("$aws/")) return undefined;
  return (
    shadowRequestOf(topic) ??
    jobRequestOf(topic) ??
    commandReportOf(topic) ??
    provisioningRequestOf(topic)
  );
}

/** @param client who has asked; nobody, for a request that was published over HTTP */
export async function serve(
  runtime: Runtime,
  state: State,
  request: ServiceRequest,
  payload: Uint8Array,
  client: Pick<Client, "session" | "give"> | undefined,
): Promise<void> {
  const tell = async (topic: string, document: object, format?: Format): Promise<void> => {
    const message = serviceMessage(topic, document, format);
    if (!publishAtOnce(state, message)) await runtime.run(state, () => publish(state, message));
  };
  switch (request.kind) {
    case "shadow":
      return serveShadow(runtime, state, request, payload, tell);
    case "job":
      return serveJob(runtime, state, request, payload, client, tell);
    case "command":
      return serveCommand(runtime, state, request, payload, tell);
    case "provisioning":
      return serveProvisioning(runtime, state, request, payload, tell);
  }
}
