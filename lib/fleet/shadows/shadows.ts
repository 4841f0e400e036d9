import {
  DeleteThingShadowCommand,
  GetThingShadowCommand,
  ListNamedShadowsForThingCommand,
  UpdateThingShadowCommand,
  type ListNamedShadowsForThingResponse,
} from "@aws-sdk/client-iot-data-plane";
import type { Fleet } from "../../aws/connect.js";
import { FleetError, unlessMissing } from "../../aws/errors.js";

/** The reserved named shadow that holds what software a device has. */
export const PACKAGE_SHADOW = "$package";

/** A shadow document as AWS answers it. Times are epoch seconds. */
export interface Shadow {
  readonly state: {
    readonly desired?: Readonly<Record<string, unknown>>;
    readonly reported?: Readonly<Record<string, unknown>>;
    readonly delta?: Readonly<Record<string, unknown>>;
  };
  readonly metadata: {
    readonly desired?: Readonly<Record<string, unknown>>;
    readonly reported?: Readonly<Record<string, unknown>>;
  };
  readonly version: number;
  readonly timestamp: number;
}

/**
 * A thing's shadow, or undefined when it has none of that name.
 *
 * Calls GetThingShadow once.
 *
 * @param name a named shadow, such as `$package`; the classic shadow without it
 * @see https://docs.aws.amazon.com/iot/latest/developerguide/device-shadow-document.html
 */
export async function getShadow(
  fleet: Fleet,
  thing: string,
  name?: string,
): Promise<Shadow | undefined> {
  const answer = await unlessMissing(
    fleet.iotData.send(
      new GetThingShadowCommand({ thingName: thing, ...(name && { shadowName: name }) }),
    ),
  );
  if (!answer) return undefined;
  try {
    return JSON.parse(Buffer.from(answer.payload ?? "{}").toString("utf8")) as Shadow;
  } catch (error) {
    // The SDK hands the payload on as bytes, whatever has become of it.
    throw new FleetError(`The answer with a shadow of ${thing} cannot be read: it was cut short.`, {
      cause: error,
    });
  }
}

/**
 * Report state as the device would: merge `reported` into the shadow.
 *
 * Calls UpdateThingShadow once. Objects are merged, arrays and scalars replaced, `null` deletes a
 * key. The same state again only raises the version.
 *
 * @param name a named shadow; the classic shadow without it
 * @see https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_UpdateThingShadow.html
 */
export async function reportState(
  fleet: Fleet,
  thing: string,
  reported: Readonly<Record<string, unknown>>,
  name?: string,
): Promise<void> {
  await writeState(fleet, thing, { reported }, name);
}

/**
 * Wish for a state, as an application does: merge `desired` into the shadow. What the device does not
 * report so it is told of, as the delta.
 *
 * Calls UpdateThingShadow once; `null` deletes a key.
 *
 * @param name a named shadow; the classic shadow without it
 * @see https://docs.aws.amazon.com/iot/latest/developerguide/device-shadow-document.html
 */
export async function desireState(
  fleet: Fleet,
  thing: string,
  desired: Readonly<Record<string, unknown>>,
  name?: string,
): Promise<void> {
  await writeState(fleet, thing, { desired }, name);
}

async function writeState(
  fleet: Fleet,
  thing: string,
  state: object,
  name: string | undefined,
): Promise<void> {
  await fleet.iotData.send(
    new UpdateThingShadowCommand({
      thingName: thing,
      ...(name && { shadowName: name }),
      payload: Buffer.from(JSON.stringify({ state })),
    }),
  );
}

/**
 * Delete the shadows of a thing, named ones and the classic one.
 *
 * Calls ListNamedShadowsForThing unless the names are given, then DeleteThingShadow for each. A
 * second call finds none.
 *
 * @param names the named shadows to delete. Default: every one.
 * @see https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_DeleteThingShadow.html
 */
export async function deleteShadows(
  fleet: Fleet,
  thing: string,
  names?: readonly string[],
): Promise<void> {
  for (const name of [...(names ?? (await listNamedShadows(fleet, thing))), undefined]) {
    await deleteShadow(fleet, thing, name);
  }
}

/**
 * Delete one shadow. Calls DeleteThingShadow; a second call finds none and does nothing.
 *
 * @param name a named shadow; the classic shadow without it
 * @returns true when there was such a shadow
 */
export async function deleteShadow(fleet: Fleet, thing: string, name?: string): Promise<boolean> {
  const shadow = { thingName: thing, ...(name && { shadowName: name }) };
  const request = new DeleteThingShadowCommand(shadow);
  return (await unlessMissing(fleet.iotData.send(request))) !== undefined;
}

/** The names of a thing's named shadows. Calls ListNamedShadowsForThing, 100 a page. */
export async function listNamedShadows(fleet: Fleet, thing: string): Promise<string[]> {
  const names: string[] = [];
  let nextToken: string | undefined;
  do {
    // The SDK has no paginator for this operation.
    const page: ListNamedShadowsForThingResponse = await fleet.iotData.send(
      new ListNamedShadowsForThingCommand({ thingName: thing, pageSize: 100, nextToken }),
    );
    names.push(...(page.results ?? []));
    nextToken = page.nextToken;
  } while (nextToken);
  return names;
}
