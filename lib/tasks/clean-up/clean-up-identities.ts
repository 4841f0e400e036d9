import type { Fleet } from "../../aws/connect.js";
import { listKeys, readKeys } from "../../aws/mqtt/key-files.js";
import { thingsOfCertificate } from "../../fleet/identity/certificates.js";
import { certificatesWith, listDevicePolicies } from "../../fleet/identity/device-policy.js";
import { unnotedCertificates } from "../../fleet/identity/identities.js";
import type { Found, Kept, Seen, Survey } from "./clean-up-survey.js";

/**
 * Certificates carry no tags. Ours are those that have the policy of our vehicles, which is tagged, and
 * are attached to things of ours or, as an interruption may leave them, to none; and those of keys in
 * our folder. A policy stays while a certificate has it that stays.
 */
export async function lookForIdentities(
  fleet: Fleet,
  { mine }: Survey,
  seen: Seen,
): Promise<{ readonly certificates: Found; readonly policies: Found }> {
  const certificates = { names: new Set<string>(), kept: [] as Kept[] };
  const policies = { names: [] as string[], kept: [] as Kept[] };
  const known = new Set(listKeys(fleet).map((thing) => readKeys(fleet, thing)?.certificateId));
  for (const policy of await listDevicePolicies(fleet)) {
    let staying: string | undefined;
    for (const id of await certificatesWith(fleet, policy)) {
      seen();
      // With the key in our folder nobody has to be asked, of whom AWS takes only ten a second.
      const things = known.has(id) ? [] : await thingsOfCertificate(fleet, id);
      const stranger = things.find((thing) => !mine.has(thing));
      if (stranger === undefined) {
        certificates.names.add(id);
        continue;
      }
      staying = id;
      certificates.kept.push({ name: id, why: `it is attached to ${stranger} as well` });
    }
    if (staying === undefined) policies.names.push(policy);
    else policies.kept.push({ name: policy, why: `the certificate ${staying} has it` });
  }
  for (const id of await unnotedCertificates(fleet)) certificates.names.add(id);
  return { certificates: { ...certificates, names: [...certificates.names] }, policies };
}
