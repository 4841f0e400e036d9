import type { IncomingMessage } from "node:http";
import { isHere } from "../http/wire.js";

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
  const elsewhere = hosts.find((host) => !isHere(host));
  if (elsewhere === undefined) return undefined;
  return `The sandbox answers only to this machine, not to "${elsewhere}".`;
}

/**
 * The same of a request for the live page, which is one: it may ask for more of itself, and a link may
 * lead to it from anywhere. Other pages may not ask for anything, whatever they know.
 *
 * Under which name it may be asked is the session's matter: a proxy in front has its own.
 */
export function pageRefusalOf(
  request: Pick<IncomingMessage, "headers" | "headersDistinct" | "method" | "url">,
): string | undefined {
  const { headers, headersDistinct, method, url = "" } = request;
  const hosts = headersDistinct["host"] ?? [];
  if (hosts.length !== 1) return "The request must have one Host header.";
  const { origin } = headers;
  if (origin !== undefined && hostOf(origin) !== hosts[0]?.toLowerCase()) {
    return "The live page is asked by another page (the Origin is another than the Host).";
  }
  const site = headers["sec-fetch-site"] ?? "none";
  if (site === "none" || site === "same-origin") return undefined;
  const isLink =
    method === "GET" &&
    headers["sec-fetch-mode"] === "navigate" &&
    url.replace(/\?.*$/s, "").endsWith("/");
  return isLink ? undefined : "The live page is asked by another page (Sec-Fetch-Site says so).";
}

/** Host and port of an origin; the default ones of a scheme are left out, as in a Host header. */
function hostOf(origin: string): string | undefined {
  try {
    return new URL(origin).host;
  } catch {
    return undefined;
  }
}
