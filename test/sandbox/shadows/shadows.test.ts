import { CreateThingCommand, DeleteThingCommand } from "@aws-sdk/client-iot";
import {
  DeleteThingShadowCommand,
  GetThingShadowCommand,
  ListNamedShadowsForThingCommand,
  UnsupportedDocumentEncodingException,
  UpdateThingShadowCommand,
} from "@aws-sdk/client-iot-data-plane";
import { describe, expect, it } from "vitest";
import { ACCOUNT, openSandbox, REGION } from "../clients.js";

function open() {
  const clients = openSandbox();
  const { iotData } = clients;
  const parse = (payload: Uint8Array | undefined): unknown =>
    JSON.parse(Buffer.from(payload ?? []).toString("utf8"));
  const update = async (document: unknown, shadowName?: string, thingName = "car-1") => {
    const { payload } = await iotData.send(
      new UpdateThingShadowCommand({ thingName, shadowName, payload: JSON.stringify(document) }),
    );
    return parse(payload);
  };
  const get = async (shadowName?: string, thingName = "car-1") =>
    parse((await iotData.send(new GetThingShadowCommand({ thingName, shadowName }))).payload);
  const remove = async (shadowName?: string, thingName = "car-1") =>
    parse((await iotData.send(new DeleteThingShadowCommand({ thingName, shadowName }))).payload);
  const seconds = () => Math.floor(clients.clock.now() / 1000);
  return { ...clients, update, get, remove, seconds };
}

describe("UpdateThingShadow (API_iotdata_UpdateThingShadow)", () => {
  it("answers with what was sent, its metadata, version and time in whole seconds", async () => {
    const { clock, update, seconds } = open();
    await clock.advance(1_500);

    const answer = await update({ state: { reported: { battery: 82 } }, clientToken: "t" });

    expect(answer).toEqual({
      state: { reported: { battery: 82 } },
      metadata: { reported: { battery: { timestamp: seconds() } } },
      version: 1,
      timestamp: seconds(),
      clientToken: "t",
    });
  });

  it("keeps classic and named shadows apart", async () => {
    const { update, get } = open();
    await update({ state: { reported: { a: 1 } } });
    await update({ state: { reported: { a: 2 } } }, "config");
    await update({ state: { reported: { a: 3 } } }, "config");

    expect(await get()).toMatchObject({ state: { reported: { a: 1 } }, version: 1 });
    expect(await get("config")).toMatchObject({ state: { reported: { a: 3 } }, version: 2 });
  });

  it("refuses another version than the current one with 409", async () => {
    const { update } = open();
    await update({ state: { reported: { a: 1 } } });

    await expect(update({ state: { reported: { a: 2 } }, version: 7 })).rejects.toMatchObject({
      name: "ConflictException",
      message: "Version conflict",
      $metadata: { httpStatusCode: 409 },
    });
    await update({ state: { reported: { a: 2 } }, version: 1 });
  });

  it("takes 0 for the version of a shadow that is not there", async () => {
    const { update } = open();

    await expect(update({ state: {}, version: 1 })).rejects.toThrow("Version conflict");

    expect(await update({ state: {}, version: 0 })).toMatchObject({ version: 1 });
  });

  it("refuses more than 8 KB with 413 and leaves the shadow alone", async () => {
    const { update, get } = open();
    await update({ state: { reported: { a: 1 } } });

    await expect(update({ state: { reported: { a: "x".repeat(8192) } } })).rejects.toMatchObject({
      name: "RequestEntityTooLargeException",
      $metadata: { httpStatusCode: 413 },
    });

    expect(await get()).toMatchObject({ state: { reported: { a: 1 } }, version: 1 });
  });

  it("refuses what is no update with 400", async () => {
    const { update } = open();

    await expect(update({ reported: {} })).rejects.toMatchObject({
      name: "InvalidRequestException",
      message: "Missing required node: state",
      $metadata: { httpStatusCode: 400 },
    });
  });

  it("refuses other bytes than UTF-8 with 415", async () => {
    const { iotData } = open();

    await expect(
      iotData.send(
        new UpdateThingShadowCommand({ thingName: "car-1", payload: Buffer.from([0xc3, 0x28]) }),
      ),
    ).rejects.toBeInstanceOf(UnsupportedDocumentEncodingException);
  });

  it.each([
    ["GET", "", 404, "No shadow exists with name: 'car-1'"],
    ["POST", "{}", 400, "Missing required node: state"],
    ["POST", '{"state":{},"version":7}', 409, "Version conflict"],
  ])(
    "tells the status of a refusal in its body, too: %s %s",
    async (method, body, code, message) => {
      const { sandbox } = open();

      const answer = await sandbox.handle({
        method,
        path: "/things/car-1/shadow",
        query: "",
        headers: {
          host: "sandbox.localhost",
          authorization: `AWS4-HMAC-SHA256 Credential=${ACCOUNT}/20260101/${REGION}/iotdata/aws4_request, SignedHeaders=host, Signature=00`,
        },
        body: Buffer.from(body),
      });

      expect(answer.status).toBe(code);
      expect(JSON.parse(String(answer.body))).toEqual({ code, message });
    },
  );

  it("refuses other keys than version and attributes in $package", async () => {
    const { update } = open();

    await expect(
      update({ state: { reported: { app: { description: "x" } } } }, "$package"),
    ).rejects.toMatchObject({ name: "InvalidRequestException" });
    await update({ state: { reported: { app: { version: "1.0.0" } } } }, "$package");
  });

  it("refuses a shadow name of 65 characters", async () => {
    const { update } = open();

    await expect(update({ state: {} }, "x".repeat(65))).rejects.toMatchObject({
      name: "InvalidRequestException",
    });
  });
});

