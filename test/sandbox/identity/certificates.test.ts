import {
  AttachPolicyCommand,
  AttachThingPrincipalCommand,
  CreateCertificateFromCsrCommand,
  CreateKeysAndCertificateCommand,
  CreatePolicyCommand,
  CreateThingCommand,
  DeleteCertificateCommand,
  DescribeCertificateCommand,
  DetachThingPrincipalCommand,
  ListCertificatesCommand,
  ListTargetsForPolicyCommand,
  paginateListCertificates,
  RegisterCertificateWithoutCACommand,
  UpdateCertificateCommand,
  type CertificateStatus,
} from "@aws-sdk/client-iot";
import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import { createAuthority } from "../../../lib/sandbox/identity/x509.js";
import { createKeyPool } from "../../../lib/sandbox/pki/key-pool.js";
import { ACCOUNT, clientsOf, openSandbox, REGION } from "../clients.js";

/** Of a P-256 key, subject CN=car-1; made with openssl. */
const CSR = `-----BEGIN CERTIFICATE REQUEST-----
MIHJMHICAQAwEDEOMAwGA1UEAwwFY2FyLTEwWTATBgcqhkjOPQIBBggqhkjOPQMB
BwNCAAQejFJ46dShi+vZNCjCh0TlnEU4NEKN/Kcimd2O0X3jXq9uEy3MBzY/6dO/
x4qHH8fumieTRlsQ+VE8aV5w77hPoAAwCgYIKoZIzj0EAwIDRwAwRAIgOdKRcd3/
NHirtRrjxOh24DU6+hy8LsMUFNa4cRJdMloCIFDqiNoHwnEWs2A76ytKM+w6aw6u
6/ckTnO2FIKUMaIx
-----END CERTIFICATE REQUEST-----
`;

const policyDocument = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: "iot:Connect", Resource: "*" }],
});

/** A sandbox and short ways to make and look at certificates. */
function withCertificates(options: Parameters<typeof openSandbox>[0] = {}) {
  const clients = openSandbox(options);
  const { iot } = clients;
  const create = async (setAsActive?: boolean) => {
    const made = await iot.send(new CreateKeysAndCertificateCommand({ setAsActive }));
    return { ...made, id: made.certificateId as string, arn: made.certificateArn as string };
  };
  const describeOne = async (certificateId: string) => {
    const answer = await iot.send(new DescribeCertificateCommand({ certificateId }));
    return answer.certificateDescription ?? {};
  };
  const update = (certificateId: string, newStatus: CertificateStatus) =>
    iot.send(new UpdateCertificateCommand({ certificateId, newStatus }));
  const remove = (certificateId: string, forceDelete?: boolean) =>
    iot.send(new DeleteCertificateCommand({ certificateId, forceDelete }));
  return { ...clients, create, describeOne, update, remove };
}

describe("CreateKeysAndCertificate (API_CreateKeysAndCertificate)", () => {
  it("gives a real certificate, its key pair, its id and its ARN", async () => {
    const { create, clock } = withCertificates();

    const { id, arn, certificatePem = "", keyPair } = await create();

    const certificate = new X509Certificate(certificatePem);
    expect(id).toBe(certificate.fingerprint256.replaceAll(":", "").toLowerCase());
    expect(arn).toBe(`arn:aws:iot:${REGION}:${ACCOUNT}:cert/${id}`);
    expect(keyPair?.PublicKey).toMatch(/^-----BEGIN PUBLIC KEY-----/);
    expect(keyPair?.PrivateKey).toMatch(/^-----BEGIN RSA PRIVATE KEY-----/);
    expect(certificate.checkPrivateKey(createPrivateKey(keyPair?.PrivateKey ?? ""))).toBe(true);
    expect(certificate.publicKey.equals(createPublicKey(keyPair?.PublicKey ?? ""))).toBe(true);
    expect(certificate.publicKey.asymmetricKeyDetails?.modulusLength).toBe(2048);
    expect(new Date(certificate.validFrom).getTime()).toBeLessThan(clock.now());
    expect(certificate.validTo).toBe("Dec 31 23:59:59 2049 GMT");
  });

  it("gives another certificate every time, of one authority in each Region", async () => {
    const { sandbox, create } = withCertificates();
    const elsewhere = clientsOf(sandbox, ACCOUNT, "us-east-1").iot;

    const [one, two] = [await create(), await create()];
    const other = await elsewhere.send(new CreateKeysAndCertificateCommand({}));

    const authority = sandbox.state(ACCOUNT, REGION).certificateAuthority.get("iot");
    const root = new X509Certificate(authority?.certificatePem ?? "");
    const isOfRoot = ({ certificatePem = "" }) =>
      new X509Certificate(certificatePem).verify(root.publicKey);
    expect(one.id).not.toBe(two.id);
    expect([one, two, other].map(isOfRoot)).toEqual([true, true, false]);
  });

  it.each([
    [undefined, "INACTIVE"],
    [false, "INACTIVE"],
    [true, "ACTIVE"],
  ])("with setAsActive %s makes it %s", async (setAsActive, status) => {
    const { create, describeOne } = withCertificates();

    const { id } = await create(setAsActive);

    expect((await describeOne(id)).status).toBe(status);
  });
});

