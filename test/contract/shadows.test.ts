import {
  DeleteThingShadowCommand,
  GetThingShadowCommand,
  ListNamedShadowsForThingCommand,
  UpdateThingShadowCommand,
} from "@aws-sdk/client-iot-data-plane";
import { describe, expect, it } from "vitest";
import { makeThing } from "./makers.js";
import { longest, pagesOf } from "./paging.js";
import { conflict, invalid, notFound, refused } from "./refused.js";
import { openTarget } from "./target.js";

const target = await openTarget();
const { iotData } = target;

const parsed = (payload: Uint8Array | undefined): unknown =>
  JSON.parse(Buffer.from(payload ?? []).toString("utf8"));

/** A thing and short words for its shadows, which go at the end. */
async function withThing() {
  const { thingName } = await makeThing(target);
  const send = async (payload: string | Uint8Array, shadowName?: string) => {
    target.cleanUp(`shadow ${shadowName ?? ""} of ${thingName}`, () => remove(shadowName));
    const input = { thingName, shadowName, payload };
    return parsed((await iotData.send(new UpdateThingShadowCommand(input))).payload);
  };
  const update = (document: unknown, shadowName?: string) =>
    send(JSON.stringify(document), shadowName);
  const get = async (shadowName?: string) =>
    parsed((await iotData.send(new GetThingShadowCommand({ thingName, shadowName }))).payload);
  const remove = async (shadowName?: string) =>
    parsed((await iotData.send(new DeleteThingShadowCommand({ thingName, shadowName }))).payload);
  return { thingName, send, update, get, remove };
}

