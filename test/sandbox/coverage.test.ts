import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { projectRoot } from "../../lib/cli/project.js";
import type { Service } from "../../lib/aws/pacing/quotas.js";
import { services } from "../../lib/sandbox/services.js";
import { pageOf, type Mark } from "../../lib/sandbox/state/evidence.js";

const TITLES: Readonly<Record<keyof typeof services, string>> = {
  iot: "AWS IoT (control plane)",
  iotdata: "AWS IoT Data",
  "iot-jobs-data": "AWS IoT Jobs Data",
  s3: "Amazon S3",
  iam: "AWS IAM",
  sts: "AWS STS",
};

/** What is knowingly different from AWS, for whoever wonders about an answer. */
const DIFFERENT = [
  "Permissions are not evaluated: a signed request of the account may do everything. Roles are checked for what AWS IoT must be able to assume.",
  "Throttling counts a token bucket per operation with one second's worth at once; AWS does not publish its burst.",
  "The index is built in five seconds and follows changes after one and a half; on AWS both take longer and vary. A restart shows at once what was then on its way into the index.",
  "Time can be let pass: `POST /_fleetlab/clock` moves the sandbox's clock ahead, `--speed` lets it run faster. It never goes back but by `--reset --yes`.",
  "Provisioning templates are looked through when they come, and read as AWS's guide has them; pre-provisioning hooks, just-in-time provisioning and certificate authorities of one's own are refused by name. Registering a thing is all or nothing. A certificate of a provisioning claim may connect with any client id. Tasks of bulk registration do ten lines a second.",
  "Logging options are kept but not carried out.",
  "A command's placeholder that is all of a JSON text becomes a value of its parameter's type; AWS does not say whether it does. Any number of executions may run at once on one device; AWS has a quota, and events of executions are always published. A topic `…/response` without a format is none.",
  "Devices connect by MQTT 3.1.1 and 5 over TLS with their certificate: to port 8883, or any free port when that is taken, and by the name `x-amzn-mqtt-ca` (ALPN) to the port of HTTP too; `--standard-ports` adds AWS's 443 and 8443. WebSockets with a signature, and HTTPS with a certificate, are spoken on the port of HTTP. No name has to be sent (SNI) unless `--strict` asks for it; a certificate that is registered in several accounts or Regions is of the first in which it is active.",
  "A certificate that is not registered or not active gets through the TLS handshake; then a 3.1.1 client is hung up on without a CONNACK and a v5 client is told 0x87, as whoever is refused by a policy. Each refusal is one line in the sandbox's log.",
  "IoT policies decide on what devices do over MQTT and, with the actions of HTTP, over HTTPS; whoever signs, over a WebSocket too, may do everything. A change of a policy or of a certificate's status counts at once, or as late as `createSandbox` is told to have it; AWS takes minutes. A condition with an operator that the sandbox does not know does not hold, and a statement with a variable that has no value fits nothing. Actions are compared without regard to case.",
  "A 3.1.1 SUBSCRIBE that policies refuse is answered with 0x80 and the connection goes on, unless `--strict` hangs up on it; a v5 QoS 0 PUBLISH that they refuse ends it with 0x87. More than 8 filters, QoS 2, more than 7 slashes and what AWS IoT does not support under `$` end the connection (`CLIENT_ERROR`); slashes of topics under `$aws/` are not counted.",
  "What AWS drops silently (more than 100 messages a second on a connection, more than 20,000 in or out for an account) or delays (more than 512 KiB a second on a connection) passes; `--strict` drops and delays it, and lets a second's worth pass at once. Above an account's limit a v5 QoS 1 PUBLISH is then answered with 0x97; an update of a shadow counts as four messages that come in, HTTP is not counted. A client that does not read misses messages after 1 MiB, and at most 1,000 messages wait for one client. QoS 1 messages are sent again after 15 seconds. A will to a topic that begins with `$` is ignored.",
  "Over MQTT a job execution that is over cannot be described either (`TerminalStateReached`), since both planes are one implementation. The URL of a WebSocket that does not say how long it lasts does so for a day.",
  "`DescribeEndpoint` answers the sandbox's own host and port, the same for `iot:Data-ATS`, `iot:Data` and `iot:Jobs`; AWS answers a host name of the account's own for each, and its port is 443. With `--standard-ports` it is the bare name `localhost`, at which all of AWS's ports are served; else MQTT has a port of its own, which `connect()` and `npm run sandbox` tell. HTTP and HTTPS are spoken there, by a certificate of this project's own authority, which `npm run sandbox` tells how to trust; AWS speaks HTTPS only. There is no address for `iot:CredentialProvider` and `iot:DeviceAdvisor` (501): nothing would answer there.",
  "URLs that the sandbox presigns begin with `http://`, so that devices need no certificate to follow them.",
  "Whoever signs for one of AWS's Regions, of China and GovCloud (US) too, is answered, also where AWS IoT is not offered; any other name is refused as a signature for a wrong Region. ARNs begin with `arn:aws:` everywhere.",
  "Lists are in the order of names; AWS promises no order.",
  "A request's body has at most 1 MiB for the control plane, IAM and STS, 128 KiB for the two data planes and 5 MiB for S3's documents (413, or S3's own 400); AWS publishes such limits by member only. A body has to come with 16 KiB a second and no pause of 20 seconds, JSON may be nested 200 deep.",
  "S3 objects have at most 64 MiB; there are no ACLs beyond the default (501 where AWS would take one), and lifecycle rules are kept and told of, but not carried out.",
  "S3 requests signed with Signature Version 2 name no Region: that of their bucket stands for it. They are taken for buckets of any age in the eight Regions that know it; AWS may refuse them for buckets that are new.",
  "In a presigned URL's query a header counts as on AWS, checksums as there not at all. A Content-Type in the query of Signature Version 2 does not count as one.",
  "A form that is posted to a bucket is carried out as PutObject; policy, size and fields are checked, `Location` names the sandbox.",
  "An archived S3 object (GLACIER, DEEP_ARCHIVE) stays so: there is no RestoreObject.",
  "S3 lists versions and delete markers one behind the other, AWS among each other; ListBuckets names every bucket's ARN.",
  "A duplicate tag in CreateBucket, for which AWS has an internal error, is refused with InvalidTag; DeleteObjects with Size or LastModifiedTime has a NotImplemented error per key.",
  "A marker of an S3 upload that is gone is taken, one that never was is not; the text for an empty version id is from memory.",
  "A trust or bucket policy may name any role, user, provider or account of another account, any service and any host that signs people in; of its own account only what exists, and nothing of another partition. UpdateRole without a description keeps the old one.",
  "Of a trust policy's conditions those on aws:SourceAccount and aws:SourceArn are looked at, others count as fulfilled; what denies AWS IoT outweighs what allows it.",
  "A service that is not here is refused with 501 in the form that the request seems to be in: JSON, CBOR, Query XML, EC2's XML, or XML for the five REST services that speak it.",
  "Deleting is complete at once where AWS takes seconds, except jobs, thing types and commands.",
  "A command that was not deprecated for twelve hours is pending deletion for twelve hours more (202), in which it is shown, cannot be updated (409) and keeps its name. One that is not there counts as deleted (204).",
  "A shadow may have six keys inside one another below `desired` or `reported`, as AWS's own Greengrass component takes; the page of limits says five. Arrays count as levels, what is empty does not.",
  "`null` deletes a shadow's key, and an object that comes with nothing but nulls never comes to be; a section goes with its last key. As an element of an array null is refused, in an object within one it stays.",
  "A number of a shadow that a double does not keep is refused (400), so that no digit is lost without a word; `-0` is kept as 0. Of equal keys in one object the last counts.",
  "`geo_distance` takes `km`, as AWS's page has it, and `m` and `mi` as well; other geoqueries are refused.",
  "Optional parameters of AWS's managed job templates are empty where a job does not give them; texts and patterns of parameters follow the one template that AWS's guide prints.",
  "Error texts follow what was observed on AWS where it is known, and are our own elsewhere.",
  "Certificates are real X.509 of the sandbox's own authority, not Amazon's. Account ids are made up; ARNs, ids and endpoints have AWS's form but lead nowhere outside this machine.",
  "Session tokens are ignored, and there is no AssumeRole. What clients sign, presigned URLs among it, is checked in real time; the URLs that the sandbox signs itself, for devices in a job, end in the sandbox's time.",
];