describe("keys that take long to find", () => {
  it("make nobody wait but who asked for them", async () => {
    const { iot, create } = withCertificates({ keyPairs: createKeyPool({ ahead: 0 }) });
    let turns = 0;
    let isDone = false;
    const spin = () => {
      turns++;
      if (!isDone) setImmediate(spin);
    };

    const all = Array.from({ length: 6 }, () => create());
    const fromCsr = new CreateCertificateFromCsrCommand({ certificateSigningRequest: CSR });
    setImmediate(spin);
    await Promise.all([...all, iot.send(fromCsr)]);
    isDone = true;

    // Where keys are found in their requests there is one: nothing else happens meanwhile.
    expect(turns).toBeGreaterThan(1000);
  });

  it("are of one authority, also when the first certificates are made at once", async () => {
    const { sandbox, create } = withCertificates();

    const all = await Promise.all([create(), create(), create()]);

    const authority = sandbox.state(ACCOUNT, REGION).certificateAuthority.get("iot");
    const root = new X509Certificate(authority?.certificatePem ?? "");
    const isOfRoot = ({ certificatePem = "" }) =>
      new X509Certificate(certificatePem).verify(root.publicKey);
    expect(all.map(isOfRoot)).toEqual([true, true, true]);
    expect(new Set(all.map(({ keyPair }) => keyPair?.PublicKey)).size).toBe(3);
  });
});

describe("CreateCertificateFromCsr (API_CreateCertificateFromCsr)", () => {
  it("certifies the key and the name of the request", async () => {
    const { iot, describeOne } = withCertificates();

    const { certificateId = "", certificatePem = "" } = await iot.send(
      new CreateCertificateFromCsrCommand({ certificateSigningRequest: CSR, setAsActive: true }),
    );

    const certificate = new X509Certificate(certificatePem);
    expect(certificate.subject).toBe("CN=car-1");
    expect(certificate.publicKey.asymmetricKeyDetails?.namedCurve).toBe("prime256v1");
    expect(await describeOne(certificateId)).toMatchObject({ status: "ACTIVE", certificatePem });
  });

  it("gives a new certificate for the same request", async () => {
    const { iot } = withCertificates();
    const certify = () =>
      iot.send(new CreateCertificateFromCsrCommand({ certificateSigningRequest: CSR }));

    expect((await certify()).certificateId).not.toBe((await certify()).certificateId);
  });

  it.each([
    ["no PEM", "hello"],
    ["no request", "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----"],
    ["too long", "x".repeat(4097)],
  ])("refuses what is %s", async (_, certificateSigningRequest) => {
    const { iot } = withCertificates();

    await expect(
      iot.send(new CreateCertificateFromCsrCommand({ certificateSigningRequest })),
    ).rejects.toMatchObject({
      name: "InvalidRequestException",
      $metadata: { httpStatusCode: 400 },
    });
  });
});

