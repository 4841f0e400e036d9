import type { LocalSandbox } from "../../aws/local.js";
import type { ProjectAuthority } from "../../sandbox/pki/project-authority.js";
import type { Options } from "./options.js";

/** How it runs, in one line. */
export function describe(options: Options, home: string): string {
  return [
    options.isEphemeral ? "keeps nothing" : `data in ${home}`,
    options.quotas === "aws" ? "AWS's quotas" : "no quotas",
    options.auth === "sigv4" ? "signatures checked" : "any keys",
    options.speed === 1 ? "real time" : `time ${options.speed} times as fast`,
  ].join(", ");
}

/** What to type to call it from elsewhere. */
export function instructions(
  { url, credentials }: LocalSandbox,
  options: Options,
  { caFile, bundleFile }: ProjectAuthority,
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

The bundle has the public authorities too, so real AWS and the rest of the web stay trusted.`;
}

/** As one word of a shell. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
