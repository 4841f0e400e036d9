import { CreateRoleCommand } from "@aws-sdk/client-iam";
import {
  AddThingToThingGroupCommand,
  CreateBillingGroupCommand,
  CreateCommandCommand,
  CreateDynamicThingGroupCommand,
  CreateJobCommand,
  CreatePackageCommand,
  CreatePackageVersionCommand,
  CreatePolicyCommand,
  CreateThingCommand,
  CreateThingGroupCommand,
  CreateThingTypeCommand,
  RegisterCertificateWithoutCACommand,
  UpdateIndexingConfigurationCommand,
} from "@aws-sdk/client-iot";
import { UpdateThingShadowCommand } from "@aws-sdk/client-iot-data-plane";
import { CreateBucketCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { NormalizedSchema } from "@smithy/core/schema";
import type { StaticOperationSchema } from "@smithy/types";
import fc from "fast-check";
import type { Service } from "../../lib/aws/pacing/quotas.js";
import { xmlCodec } from "../../lib/sandbox/http/protocols/xml.js";
import { services } from "../../lib/sandbox/services.js";
import type { WireRequest } from "../../lib/sandbox/http/wire.js";
import { certificateIdOf, createAuthority } from "../../lib/sandbox/identity/x509.js";
import { ACCOUNT, REGION, type SandboxClients } from "./clients.js";

/*
 * Requests for property tests. `likely` ones are what a client could mean: made from an operation's
 * schema, with names from a small pool so that one request finds what another has made. `unlikely`
 * ones are anything at all, `damaged` ones a likely request with some of it overwritten.
 */

const SERVICES = Object.keys(services) as Service[];

const arn = (tail: string) => `arn:aws:iot:${REGION}:${ACCOUNT}:${tail}`;
const statement = { Effect: "Allow", Action: "iot:Connect", Resource: "*" };
const policy = JSON.stringify({ Version: "2012-10-17", Statement: statement });
const trust = JSON.stringify({
  Version: "2012-10-17",
  Statement: {
    Effect: "Allow",
    Action: "sts:AssumeRole",
    Principal: { Service: "iot.amazonaws.com" },
  },
});

/** Texts that have surprised programs before. */
const NASTY = [
  "",
  " ",
  "__proto__",
  "constructor",
  "a/b",
  "..",
  "%",
  "%00",
  "%2e%2e",
  "\0",
  "\r\nx: y",
  "a\u0007é€",
  "null",
  "-1",
  "1e999",
  "\ud800",
  "\u202e",
  "𝒳é",
  "$next",
  "*",
  "(".repeat(2000),
  "[".repeat(5000),
  '{"a":'.repeat(2000),
  "a".repeat(5000),
  "\\".repeat(1000),
  "thingName:" + "*".repeat(500),
];

/** Made once, and registered in every furnished sandbox. */
const { certificatePem } = createAuthority("Anybody", "01", new Date("2026-01-01"));
const certificateId = certificateIdOf(certificatePem);
const roleArn = `arn:aws:iam::${ACCOUNT}:role/a`;

/** Good values of members whose name says what they are. */
const MEANT: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^roleArn$/i, [roleArn]],
  [/^principal$/i, [arn(`cert/${certificateId}`)]],
  [/^target$/i, [arn(`cert/${certificateId}`), arn("thinggroup/a"), arn("thinggroup/c")]],
  [/^certificateId$/, [certificateId]],
  [/^certificatePem$/, [certificatePem]],
  [/^thingArn$/, [arn("thing/a"), arn("thing/b")]],
  [/^thingGroupArn$/, [arn("thinggroup/a"), arn("thinggroup/b")]],
  [/^billingGroupArn$/, [arn("billinggroup/a")]],
  [/^resourceArn$/, [arn("thinggroup/a"), arn("package/a"), arn("job/a"), arn("policy/a")]],
  [/PackageVersion$/i, [arn("package/a/version/1.0.0")]],
  [/arn$/i, ["a", "b"].flatMap((n) => [arn(`thing/${n}`), arn(`thinggroup/${n}`)])],
  [/^AssumeRolePolicyDocument$/, [trust]],
  [/policyDocument$/i, [policy]],
  [/^Policy$/, [policy.replace('"Action"', '"Principal":"*","Action"')]],
  [
    /^document$/,
    ['{"url":"${aws:iot:s3-presigned-url:https://s3.amazonaws.com/aaa/a}"}', '{"a":1}'],
  ],
  [/^queryString$/, ["thingName:a", "attributes.a:[1 TO 9]", "NOT thingTypeName:a AND (a OR b*)"]],
  [/^aggregationField$/, ["attributes.a", "registry.version"]],
  [/^queryVersion$/, ["2017-09-30"]],
  [/^(default)?versionName$/i, ["1.0.0", "1.0.1"]],
  [/^policyVersionId$/, ["1", "2"]],
  [/^versionId$/i, ["null"]],
  [/^indexName$/, ["AWS_Things", "AWS_ThingGroups"]],
  [/^(Marker|nextToken|ContinuationToken)$/i, ["WyJhIiwiW10iXQ"]],
  [/IndexingMode$/, ["OFF", "ON", "REGISTRY", "REGISTRY_AND_SHADOW", "STATUS"]],
  [/status$/i, ["ACTIVE", "INACTIVE", "IN_PROGRESS", "SUCCEEDED", "FAILED", "QUEUED", "Enabled"]],
  [/^targetSelection$/, ["SNAPSHOT", "CONTINUOUS"]],
  [/^action$/i, ["PUBLISH", "DEPRECATE", "CANCEL"]],
  [/^range$/i, ["bytes=0-3", "bytes=-1", "bytes=9-", "bytes=a-b", "bytes=0-1,3-4"]],
  [/^CopySource/, ["aaa/a", "/aaa/a?versionId=null"]],
  [/^Expected(Source)?BucketOwner$/, [ACCOUNT]],
  [/^LocationConstraint$/, [REGION]],
  [/^ContentMD5$/, ["1B2M2Y8AsgTpgAmY7PhCfg=="]],
  [/LogLevel$/i, ["INFO"]],
  [/^endpointType$/, ["iot:Data-ATS"]],
  [/^clientToken$/, ["0".repeat(36)]],
  [/^namespace$/, ["AWS-IoT"]],
];