describe("RegisterCertificateWithoutCA (API_RegisterCertificateWithoutCA)", () => {
  const { certificatePem } = createAuthority("Mine", "07", new Date("2026-01-01"));

  it("keeps a certificate of somebody else's", async () => {
    const { iot, describeOne } = withCertificates();

    const { certificateId = "" } = await iot.send(
      new RegisterCertificateWithoutCACommand({ certificatePem, status: "ACTIVE" }),
    );

    expect(await describeOne(certificateId)).toMatchObject({
      certificatePem,
      status: "ACTIVE",
      certificateMode: "SNI_ONLY",
    });
  });

  it("refuses the same certificate again with 409", async () => {
    const { iot } = withCertificates();
    const register = () => iot.send(new RegisterCertificateWithoutCACommand({ certificatePem }));
    const { certificateId, certificateArn } = await register();

    await expect(register()).rejects.toMatchObject({
      name: "ResourceAlreadyExistsException",
      resourceId: certificateId,
      resourceArn: certificateArn,
      $metadata: { httpStatusCode: 409 },
    });
  });

  it("refuses what is no certificate", async () => {
    const { iot } = withCertificates();

    await expect(
      iot.send(new RegisterCertificateWithoutCACommand({ certificatePem: CSR })),
    ).rejects.toMatchObject({
      name: "CertificateValidationException",
      $metadata: { httpStatusCode: 400 },
    });
  });

  it("refuses one that has expired", async () => {
    const { iot, clock } = withCertificates();
    await clock.advance(25 * 365 * 24 * 3_600_000);

    await expect(
      iot.send(new RegisterCertificateWithoutCACommand({ certificatePem })),
    ).rejects.toMatchObject({ name: "CertificateValidationException" });
  });
});

describe("DescribeCertificate (API_DescribeCertificate)", () => {
  it("tells the whole certificate", async () => {
    const { create, describeOne, clock } = withCertificates();
    const { id, arn, certificatePem } = await create(true);
    const now = new Date(clock.now());

    expect(await describeOne(id)).toEqual({
      certificateArn: arn,
      certificateId: id,
      certificatePem,
      status: "ACTIVE",
      ownedBy: ACCOUNT,
      creationDate: now,
      lastModifiedDate: now,
      customerVersion: 1,
      generationId: expect.any(String),
      validity: {
        notBefore: new Date(now.getTime() - 120_000),
        notAfter: new Date("2049-12-31T23:59:59Z"),
      },
      certificateMode: "DEFAULT",
    });
  });

  it("refuses an unknown id with 404, and one of another form with 400", async () => {
    const { describeOne } = withCertificates();

    await expect(describeOne("0".repeat(64))).rejects.toMatchObject({
      name: "ResourceNotFoundException",
      $metadata: { httpStatusCode: 404 },
    });
    await expect(describeOne("0")).rejects.toMatchObject({ name: "InvalidRequestException" });
  });
});

describe("ListCertificates (API_ListCertificates)", () => {
  async function withThree() {
    const clients = withCertificates();
    const ids: string[] = [];
    for (let i = 0; i < 3; i++) {
      ids.push((await clients.create()).id);
      await clients.clock.advance(1000);
    }
    return { ...clients, ids };
  }

  it("lists the newest first, or last when ascending", async () => {
    const { iot, ids } = await withThree();
    const list = async (ascendingOrder?: boolean) => {
      const { certificates } = await iot.send(new ListCertificatesCommand({ ascendingOrder }));
      return certificates?.map(({ certificateId }) => certificateId);
    };

    expect(await list(true)).toEqual(ids);
    expect(await list()).toEqual(ids.toReversed());
  });

  it.each([true, false])("pages without loss or repetition (ascending: %s)", async (ascending) => {
    const { iot, ids } = await withThree();

    const pages: (string | undefined)[][] = [];
    const input = { ascendingOrder: ascending };
    for await (const page of paginateListCertificates({ client: iot, pageSize: 2 }, input)) {
      pages.push((page.certificates ?? []).map(({ certificateId }) => certificateId));
    }

    expect(pages.map(({ length }) => length)).toEqual([2, 1]);
    expect(pages.flat()).toEqual(ascending ? ids : ids.toReversed());
  });

  it("shows neither PEM nor keys", async () => {
    const { iot, create } = withCertificates();
    const { id, arn } = await create();

    const { certificates } = await iot.send(new ListCertificatesCommand({}));

    expect(certificates).toEqual([
      {
        certificateArn: arn,
        certificateId: id,
        status: "INACTIVE",
        certificateMode: "DEFAULT",
        creationDate: expect.any(Date),
      },
    ]);
  });

  it("refuses a marker of another list", async () => {
    const { iot } = await withThree();
    const { nextMarker } = await iot.send(new ListCertificatesCommand({ pageSize: 1 }));

    await expect(
      iot.send(new ListCertificatesCommand({ marker: nextMarker, ascendingOrder: true })),
    ).rejects.toMatchObject({ name: "InvalidRequestException", message: "Invalid marker" });
  });
});

