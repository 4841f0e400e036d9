import type { Service } from "../../aws/pacing/quotas.js";

/*
 * How far an operation's answers can be trusted. Every room marks its operations in `evidence.ts`, one
 * line each, and COVERAGE.md is written from these marks: whoever doubts an answer reads there where
 * it is known from, before running anything.
 */

/** One mark of an operation; `documented` or `seen` says whence its answer is, `ours` what is not from there. */
export type Mark =
  | { readonly kind: "documented" }
  | { readonly kind: "seen"; readonly by: readonly Source[] }
  | { readonly kind: "ours"; readonly what: string };

/** A room's operations of one service, and what is known of each. */
export type Evidence = Readonly<Record<string, readonly [Mark, ...Mark[]]>>;

/** Something public in which an answer of AWS can be read. */
export interface Source {
  readonly name: string;
  readonly url: (service: Service, operation: string) => string;
}

/** Built as its page of the API reference says; no answer of AWS was at hand to hold it against. */
export const documented: Mark = { kind: "documented" };

/** Held against answers that AWS has given to somebody. Only for what these really show. */
export function seen(...by: [Source, ...Source[]]): Mark {
  return { kind: "seen", by };
}

/** What was chosen where neither says it, in a phrase. */
export function ours(what: string): Mark {
  return { kind: "ours", what };
}

/** The answer that the AWS CLI's documentation prints for this operation: its members, often shortened. */
export const cli: Source = {
  name: "AWS CLI example",
  url: (service, operation) =>
    `https://github.com/aws/aws-cli/blob/develop/awscli/examples/${cliNames[service]}/${kebab(operation)}.rst`,
};

const cliNames: Readonly<Record<Service, string>> = {
  iot: "iot",
  iotdata: "iot-data",
  "iot-jobs-data": "iot-jobs-data",
  s3: "s3api",
  iam: "iam",
  sts: "sts",
};

/** Tests of moto that its authors have run against AWS, marked `aws_verified`. */
export function moto(file: string): Source {
  return {
    name: `moto ${file}`,
    url: () => `https://github.com/getmoto/moto/blob/master/tests/${file}`,
  };
}

/** Answers of AWS that LocalStack's tests have recorded. */
export function localstack(...path: [folder: string, file: string]): Source {
  const file = `${path.join("/")}.snapshot.json`;
  return {
    name: `LocalStack ${path[1]}`,
    url: () => `https://github.com/localstack/localstack/blob/main/tests/aws/services/${file}`,
  };
}

/** A report that quotes what AWS has answered. */
export function report(repository: string, number: number): Source {
  return {
    name: `${repository} ${number}`,
    url: () => `https://github.com/${repository}/issues/${number}`,
  };
}

/** Code that runs against AWS daily, and knows an answer by its words. */
export function terraform(file: string): Source {
  return {
    name: `Terraform ${file}`,
    url: () =>
      `https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/${file}`,
  };
}

/** The page of the API reference that an operation is built by. */
export function pageOf(service: Service, operation: string): string {
  return `https://docs.aws.amazon.com/${references[service]}${operation}.html`;
}

const references: Readonly<Record<Service, string>> = {
  iot: "iot/latest/apireference/API_",
  iotdata: "iot/latest/apireference/API_iotdata_",
  "iot-jobs-data": "iot/latest/apireference/API_iot-jobs-data_",
  s3: "AmazonS3/latest/API/API_",
  iam: "IAM/latest/APIReference/API_",
  sts: "STS/latest/APIReference/API_",
};

function kebab(operation: string): string {
  return operation.replace(/([a-z0-9])([A-Z])/g, "$1-$2").toLowerCase();
}