/** What the marks of `evidence.ts` mean. */
const EVIDENCE = [
  "Each written operation links to its page of the API reference and says whence its answers are known, from the marks in `<room>/evidence.ts`:",
  "",
  "- *seen on AWS*: held against answers that AWS has given to somebody, where they can be read. They show some cases of an operation, seldom all (an AWS CLI example: the members of one answer); what they do not show is as documented.",
  "- *documented*: as its page says. No answer of AWS was at hand.",
  "- *our choice*: what neither says, in a phrase. AWS may do otherwise.",
];

function marksOf(service: Service, operation: string): string {
  const marks = services[service].evidence[operation] ?? [];
  return `- [${operation}](${pageOf(service, operation)}): ${marks.map((mark) => told(mark, service, operation)).join("; ")}`;
}

function told(mark: Mark, service: Service, operation: string): string {
  switch (mark.kind) {
    case "documented":
      return "documented";
    case "seen":
      return `seen on AWS (${mark.by.map(({ name, url }) => `[${name}](${url(service, operation)})`).join(", ")})`;
    case "ours":
      return `our choice: ${mark.what}`;
  }
}

/** How many operations have such a mark. */
function count(kind: Mark["kind"]): number {
  return Object.values(services)
    .flatMap(({ evidence }) => Object.values(evidence))
    .filter((marks) => marks.some((mark) => mark.kind === kind)).length;
}