describe("UpdateCertificate (API_UpdateCertificate)", () => {
  it("changes the status, also to what it is", async () => {
    const { create, update, describeOne } = withCertificates();
    const { id } = await create();

    await update(id, "ACTIVE");
    await update(id, "ACTIVE");
    expect((await describeOne(id)).status).toBe("ACTIVE");
    await update(id, "REVOKED");

    expect((await describeOne(id)).status).toBe("REVOKED");
  });

  it.each(["PENDING_TRANSFER", "PENDING_ACTIVATION"] as const)(
    "does not take %s, which is AWS's own",
    async (status) => {
      const { create, update } = withCertificates();
      const { id } = await create();

      await expect(update(id, status)).rejects.toMatchObject({ name: "InvalidRequestException" });
    },
  );

  it("refuses an unknown certificate", async () => {
    const { update } = withCertificates();

    await expect(update("0".repeat(64), "ACTIVE")).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
  });
});

describe("DeleteCertificate (API_DeleteCertificate)", () => {
  it("deletes an inactive one, and refuses what is gone", async () => {
    const { create, remove } = withCertificates();
    const { id } = await create();

    await remove(id);

    await expect(remove(id)).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });

  it("refuses an active one with 406, forced or not", async () => {
    const { create, remove } = withCertificates();
    const { id } = await create(true);

    for (const force of [false, true]) {
      await expect(remove(id, force)).rejects.toMatchObject({
        name: "CertificateStateException",
        message: `Certificate must be deactivated (not ACTIVE) before deletion. Id: ${id}`,
        $metadata: { httpStatusCode: 406 },
      });
    }
  });

  it("refuses one with a thing with 409, forced or not", async () => {
    const { iot, create, remove } = withCertificates();
    const { id, arn: principal } = await create();
    const thingName = "car-1";
    await iot.send(new CreateThingCommand({ thingName }));
    await iot.send(new AttachThingPrincipalCommand({ thingName, principal }));

    for (const force of [false, true]) {
      await expect(remove(id, force)).rejects.toMatchObject({
        name: "DeleteConflictException",
        message: `Things must be detached before deletion (arn: ${principal})`,
        $metadata: { httpStatusCode: 409 },
      });
    }
    await iot.send(new DetachThingPrincipalCommand({ thingName, principal }));
    await remove(id);
  });

  it("refuses one with a policy unless forced, which detaches it", async () => {
    const { iot, create, remove } = withCertificates();
    const { id, arn: target } = await create();
    const policyName = "connect";
    await iot.send(new CreatePolicyCommand({ policyName, policyDocument }));
    await iot.send(new AttachPolicyCommand({ policyName, target }));

    await expect(remove(id)).rejects.toMatchObject({
      name: "DeleteConflictException",
      message: `Certificate policies must be detached before deletion (arn: ${target})`,
    });
    await remove(id, true);

    const { targets } = await iot.send(new ListTargetsForPolicyCommand({ policyName }));
    expect(targets).toEqual([]);
  });
});
