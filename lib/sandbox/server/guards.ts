import type { IncomingMessage } from "node:http";

/**
 * Why a request is turned away before anything else looks at it; undefined when it may come in.
 *
 * A web page must not reach the sandbox: neither by a request for another site (`Origin`,
 * `Sec-Fetch-Site`), nor under a name that DNS has pointed here (`Host`).
 */
export function refusalOf(
  request: Pick<IncomingMessage, "headers" | "headersDistinct">,
): string | undefined {
  const { headers, headersDistinct } = request;
  if (headers.origin !== undefined) {
    return "The sandbox does not answer web pages (the request has an Origin header).";
  }
  // Browsers leave Origin out of a plain GET, of an image or a link, but tell where it comes from.
  const site = headers["sec-fetch-site"] ?? "none";
  if (site !== "none" && site !== "same-origin") {
    return "The sandbox does not answer web pages (the request has a Sec-Fetch-Site header).";
  }
  // All of them: Node alone knows which of two it has taken.
  const hosts = headersDistinct["host"] ?? [""];
  const elsewhere = hosts.find((host) => !isHere(host.replace(/:\d+$/, "").toLowerCase()));
  if (elsewhere === undefined) return undefined;
  return `The sandbox answers only to this machine, not to "${elsewhere}".`;
}

/** `<bucket>.localhost` is S3's virtual-host style; names under .localhost never leave the machine. */
function isHere(host: string): boolean {
  return host === "127.0.0.1" || host === "[::1]" || /^(.+\.)?localhost$/.test(host);
}
