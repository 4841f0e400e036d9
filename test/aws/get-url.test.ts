import { HttpResponse } from "@smithy/core/protocols";
import { Readable } from "node:stream";
import { describe, expect, it, vi } from "vitest";
import type { Fleet } from "../../lib/aws/connect.js";
import { getUrl } from "../../lib/aws/get-url.js";
import { openTestFleet } from "../fleet.js";

const url = new URL("https://b.s3.amazonaws.com/a%20b.zip?X-Amz-Signature=x%2Fy&versionId=1");

function answerWith(fleet: Fleet, body: Readable, statusCode = 200) {
  const requests: unknown[] = [];
  const handle = (request: unknown) => {
    requests.push(request);
    return Promise.resolve({ response: new HttpResponse({ statusCode, body }) });
  };
  Object.assign(fleet.s3.config, { requestHandler: { handle } });
  return requests;
}

describe("getUrl", () => {
  it("asks for just this URL, without credentials", async () => {
    const { fleet } = openTestFleet();
    const requests = answerWith(fleet, Readable.from([]));

    await getUrl(fleet, url, new AbortController().signal);

    expect(requests).toMatchObject([
      {
        method: "GET",
        protocol: "https:",
        hostname: "b.s3.amazonaws.com",
        path: "/a%20b.zip",
        query: { "X-Amz-Signature": "x/y", versionId: "1" },
        headers: { host: "b.s3.amazonaws.com" },
      },
    ]);
  });

  it("stops reading as soon as the signal aborts, and says why", async () => {
    const { fleet } = openTestFleet();
    const body = new Readable({ read() {} });
    answerWith(fleet, body);
    const controller = new AbortController();

    const answer = await getUrl(fleet, url, controller.signal);
    const read = answer.body[Symbol.asyncIterator]().next();
    controller.abort(new Error("enough"));

    await expect(read).rejects.toThrow("enough");
    expect(body.destroyed).toBe(true);
  });

  it("lets go of an answer that nobody will read, with its connection", async () => {
    const { fleet } = openTestFleet();
    const body = Readable.from(["<Error/>"]);
    answerWith(fleet, body, 403);

    const { status } = await getUrl(fleet, url, new AbortController().signal);

    expect(status).toBe(403);
    expect(body.destroyed).toBe(true);
  });

  it.each([
    ["ECONNRESET", 2],
    ["ECONNREFUSED", 1],
  ])("after %s has asked so many times: %i", async (code, times) => {
    const { fleet } = openTestFleet();
    const error = Object.assign(new Error("socket hang up"), { code });
    const handle = vi.fn().mockRejectedValue(error);
    Object.assign(fleet.s3.config, { requestHandler: { handle } });

    await expect(getUrl(fleet, url, new AbortController().signal)).rejects.toBe(error);
    expect(handle).toHaveBeenCalledTimes(times);
  });

  it("asks for nothing once the signal has aborted", async () => {
    const { fleet } = openTestFleet();
    const requests = answerWith(fleet, Readable.from([]));

    const answer = getUrl(fleet, url, AbortSignal.abort(new Error("too late")));

    await expect(answer).rejects.toThrow("too late");
    expect(requests).toEqual([]);
  });
});