/** Give a sandbox one of everything, under the names that likely requests use. */
export async function furnish({ iot, iotData, s3, iam, clock }: SandboxClients): Promise<void> {
  await iam.send(new CreateRoleCommand({ RoleName: "a", AssumeRolePolicyDocument: trust }));
  await clock.advance(60_000);
  await iot.send(
    new UpdateIndexingConfigurationCommand({
      thingIndexingConfiguration: {
        thingIndexingMode: "REGISTRY_AND_SHADOW",
        thingConnectivityIndexingMode: "STATUS",
      },
      thingGroupIndexingConfiguration: { thingGroupIndexingMode: "ON" },
    }),
  );
  await clock.advance(60_000);
  await iot.send(new CreateThingTypeCommand({ thingTypeName: "a" }));
  for (const name of ["a", "b"]) {
    const attributePayload = { attributes: { a: "1" } };
    await iot.send(
      new CreateThingCommand({ thingName: name, thingTypeName: "a", attributePayload }),
    );
    await iot.send(new CreateThingGroupCommand({ thingGroupName: name }));
    await s3.send(new CreateBucketCommand({ Bucket: BUCKETS[name === "a" ? 0 : 1] }));
  }
  await iot.send(new AddThingToThingGroupCommand({ thingName: "a", thingGroupName: "a" }));
  await iot.send(new CreateDynamicThingGroupCommand({ thingGroupName: "c", queryString: "*" }));
  await iot.send(new CreateBillingGroupCommand({ billingGroupName: "a" }));
  await iot.send(new CreatePolicyCommand({ policyName: "a", policyDocument: policy }));
  await iot.send(new RegisterCertificateWithoutCACommand({ certificatePem }));
  await iot.send(new CreatePackageCommand({ packageName: "a" }));
  await iot.send(new CreatePackageVersionCommand({ packageName: "a", versionName: "1.0.0" }));
  await iot.send(new CreateCommandCommand({ commandId: "a", payload: { content: Buffer.of(1) } }));
  await s3.send(new PutObjectCommand({ Bucket: BUCKETS[0], Key: "a", Body: "content" }));
  await iotData.send(
    new UpdateThingShadowCommand({ thingName: "a", payload: '{"state":{"reported":{"a":1}}}' }),
  );
  const targets = [arn("thinggroup/a"), arn("thing/b")];
  await iot.send(new CreateJobCommand({ jobId: "a", targets, document: "{}" }));
  await clock.advance(60_000);
}

const BUCKETS = ["aaa", "bbb"];

function textFor(name: string): fc.Arbitrary<string> {
  const meant =
    name === "Bucket"
      ? BUCKETS
      : (MEANT.find(([pattern]) => pattern.test(name))?.[1] ?? ["a", "b", "c"]);
  return fc.oneof(
    { weight: 30, arbitrary: fc.constantFrom(...meant) },
    { weight: 1, arbitrary: fc.constantFrom(...NASTY) },
    { weight: 1, arbitrary: fc.string({ unit: "binary" }) },
  );
}

