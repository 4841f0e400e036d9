import { NormalizedSchema } from "@smithy/core/schema";
import { Tagging$ } from "@aws-sdk/client-s3";
import type { StaticOperationSchema } from "@smithy/types";
import { encodeRfc3986, type WireRequest, type WireResponse } from "../wire.js";
import { postFormOf, type PostForm } from "../post-form.js";
import type { Route } from "../router.js";
import { readBindings, type BodyCodec } from "./http-bindings.js";
import { addressOf } from "./s3-request.js";
import { XML_HEAD, element } from "./xml.js";

/** The way of a browser's form: it comes in as POST, is carried out as PutObject, and answered as POST. */
export interface PostRoute extends Route {
  readonly form: PostForm;
  /** Where the object will be found. */
  readonly location: string;
}

/** Undefined for every request that is no form. */
export function postRoute(
  request: WireRequest,
  putObject: StaticOperationSchema,
): PostRoute | undefined {
  const { bucket, path } = addressOf(request);
  const isPost = request.method === "POST" && path === "/" && request.query === "";
  const form = isPost && bucket !== "" ? postFormOf(request) : undefined;
  const key = form?.fields.get("key");
  if (form === undefined || key === undefined) return undefined;
  const place = request.path.replace(/\/$/, "") + `/${key.split("/").map(encodeRfc3986).join("/")}`;
  return {
    schema: putObject,
    labels: { Bucket: bucket, Key: key },
    form,
    location: `http://${request.headers["host"] ?? ""}${place}`,
  };
}

export function isPostRoute(route: Route): route is PostRoute {
  return "form" in route;
}

/** What is not said of the object but of the form itself. */
const OF_FORM = new Set([
  "key",
  "policy",
  "tagging",
  "acl",
  "success_action_status",
  "success_action_redirect",
  "redirect",
]);

/** Fields are what headers are to a PUT. */
export function readPost(route: PostRoute, request: WireRequest, codec: BodyCodec): object {
  const { fields, file } = route.form;
  const headers: Record<string, string> = {};
  for (const [name, value] of fields) if (!OF_FORM.has(name)) headers[name] = headerOf(name, value);
  const acl = fields.get("acl");
  if (acl !== undefined) headers["x-amz-acl"] = acl;
  const tagging = taggingHeader(fields.get("tagging"), codec);
  if (tagging !== "") headers["x-amz-tagging"] = tagging;
  return readBindings(route, { ...request, method: "PUT", headers, body: file }, codec);
}

/** A form is UTF-8 and a header ISO-8859-1; only user metadata may be any text. */
function headerOf(name: string, value: string): string {
  return name.startsWith("x-amz-meta-") ? value : value.replace(/[^\t -~\xa0-\xff]/gu, " ");
}

/** Tags are XML in a form; XML of another kind counts as none. */
function taggingHeader(xml: string | undefined, codec: BodyCodec): string {
  if (xml === undefined) return "";
  const isTagging = /^\s*(<\?[^>]*\?>\s*)?<Tagging[\s/>]/.test(xml);
  if (!isTagging && /^\s*<[A-Za-z][^>]*>/.test(xml)) return "";
  const { TagSet = [] } = codec.read(NormalizedSchema.of(Tagging$), Buffer.from(xml)) as {
    readonly TagSet?: readonly { readonly Key?: string; readonly Value?: string }[];
  };
  return TagSet.map(
    ({ Key = "", Value = "" }) => `${encodeRfc3986(Key)}=${encodeRfc3986(Value)}`,
  ).join("&");
}

/** 204 unless the form asks for another status, or for another page. */
export function writePost(route: PostRoute, put: WireResponse): WireResponse {
  const { form, labels, location } = route;
  const [bucket = "", key = ""] = [labels["Bucket"], labels["Key"]];
  const etag = put.headers["etag"] ?? "";
  const { "content-type": _, ...others } = put.headers;
  const headers = { ...others, location };

  const page = form.fields.get("success_action_redirect") ?? form.fields.get("redirect") ?? "";
  // What cannot be read as a URL is as good as not there.
  if (/^https?:\/\//i.test(page) && URL.canParse(page)) {
    const target = new URL(page);
    for (const [name, value] of Object.entries({ bucket, key, etag })) {
      target.searchParams.append(name, value);
    }
    return { status: 303, headers: { ...others, location: target.href }, body: "" };
  }
  const status = form.fields.get("success_action_status");
  if (status === "200") return { status: 200, headers, body: "" };
  if (status !== "201") return { status: 204, headers, body: "" };
  const body =
    `${XML_HEAD}<PostResponse>${element("Location", location)}${element("Bucket", bucket)}` +
    `${element("Key", key)}${element("ETag", etag)}</PostResponse>`;
  return { status: 201, headers: { ...headers, "content-type": "application/xml" }, body };
}
