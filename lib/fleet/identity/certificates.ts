import {
  DeleteCertificateCommand,
  DescribeCertificateCommand,
  DetachThingPrincipalCommand,
  paginateListPrincipalThings,
  UpdateCertificateCommand,
} from "@aws-sdk/client-iot";
import { iotArn } from "../../aws/arn.js";
import type { Fleet } from "../../aws/connect.js";
import { NotOursError, unlessMissing } from "../../aws/errors.js";
import { readKeys, removeKeys } from "../../aws/mqtt/key-files.js";
import { waitUntil } from "../../aws/wait.js";
import { findThing, isOurThing } from "../registry/things.js";

/** The things that a certificate is attached to. Calls ListPrincipalThings, of which AWS takes ten a second. */
export async function thingsOfCertificate(fleet: Fleet, certificateId: string): Promise<string[]> {
  const names: string[] = [];
  const principal = certificateArn(fleet, certificateId);
  const pages = paginateListPrincipalThings({ client: fleet.iot, pageSize: 250 }, { principal });
  const all = async () => {
    for await (const { things = [] } of pages) names.push(...things);
  };
  await unlessMissing(all());
  return names;
}

/**
 * Delete a certificate of a vehicle of ours, and the files of its key on this machine: take it off its
 * thing, switch it off, and delete it with what its policies say, in the order that AWS asks for.
 *
 * Calls DescribeCertificate, ListPrincipalThings, DescribeThing and DetachThingPrincipal for each
 * thing, UpdateCertificate and DeleteCertificate. What was connected with it is disconnected. A second
 * call finds nothing.
 *
 * @returns true when there was something to delete
 * @throws NotOursError when it is attached to a thing that the workshop did not make
 * @see https://docs.aws.amazon.com/iot/latest/apireference/API_DeleteCertificate.html
 */
export async function deleteCertificate(fleet: Fleet, certificateId: string): Promise<boolean> {
  const found = await unlessMissing(
    fleet.iot.send(new DescribeCertificateCommand({ certificateId })),
  );
  if (!found) return false;
  const things = await thingsOfCertificate(fleet, certificateId);
  for (const name of things) {
    const { attributes = {} } = (await findThing(fleet, name)) ?? {};
    if (isOurThing({ attributes })) continue;
    throw new NotOursError(
      `The certificate ${certificateId} is attached to ${name}, which the workshop did not make.`,
    );
  }
  const principal = certificateArn(fleet, certificateId);
  for (const thingName of things) {
    await unlessMissing(fleet.iot.send(new DetachThingPrincipalCommand({ thingName, principal })));
  }
  await fleet.iot.send(new UpdateCertificateCommand({ certificateId, newStatus: "INACTIVE" }));
  await deleteDetached(fleet, certificateId);
  for (const thing of things) {
    if (readKeys(fleet, thing)?.certificateId === certificateId) removeKeys(fleet, thing);
  }
  return true;
}

/** How long a detachment may take to spread, in milliseconds. */
const DETACHED_MS = 30_000;

async function deleteDetached(fleet: Fleet, certificateId: string): Promise<void> {
  const patience = {
    until: `AWS deletes the certificate ${certificateId.slice(0, 8)}…`,
    timeoutMs: DETACHED_MS,
    isPassable: true,
  };
  await waitUntil(fleet, patience, async () => {
    try {
      // With the attachments of its policies, which would otherwise have to be taken off one by one.
      const request = new DeleteCertificateCommand({ certificateId, forceDelete: true });
      await fleet.iot.send(request);
      return { ready: true };
    } catch (error) {
      const isAttached = error instanceof Error && error.name === "DeleteConflictException";
      if (isAttached) return { waiting: "its thing is being detached" };
      throw error;
    }
  });
}

function certificateArn(
  of: { readonly region: string; readonly account: string },
  certificateId: string,
): string {
  return iotArn(of, `cert/${certificateId}`);
}