const numbers = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 0, max: 20 }) },
  { weight: 1, arbitrary: fc.integer() },
  { weight: 1, arbitrary: fc.double() },
);

/** A value that fits the schema, mostly. */
function valueFor(schema: NormalizedSchema, name: string, depth: number): fc.Arbitrary<unknown> {
  if (schema.isStructSchema()) return structFor(schema, depth);
  if (schema.isListSchema()) {
    return fc.array(valueFor(schema.getValueSchema(), name.replace(/s$/, ""), depth + 1), {
      maxLength: 3,
    });
  }
  if (schema.isMapSchema()) {
    const key = fc.oneof(textFor("key"), fc.constantFrom("a", "b"));
    return fc.dictionary(key, valueFor(schema.getValueSchema(), name, depth + 1), { maxKeys: 3 });
  }
  if (schema.isBooleanSchema()) return fc.boolean();
  if (schema.isNumericSchema()) return numbers;
  if (schema.isTimestampSchema()) return fc.constantFrom(1767225600, 1e12, -1);
  if (schema.isBlobSchema())
    return fc.oneof(
      fc.constantFrom("eyJhIjoxfQ==", '{"state":{"desired":{"a":1}}}'),
      fc.json(),
      fc.string(),
    );
  return textFor(name);
}

function structFor(schema: NormalizedSchema, depth: number): fc.Arbitrary<object> {
  const raw = schema.getSchema() as unknown as readonly unknown[];
  const required = new Set((raw[4] as string[]).slice(0, (raw[6] as number | undefined) ?? 0));
  const members: Record<string, fc.Arbitrary<unknown>> = {};
  for (const [name, member] of schema.structIterator()) {
    if (depth > 4 && !required.has(name)) continue;
    const value = valueFor(member, name, depth + 1);
    const missing = fc.constant(undefined);
    members[name] = required.has(name)
      ? fc.oneof({ weight: 40, arbitrary: value }, { weight: 1, arbitrary: missing })
      : fc.oneof({ weight: 1, arbitrary: value }, { weight: 3, arbitrary: missing });
  }
  return fc.record(members);
}

/** Percent-encode as clients do; what cannot be encoded is sent raw. */
function encoded(text: unknown): string {
  return encodeURIComponent(String(text).replace(/\p{Cs}/gu, "\ufffd"));
}

/** Put an input where its operation's schema binds it. */
function written(service: Service, schema: StaticOperationSchema, input: object): WireRequest {
  const values = input as Record<string, unknown>;
  if (service === "iam" || service === "sts") return form(service, schema[2], values);
  const [method, template] = (schema[3] as { http: [string, string, number] }).http;
  let [path = "/", fixed = ""] = template.split("?");
  const query = fixed === "" ? [] : [fixed];
  const headers: Record<string, string> = {};
  const inBody: Record<string, unknown> = {};
  let payload: string | undefined;
  if (service === "s3" && "Bucket" in values) path = `/${encoded(values["Bucket"])}${path}`;
  for (const [name, member] of NormalizedSchema.of(schema[4]).structIterator()) {
    const value = values[name];
    const traits = member.getMergedTraits();
    if (traits.httpLabel) {
      path = path.replace(`{${name}}`, encoded(value)).replace(`{${name}+}`, encoded(value));
    } else if (value === undefined) continue;
    else if (traits.httpQuery) query.push(`${traits.httpQuery}=${encoded(value)}`);
    else if (traits.httpHeader) headers[traits.httpHeader.toLowerCase()] = headerText(value);
    else if (typeof traits.httpPrefixHeaders === "string") {
      for (const [key, text] of Object.entries(value as object)) {
        headers[(traits.httpPrefixHeaders + key).toLowerCase()] = headerText(text);
      }
    } else if (traits.httpPayload) {
      payload = member.isStructSchema() ? xmlOf(member, value) : String(value);
    } else inBody[name] = value;
  }
  const body = payload ?? (service === "s3" ? "" : JSON.stringify(inBody));
  return signed(service, {
    method,
    path,
    query: query.join("&"),
    headers,
    body: Buffer.from(body),
  });
}

/** What can stand in a header as Node hands it over: one byte a character, no line ends. */
function headerText(value: unknown): string {
  return Buffer.from(String(value).replace(/[\r\n\0]/g, ""))
    .toString("latin1")
    .trim();
}

function xmlOf(member: NormalizedSchema, value: unknown): string {
  try {
    return xmlCodec("http://s3.amazonaws.com/doc/2006-03-01/").write(member, value);
  } catch {
    // Timestamps are numbers here and the codec wants dates: half a document is a good test as well.
    return `<${member.getName() ?? "x"}>`;
  }
}

