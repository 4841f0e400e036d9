// IAM in front of a fleet's clients: each call must be allowed by a policy, with the resources it really names.

import type { Fleet } from "../../../lib/aws/connect.js";
import { permissionsOf } from "../../../lib/sandbox/identity/policy-decision.js";
import type { IamPolicy } from "../../../lib/tasks/class/iam-policies.js";
import { permissionsFor, type ResourceKind } from "../../../lib/tasks/class/permissions.js";

type Input = Readonly<Record<string, unknown>>;

export interface Guard {
  /** The operations that were called so far, such as `iot:CreateThing`, sorted. */
  readonly called: () => string[];
  /** Calls that no statement allows: `iot:DeleteThing on arn:…`. They were answered as AWS refuses them. */
  readonly refused: readonly string[];
}

/** Ask a policy before each call of a fleet. Without one everything is allowed, and noted. */
export function guard(fleet: Fleet, policy?: IamPolicy): Guard {
  const called = new Set<string>();
  const refused: string[] = [];
  const permissions =
    policy &&
    permissionsOf(
      [{ policyName: "policy", policyDocument: JSON.stringify(policy) }],
      () => undefined,
    );
  const clients = [
    ["iot", fleet.iot],
    ["iotdata", fleet.iotData],
    ["iot-jobs-data", fleet.iotJobs],
    ["s3", fleet.s3],
    ["iam", fleet.iam],
    ["sts", fleet.sts],
  ] as const;
  for (const [service, client] of clients) {
    const stack = client.middlewareStack as unknown as {
      add(middleware: object, where: object): void;
    };
    const ask =
      (next: (args: object) => Promise<object>, context: { readonly commandName: string }) =>
      async (args: { readonly input: Input }) => {
        const operation = `${service}:${context.commandName.replace(/Command$/, "")}`;
        called.add(operation);
        const lacking = permissions ? missing(fleet, operation, args.input, permissions) : [];
        if (lacking.length === 0) return next(args);
        refused.push(...lacking);
        const message = `User is not authorized to perform: ${lacking.join(", ")}`;
        throw Object.assign(new Error(message), {
          name: service === "iam" || service === "s3" ? "AccessDenied" : "AccessDeniedException",
          $metadata: { httpStatusCode: 403 },
        });
      };
    stack.add(ask, { step: "initialize", priority: "low", name: "testGuard" });
  }
  return { called: () => [...called].sort(), refused };
}

function missing(
  fleet: Fleet,
  operation: string,
  input: Input,
  permissions: ReturnType<typeof permissionsOf>,
): string[] {
  const needed = permissionsFor(operation);
  if (!needed) return [`${operation}, which is in no table`];
  return needed.flatMap(({ action, on }) =>
    on
      .flatMap((kind) => namedBy(fleet, kind, input, action))
      .filter((resource) => !permissions.decide({ action, resource }).isAllowed)
      .map((resource) => `${action} on ${resource}`),
  );
}

/** The ARNs of this kind that a call names. */
function namedBy(fleet: Fleet, kind: ResourceKind, input: Input, action: string): string[] {
  const arn = (rest: string) => `arn:aws:iot:${fleet.region}:${fleet.account}:${rest}`;
  const text = (member: string) => String(input[member]);
  const targets = (input["targets"] ?? []) as readonly string[];
  switch (kind) {
    case "any":
      return ["*"];
    case "command":
      return [
        typeof input["commandArn"] === "string"
          ? input["commandArn"]
          : arn(`command/${text("commandId")}`),
      ];
    case "thing":
      if (typeof input["targetArn"] === "string") return [input["targetArn"]];
      return action === "iot:CreateJob"
        ? targets.filter((one) => one.includes(":thing/"))
        : [arn(`thing/${text("thingName")}`)];
    case "thinggroup":
      return action === "iot:CreateJob"
        ? targets.filter((one) => one.includes(":thinggroup/"))
        : [arn(`thinggroup/${text("thingGroupName")}`)];
    case "thingtype":
      return [arn(`thingtype/${text("thingTypeName")}`)];
    case "package":
      return [arn(`package/${text("packageName")}`)];
    case "packageversion":
      return [arn(`package/${text("packageName")}/version/${text("versionName")}`)];
    case "job":
      return [arn(`job/${text("jobId")}`)];
    case "index":
      return [arn(`index/${String(input["indexName"] ?? "AWS_Things")}`)];
    case "policy":
      return [arn(`policy/${text("policyName")}`)];
    case "cert":
      return [
        typeof input["target"] === "string"
          ? input["target"]
          : arn(`cert/${text("certificateId")}`),
      ];
    case "tagged":
      return [text("resourceArn")];
    case "bucket":
      return [`arn:aws:s3:::${text("Bucket")}`];
    case "object":
      return keysOf(input).map((key) => `arn:aws:s3:::${text("Bucket")}/${key}`);
    case "role":
      return rolesOf(fleet, input);
  }
}

function keysOf(input: Input): string[] {
  const { Objects } = (input["Delete"] ?? {}) as { Objects?: readonly { Key: string }[] };
  return Objects ? Objects.map(({ Key }) => Key) : [String(input["Key"])];
}

/** A role by its name, or one that is handed on inside an input. */
function rolesOf(fleet: Fleet, input: Input): string[] {
  if (typeof input["RoleName"] === "string") {
    return [`arn:aws:iam::${fleet.account}:role/${input["RoleName"]}`];
  }
  return [...JSON.stringify(input).matchAll(/"roleArn":"([^"]+)"/g)].map(
    ([, role]) => role as string,
  );
}