describe("GetThingShadow (API_iotdata_GetThingShadow)", () => {
  it("tells state with delta, metadata, version and the time it was asked", async () => {
    const { clock, update, get, seconds } = open();
    await update({ state: { desired: { speed: 100 }, reported: { speed: 120 } } });
    const written = seconds();
    await clock.advance(60_000);

    expect(await get()).toEqual({
      state: { desired: { speed: 100 }, reported: { speed: 120 }, delta: { speed: 100 } },
      metadata: {
        desired: { speed: { timestamp: written } },
        reported: { speed: { timestamp: written } },
        delta: { speed: { timestamp: written } },
      },
      version: 1,
      timestamp: written + 60,
    });
  });

  it.each([
    [undefined, "car-1"],
    ["config", "config"],
  ])("refuses a shadow (%s) that is not there, by name", async (shadowName, shown) => {
    const { get } = open();

    await expect(get(shadowName)).rejects.toMatchObject({
      name: "ResourceNotFoundException",
      message: `No shadow exists with name: '${shown}'`,
      $metadata: { httpStatusCode: 404 },
    });
  });

  it("finds the shadow of a thing that was deleted or never registered", async () => {
    const { iot, update, get } = open();
    await iot.send(new CreateThingCommand({ thingName: "car-1" }));
    await update({ state: { reported: { a: 1 } } });
    await iot.send(new DeleteThingCommand({ thingName: "car-1" }));
    await update({ state: { reported: { a: 2 } } }, undefined, "ghost");

    expect(await get()).toMatchObject({ state: { reported: { a: 1 } } });
    expect(await get(undefined, "ghost")).toMatchObject({ state: { reported: { a: 2 } } });
  });
});

describe("DeleteThingShadow (API_iotdata_DeleteThingShadow)", () => {
  it("answers with version and time, and lets a new shadow go on counting", async () => {
    const { update, get, remove, seconds } = open();
    await update({ state: { reported: { a: 1 } } });
    await update({ state: { reported: { a: 2 } } });

    const answer = await remove();

    expect(answer).toEqual({ version: 2, timestamp: seconds() });
    await expect(get()).rejects.toMatchObject({ name: "ResourceNotFoundException" });
    expect(await update({ state: { reported: { b: 1 } } })).toMatchObject({ version: 3 });
    expect(await get()).toMatchObject({ state: { reported: { b: 1 } }, version: 3 });
  });

  it("refuses a shadow that is not there, also the second time", async () => {
    const { update, remove } = open();
    await update({ state: {} }, "config");
    await remove("config");

    await expect(remove("config")).rejects.toMatchObject({
      name: "ResourceNotFoundException",
      message: "No shadow exists with name: 'config'",
    });
  });
});

describe("ListNamedShadowsForThing (API_iotdata_ListNamedShadowsForThing)", () => {
  it("lists names in pages, without the classic, deleted and other things' shadows", async () => {
    const { iotData, update, remove, seconds } = open();
    await update({ state: {} });
    await update({ state: {} }, undefined, "car-10");
    await update({ state: {} }, "other", "car-10");
    for (const name of ["b", "$package", "a", "gone"]) await update({ state: {} }, name);
    await remove("gone");

    const first = await iotData.send(
      new ListNamedShadowsForThingCommand({ thingName: "car-1", pageSize: 2 }),
    );
    const { $metadata: _, ...last } = await iotData.send(
      new ListNamedShadowsForThingCommand({ thingName: "car-1", nextToken: first.nextToken }),
    );

    expect(first.results).toEqual(["$package", "a"]);
    expect(last).toEqual({ results: ["b"], timestamp: seconds() });
  });

  it("lists nothing for an unknown thing", async () => {
    const { iotData } = open();

    const { results } = await iotData.send(
      new ListNamedShadowsForThingCommand({ thingName: "nope" }),
    );

    expect(results).toEqual([]);
  });

  it("refuses a page of more than 100 and a foreign token", async () => {
    const { iotData } = open();
    const list = (input: object) =>
      iotData.send(new ListNamedShadowsForThingCommand({ thingName: "car-1", ...input }));

    await expect(list({ pageSize: 101 })).rejects.toMatchObject({
      name: "InvalidRequestException",
    });
    await expect(list({ nextToken: "x" })).rejects.toMatchObject({
      name: "InvalidRequestException",
    });
  });
});