function form(service: Service, action: string, values: Record<string, unknown>): WireRequest {
  const pairs: string[] = [`Action=${action}`];
  const walk = (path: string, value: unknown): void => {
    if (Array.isArray(value)) value.forEach((item, i) => walk(`${path}.member.${i + 1}`, item));
    else if (typeof value === "object" && value !== null) {
      for (const [key, item] of Object.entries(value)) walk(path ? `${path}.${key}` : key, item);
    } else if (value !== undefined) pairs.push(`${encoded(path)}=${encoded(value)}`);
  };
  walk("", values);
  return signed(service, {
    method: "POST",
    path: "/",
    query: "",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: Buffer.from(pairs.join("&")),
  });
}

function signed(service: string, request: WireRequest): WireRequest {
  const scope = `${ACCOUNT}/20260101/${REGION}/${service}/aws4_request`;
  const authorization = `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=00`;
  return { ...request, headers: { host: "127.0.0.1:4567", authorization, ...request.headers } };
}

const operations = SERVICES.flatMap((service) =>
  [...services[service].operations.values()].map(({ schema }) => ({
    service,
    schema,
    input: structFor(NormalizedSchema.of(schema[4]), 0),
  })),
);

export const likely: fc.Arbitrary<WireRequest> = fc
  .constantFrom(...operations)
  .chain(({ service, schema, input }) => input.map((values) => written(service, schema, values)));

const method = fc.constantFrom("GET", "PUT", "POST", "DELETE", "PATCH", "HEAD", "OPTIONS", "BREW");
const piece = fc.oneof(
  fc.constantFrom(
    "things",
    "jobs",
    "thing-groups",
    "policies",
    "certificates",
    "shadow",
    "a",
    "aaa",
  ),
  fc.constantFrom(...NASTY.map(encoded)),
  fc.webPath(),
);
const path = fc.array(piece, { maxLength: 5 }).map((pieces) => `/${pieces.join("/")}`);
const query = fc.oneof(
  fc.webQueryParameters(),
  fc.constantFrom(
    "versioning",
    "delete",
    "uploads",
    "uploadId=a&partNumber=1",
    "list-type=2",
    "&&=&",
    "X-Amz-Expires=1&X-Amz-Date=x",
  ),
);
const body = fc.oneof(
  fc.json().map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 200 }),
  fc.constantFrom(...NASTY).map((text) => Buffer.from(text)),
  fc
    .constantFrom("<a>", "<Delete><Object>", "<!DOCTYPE a>", "Action=GetRole&RoleName=a", "Action=")
    .map((text) => Buffer.from(text)),
);
const strangeHeaders = fc.dictionary(
  fc.constantFrom(
    "content-type",
    "content-md5",
    "content-encoding",
    "range",
    "if-none-match",
    "if-modified-since",
    "x-amz-content-sha256",
    "x-amz-decoded-content-length",
    "x-amz-trailer",
    "x-amz-checksum-crc32",
    "x-amz-copy-source",
    "x-amz-tagging",
    "x-amz-date",
    "x-amz-meta-a",
    "host",
    "authorization",
  ),
  fc.oneof(
    fc.constantFrom(
      "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
      "bytes=0-",
      "*",
      "aws-chunked",
      "x-amz-checksum-crc32",
    ),
    fc.constantFrom(...NASTY).map(headerText),
    fc.string().map(headerText),
  ),
  { maxKeys: 4 },
);

export const unlikely: fc.Arbitrary<WireRequest> = fc
  .tuple(
    fc.constantFrom(...SERVICES, "dynamodb", ""),
    fc.record({ method, path, query, headers: strangeHeaders, body }),
  )
  .map(([service, request]) => signed(service, request));

export const damaged: fc.Arbitrary<WireRequest> = fc
  .tuple(
    likely,
    fc.record({ method, path, query, headers: strangeHeaders, body }, { requiredKeys: [] }),
    fc.nat(),
    fc.uint8Array({ maxLength: 4 }),
  )
  .map(([request, other, at, bytes]) => {
    const headers = { ...request.headers, ...other.headers };
    const [half] = [request.body.byteLength === 0 ? 0 : at % request.body.byteLength];
    const cut = Buffer.concat([
      request.body.subarray(0, half),
      bytes,
      request.body.subarray(half + 1),
    ]);
    // Some of it at a time: what is all wrong does not get far.
    return at % 3 === 0 ? { ...request, body: cut } : { ...request, ...other, headers };
  });
