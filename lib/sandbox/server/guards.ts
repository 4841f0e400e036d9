import type { IncomingMessage } from "node:http";

/**
 * Why a request is turned away before anything else looks at it; undefined when it may come in.
 *
 * A web page must not reach the sandbox: neither by a request for another site (`Origin`,
 * `Sec-Fetch-Site`), nor under a name that DNS has pointed here (`Host`).
 */
export function refusalOf({ headers }: Pick<IncomingMessage, "headers">): string | undefined {
  if (headers.origin !== undefined) {
    return "The sandbox does not answer web pages (the request has an Origin header).";
  }
  // Browsers leave Origin out of a plain GET, of an image or a link, but tell where it comes from.
  const site = headers["sec-fetch-site"] ?? "none";
  if (site !== "none" && site !== "same-origin") {
    return "The sandbox does not answer web pages (the request has a Sec-Fetch-Site header).";
  }
  const host = (headers.host ?? "").replace(/:\d+$/, "").toLowerCase();
  // `<bucket>.localhost` is S3's virtual-host style; names under .localhost never leave the machine.
  const isHere = host === "127.0.0.1" || host === "[::1]" || /^(.+\.)?localhost$/.test(host);
  return isHere ? undefined : `The sandbox answers only to this machine, not to "${host}".`;
}
