import { cli, documented, ours, report, seen, type Evidence } from "../state/evidence.js";

/** Quotes what AWS says to four ways of deleting too early. */
const tooEarly = report("rebuy-de/aws-nuke", 374);

export const evidence: Evidence = {
  CreateCertificateFromCsr: [seen(cli), ours("which keys pass; the words of the refusal")],
  CreateKeysAndCertificate: [seen(cli), ours("signed by the sandbox's own authority")],
  RegisterCertificateWithoutCA: [documented, ours("who signed it does not matter")],
  DescribeCertificate: [seen(cli)],
  ListCertificates: [seen(cli), ours("the newest first")],
  UpdateCertificate: [documented],
  DeleteCertificate: [seen(tooEarly)],

  AttachThingPrincipal: [documented, ours("attached already is no error")],
  DetachThingPrincipal: [documented, ours("not attached is no error; done at once")],
  ListThingPrincipals: [seen(cli)],
  ListThingPrincipalsV2: [documented],
  ListPrincipalThings: [seen(cli)],
  ListPrincipalThingsV2: [documented],

  CreatePolicy: [seen(cli), ours("what makes a document malformed, beyond its JSON")],
  GetPolicy: [seen(cli)],
  ListPolicies: [seen(cli), ours("the newest first")],
  DeletePolicy: [seen(tooEarly), ours("the words for versions that are left")],
  CreatePolicyVersion: [seen(cli)],
  GetPolicyVersion: [seen(cli)],
  ListPolicyVersions: [seen(cli)],
  SetDefaultPolicyVersion: [documented],
  DeletePolicyVersion: [documented],

  AttachPolicy: [documented, ours("attached already is no error")],
  DetachPolicy: [documented, ours("not attached is no error")],
  AttachPrincipalPolicy: [documented],
  DetachPrincipalPolicy: [documented],
  ListAttachedPolicies: [seen(cli)],
  ListTargetsForPolicy: [seen(cli)],
  ListPolicyPrincipals: [documented],
  ListPrincipalPolicies: [documented],
};