function page(): string {
  const sections = Object.entries(services).map(([name, { operations, known }]) => {
    const service = name as Service;
    const written = known.filter((name) => operations.has(name));
    const missing = known.filter((name) => !operations.has(name));
    return [
      `## ${TITLES[service]}`,
      "",
      `${written.length} of ${known.length} operations.`,
      "",
      ...written.map((operation) => marksOf(service, operation)),
      "",
      `**Answered with 501:** ${missing.join(", ") || "none"}.`,
    ].join("\n");
  });
  return [
    "# What the sandbox can do",
    "",
    "Generated from the code by `test/sandbox/coverage.test.ts`; `npx vitest run test/sandbox/coverage.test.ts -u` writes it anew.",
    "",
    "## Knowingly different from AWS",
    "",
    ...DIFFERENT.map((line) => `- ${line}`),
    "",
    "## Whence an answer is known",
    "",
    ...EVIDENCE,
    "",
    `${count("seen")} operations were seen on AWS, ${count("documented")} are documented only; ${count("ours")} hold a choice of ours.`,
    "",
    sections.join("\n\n"),
    "",
  ].join("\n");
}

describe("COVERAGE.md", () => {
  it("lists every operation as the code has it", async () => {
    await expect(page()).toMatchFileSnapshot(join(projectRoot, "lib", "sandbox", "COVERAGE.md"));
  });

  it.each(Object.entries(services))(
    "has marks of %s for what is written, and no others",
    (_, entry) => {
      expect(Object.keys(entry.evidence).sort()).toEqual([...entry.operations.keys()].sort());
    },
  );

  it("says of each operation whence it is known, and each thing once", () => {
    for (const { evidence } of Object.values(services)) {
      for (const [operation, marks] of Object.entries(evidence)) {
        const kinds = marks.map(({ kind }) => kind);
        const known = kinds.filter((kind) => kind !== "ours");

        expect(new Set(kinds).size, operation).toBe(kinds.length);
        expect(known.length, `${operation} is documented or seen`).toBeLessThanOrEqual(1);
      }
    }
  });

  it("counts only operations that their service's SDK knows", () => {
    for (const { operations, known } of Object.values(services)) {
      for (const name of operations.keys()) expect(known).toContain(name);
    }
  });
});