/** Whole seconds since the epoch, of about now. */
const seconds = expect.toSatisfy((value: unknown) => {
  const now = target.clock.now() / 1000;
  return Number.isInteger(value) && Math.abs((value as number) - now) < 3_600;
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_UpdateThingShadow.html
// https://docs.aws.amazon.com/iot/latest/developerguide/device-shadow-document.html
describe("UpdateThingShadow", () => {
  it("answers with the sections that were sent", async () => {
    const { update } = await withThing();

    const answer = await update({ state: { reported: { charge: 82 } }, clientToken: "t" });

    expect(answer).toEqual({
      state: { reported: { charge: 82 } },
      metadata: { reported: { charge: { timestamp: seconds } } },
      version: 1,
      timestamp: seconds,
      clientToken: "t",
    });
  });

  it("merges objects, replaces arrays, and removes what is null", async () => {
    const { update, get } = await withThing();
    await update({ state: { reported: { a: { b: 1, c: 2 }, list: [1, 2], gone: true } } });

    await update({ state: { reported: { a: { b: 3 }, list: [4], gone: null } } });

    expect(await get()).toMatchObject({ version: 2 });
    expect(((await get()) as { state: unknown }).state).toEqual({
      reported: { a: { b: 3, c: 2 }, list: [4] },
    });
  });

  it("clears everything for a state of null", async () => {
    const { update, get } = await withThing();
    await update({ state: { desired: { a: 1 }, reported: { a: 1 } } });

    expect(await update({ state: null })).toMatchObject({ state: null, version: 2 });

    expect(await get()).toMatchObject({ state: {}, metadata: {}, version: 2 });
  });

  it("keeps the classic and the named shadows apart", async () => {
    const { update, get } = await withThing();
    await update({ state: { reported: { a: 1 } } });
    await update({ state: { reported: { a: 2 } } }, "config");

    expect(await get()).toMatchObject({ state: { reported: { a: 1 } } });
    expect(await get("config")).toMatchObject({ state: { reported: { a: 2 } } });
  });

  it("takes the current version, and refuses another with 409", async () => {
    const { update } = await withThing();
    await update({ state: { reported: { a: 1 } } });

    await update({ state: { reported: { a: 2 } }, version: 1 });

    await expect(update({ state: { reported: { a: 3 } }, version: 1 })).rejects.toMatchObject({
      ...conflict,
      message: "Version conflict",
    });
  });

  // https://docs.aws.amazon.com/iot/latest/developerguide/device-shadow-error-messages.html
  it.each([
    ["what is no JSON", "{"],
    ["a document without a state", '{"reported":{}}'],
    ["a state that is no object", '{"state":1}'],
    ["desired that is no object", '{"state":{"desired":1}}'],
    ["reported that is no object", '{"state":{"reported":1}}'],
    ["a version that is no number", '{"state":{"reported":{"a":1}},"version":"one"}'],
    ["null in an array", '{"state":{"reported":{"a":[null]}}}'],
    ["seven keys", '{"state":{"reported":{"a":{"b":{"c":{"d":{"e":{"f":{"g":1}}}}}}}}}'],
  ])("refuses %s with 400", async (_, payload) => {
    const { send } = await withThing();

    await expect(send(payload)).rejects.toMatchObject(invalid);
  });

  it("refuses more than 8 KB with 413, and other bytes than UTF-8 with 415", async () => {
    const { update, send } = await withThing();

    await expect(update({ state: { reported: { a: "x".repeat(8192) } } })).rejects.toMatchObject(
      refused("RequestEntityTooLargeException", 413),
    );
    const broken = Buffer.from('{"state":{"reported":{"a":"\xc3\x28"}}}', "latin1");
    await expect(send(broken)).rejects.toMatchObject(
      refused("UnsupportedDocumentEncodingException", 415),
    );
  });

  // https://docs.aws.amazon.com/iot/latest/developerguide/preparing-to-use-software-package-catalog.html
  it("keeps version and attributes of packages in $package, and refuses other keys", async () => {
    const { update, get } = await withThing();
    const app = { version: "1.0.0", attributes: { build: "7" } };

    await update({ state: { reported: { app } } }, "$package");

    expect(await get("$package")).toMatchObject({ state: { reported: { app } } });
    await expect(
      update({ state: { reported: { app: { description: "an app" } } } }, "$package"),
    ).rejects.toMatchObject(invalid);
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_GetThingShadow.html
describe("GetThingShadow", () => {
  it("tells what is desired and not reported, as of when it was desired", async () => {
    const { update, get } = await withThing();
    const state = { desired: { a: 1, b: 2 }, reported: { a: 1, c: 3 } };
    await update({ state });

    expect(await get()).toEqual({
      state: { ...state, delta: { b: 2 } },
      metadata: {
        desired: { a: { timestamp: seconds }, b: { timestamp: seconds } },
        reported: { a: { timestamp: seconds }, c: { timestamp: seconds } },
        delta: { b: { timestamp: seconds } },
      },
      version: 1,
      timestamp: seconds,
    });
  });

  it("refuses a shadow that is not there, by its name or its thing's", async () => {
    const { thingName, get } = await withThing();

    for (const [shadowName, shown] of [
      [undefined, thingName],
      ["config", "config"],
    ]) {
      await expect(get(shadowName)).rejects.toMatchObject({
        ...notFound,
        message: `No shadow exists with name: '${shown}'`,
      });
    }
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_DeleteThingShadow.html
describe("DeleteThingShadow", () => {
  it("answers with the version, from which a new shadow goes on", async () => {
    const { update, get, remove } = await withThing();
    await update({ state: { reported: { a: 1 } } });

    expect(await remove()).toMatchObject({ version: 1, timestamp: seconds });

    await expect(get()).rejects.toMatchObject(notFound);
    const { version } = (await update({ state: { reported: { a: 1 } } })) as { version: number };
    expect(version).toBeGreaterThan(1);
  });

  it("refuses a shadow that is not there with 404", async () => {
    const { remove } = await withThing();

    await expect(remove("config")).rejects.toMatchObject(notFound);
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_ListNamedShadowsForThing.html
describe("ListNamedShadowsForThing", () => {
  it("pages through the named shadows, not the classic one", async () => {
    const { thingName, update } = await withThing();
    const names = ["config", "state", "$package"];
    await update({ state: { reported: {} } });
    for (const name of names) await update({ state: { reported: {} } }, name);

    const pages = await target.eventually(async () => {
      const found = await pagesOf(async (nextToken) => {
        const input = { thingName, pageSize: 2, nextToken };
        const page = await iotData.send(new ListNamedShadowsForThingCommand(input));
        expect(page.timestamp).toEqual(seconds);
        return { items: page.results, next: page.nextToken };
      });
      expect(found.flat().sort()).toEqual([...names].sort());
      return found;
    });

    expect(longest(pages)).toBeLessThanOrEqual(2);
  });

  it("is empty for an unknown thing", async () => {
    const thingName = target.name("thing");

    const { results } = await iotData.send(new ListNamedShadowsForThingCommand({ thingName }));

    expect(results).toEqual([]);
  });
});
