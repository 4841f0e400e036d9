import { CreateRoleCommand } from "@aws-sdk/client-iam";
import {
  GetV2LoggingOptionsCommand,
  SetV2LoggingOptionsCommand,
  type SetV2LoggingOptionsCommandInput,
} from "@aws-sdk/client-iot";
import { describe, expect, it } from "vitest";
import { openSandbox } from "../clients.js";

/** A sandbox with a role that AWS IoT can assume. */
async function withRole() {
  const clients = openSandbox();
  const { iot, iam, clock } = clients;
  const { Role } = await iam.send(
    new CreateRoleCommand({
      RoleName: "logging",
      AssumeRolePolicyDocument: JSON.stringify({
        Version: "2012-10-17",
        Statement: {
          Effect: "Allow",
          Principal: { Service: "iot.amazonaws.com" },
          Action: "sts:AssumeRole",
        },
      }),
    }),
  );
  await clock.advance(60_000);
  const set = (input: SetV2LoggingOptionsCommandInput) =>
    iot.send(new SetV2LoggingOptionsCommand(input));
  const get = async (verbose?: boolean) => {
    const { $metadata: _, ...options } = await iot.send(
      new GetV2LoggingOptionsCommand({ verbose }),
    );
    return options;
  };
  return { ...clients, roleArn: Role?.Arn as string, set, get };
}

describe("SetV2LoggingOptions (API_SetV2LoggingOptions)", () => {
  it("keeps the options, and those that are not sent", async () => {
    const { set, get, roleArn } = await withRole();

    await set({ roleArn, defaultLogLevel: "INFO" });
    expect(await get()).toEqual({ roleArn, defaultLogLevel: "INFO", disableAllLogs: false });
    await set({ disableAllLogs: true });

    expect(await get()).toEqual({ roleArn, defaultLogLevel: "INFO", disableAllLogs: true });
  });

  it.each([
    ["no role", { defaultLogLevel: "INFO" }],
    ["a role that is not there", { roleArn: "arn:aws:iam::111122223333:role/nope" }],
    ["an unknown level", { disableAllLogs: true, defaultLogLevel: "LOUD" as "INFO" }],
  ] as const)("refuses %s", async (_, input) => {
    const { set } = await withRole();

    await expect(set(input)).rejects.toMatchObject({
      name: "InvalidRequestException",
      $metadata: { httpStatusCode: 400 },
    });
  });
});

describe("GetV2LoggingOptions (API_GetV2LoggingOptions)", () => {
  it("refuses with 404 before anything is set", async () => {
    const { get } = await withRole();

    await expect(get()).rejects.toMatchObject({
      name: "NotConfiguredException",
      $metadata: { httpStatusCode: 404 },
    });
  });

  it("tells event configurations when verbose", async () => {
    const { set, get, roleArn } = await withRole();
    const eventConfigurations = [{ eventType: "ERROR", logLevel: "DEBUG" as const }];
    await set({ roleArn, eventConfigurations });

    expect(await get()).not.toHaveProperty("eventConfigurations");
    expect(await get(true)).toMatchObject({ eventConfigurations });
  });
});
