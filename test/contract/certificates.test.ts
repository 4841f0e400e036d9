import {
  AttachPolicyCommand,
  AttachThingPrincipalCommand,
  CreateCertificateFromCsrCommand,
  CreateKeysAndCertificateCommand,
  DeleteCertificateCommand,
  DeleteThingCommand,
  DescribeCertificateCommand,
  DetachThingPrincipalCommand,
  ListCertificatesCommand,
  ListPrincipalThingsCommand,
  ListPrincipalThingsV2Command,
  ListThingPrincipalsCommand,
  ListThingPrincipalsV2Command,
  RegisterCertificateWithoutCACommand,
  UpdateCertificateCommand,
  type CertificateStatus,
} from "@aws-sdk/client-iot";
import { createPrivateKey, createPublicKey, randomBytes, X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import { createAuthority } from "../../lib/sandbox/identity/x509.js";
import { keepCertificate, makeCertificate, makePolicy, makeThing } from "./makers.js";
import { longest, pagesOf } from "./paging.js";
import { invalid, notFound, refused, taken } from "./refused.js";
import { openTarget } from "./target.js";

const target = await openTarget();
const { iot } = target;

/** Of a P-256 key, subject CN=car-1; made with openssl. */
const csr = `-----BEGIN CERTIFICATE REQUEST-----
MIHJMHICAQAwEDEOMAwGA1UEAwwFY2FyLTEwWTATBgcqhkjOPQIBBggqhkjOPQMB
BwNCAAQejFJ46dShi+vZNCjCh0TlnEU4NEKN/Kcimd2O0X3jXq9uEy3MBzY/6dO/
x4qHH8fumieTRlsQ+VE8aV5w77hPoAAwCgYIKoZIzj0EAwIDRwAwRAIgOdKRcd3/
NHirtRrjxOh24DU6+hy8LsMUFNa4cRJdMloCIFDqiNoHwnEWs2A76ytKM+w6aw6u
6/ckTnO2FIKUMaIx
-----END CERTIFICATE REQUEST-----
`;
const nobody = "0".repeat(64);

const look = async (certificateId: string) =>
  (await iot.send(new DescribeCertificateCommand({ certificateId }))).certificateDescription;
const set = (certificateId: string, newStatus: CertificateStatus) =>
  iot.send(new UpdateCertificateCommand({ certificateId, newStatus }));
const remove = (certificateId: string, forceDelete?: boolean) =>
  iot.send(new DeleteCertificateCommand({ certificateId, forceDelete }));
const detach = (thingName: string, principal: string) =>
  iot.send(new DetachThingPrincipalCommand({ thingName, principal }));

/** Attach a certificate to a thing; at the end it comes off before either goes. */
async function attach(thingName: string, principal: string) {
  target.cleanUp(`certificate on ${thingName}`, () => detach(thingName, principal));
  return iot.send(new AttachThingPrincipalCommand({ thingName, principal }));
}

// https://docs.aws.amazon.com/iot/latest/apireference/API_CreateKeysAndCertificate.html
describe("CreateKeysAndCertificate", () => {
  it("gives an inactive certificate, its ARN and its keys", async () => {
    const made = await makeCertificate(target);

    const { certificateId, certificateArn, certificatePem = "", keyPair } = made;
    expect(certificateId).toMatch(/^[0-9a-f]{64}$/);
    expect(certificateArn).toBe(target.arn(`cert/${certificateId}`));
    const { publicKey } = new X509Certificate(certificatePem);
    const spki = publicKey.export({ type: "spki", format: "pem" });
    expect(createPublicKey(keyPair?.PublicKey ?? "").export({ type: "spki", format: "pem" })).toBe(
      spki,
    );
    expect(
      createPublicKey(createPrivateKey(keyPair?.PrivateKey ?? "")).export({
        type: "spki",
        format: "pem",
      }),
    ).toBe(spki);
    expect(await look(certificateId)).toMatchObject({ status: "INACTIVE" });
  });

  it("gives an active one on demand", async () => {
    const { certificateId = "" } = await iot.send(
      new CreateKeysAndCertificateCommand({ setAsActive: true }),
    );
    keepCertificate(target, certificateId);

    expect(await look(certificateId)).toMatchObject({ status: "ACTIVE" });
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_CreateCertificateFromCsr.html
describe("CreateCertificateFromCsr", () => {
  it("gives a certificate for the key of the request", async () => {
    const { certificateId = "", certificatePem = "" } = await iot.send(
      new CreateCertificateFromCsrCommand({ certificateSigningRequest: csr }),
    );
    keepCertificate(target, certificateId);

    const { asymmetricKeyType } = new X509Certificate(certificatePem).publicKey;
    expect(asymmetricKeyType).toBe("ec");
    expect(await look(certificateId)).toMatchObject({ status: "INACTIVE", certificatePem });
  });

  it("refuses what is no request with 400", async () => {
    const made = iot.send(
      new CreateCertificateFromCsrCommand({ certificateSigningRequest: "no request" }),
    );

    await expect(made).rejects.toMatchObject(invalid);
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_RegisterCertificateWithoutCA.html
describe("RegisterCertificateWithoutCA", () => {
  const register = (certificatePem: string) =>
    iot.send(new RegisterCertificateWithoutCACommand({ certificatePem }));

  it("takes a certificate that somebody else has signed, once", async () => {
    const serial = randomBytes(16).toString("hex");
    const { certificatePem } = createAuthority(
      target.name("authority"),
      serial,
      new Date(target.clock.now()),
    );

    const { certificateId = "", certificateArn } = await register(certificatePem);
    keepCertificate(target, certificateId);

    expect(certificateArn).toBe(target.arn(`cert/${certificateId}`));
    expect(await look(certificateId)).toMatchObject({ certificateMode: "SNI_ONLY" });
    await expect(register(certificatePem)).rejects.toMatchObject(taken);
  });

  it("refuses what is no certificate with 400", async () => {
    await expect(register("no certificate")).rejects.toMatchObject(
      refused("CertificateValidationException", 400),
    );
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_DescribeCertificate.html
// https://docs.aws.amazon.com/iot/latest/apireference/API_UpdateCertificate.html
describe("DescribeCertificate and UpdateCertificate", () => {
  it("tell and change the status", async () => {
    const { certificateId, certificateArn, certificatePem } = await makeCertificate(target);

    await set(certificateId, "ACTIVE");

    expect(await look(certificateId)).toMatchObject({
      certificateId,
      certificateArn,
      certificatePem,
      status: "ACTIVE",
      ownedBy: target.account,
      creationDate: expect.any(Date),
      lastModifiedDate: expect.any(Date),
      validity: { notBefore: expect.any(Date), notAfter: expect.any(Date) },
    });
  });

  it("refuse an unknown certificate with 404, and an id that is none with 400", async () => {
    await expect(look(nobody)).rejects.toMatchObject(notFound);
    await expect(set(nobody, "INACTIVE")).rejects.toMatchObject(notFound);
    await expect(look("car")).rejects.toMatchObject(invalid);
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_ListCertificates.html
describe("ListCertificates", () => {
  it("goes on with another certificate on the next page", async () => {
    for (let i = 0; i < 2; i++) await makeCertificate(target);

    const pages = await target.eventually(async () => {
      const found = await pagesOf(async (marker) => {
        const page = await iot.send(new ListCertificatesCommand({ pageSize: 1, marker }));
        return { items: page.certificates, next: page.nextMarker };
      }, 2);
      expect(found.flat()).toHaveLength(2);
      return found;
    });

    expect(longest(pages)).toBe(1);
    expect(new Set(pages.flat().map(({ certificateId }) => certificateId)).size).toBe(2);
    expect(pages.flat()[0]).toMatchObject({
      certificateArn: expect.stringContaining(":cert/"),
      status: expect.any(String),
      creationDate: expect.any(Date),
    });
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_DeleteCertificate.html
describe("DeleteCertificate", () => {
  it("deletes an inactive certificate, and refuses an active one with 406", async () => {
    const { certificateId } = await makeCertificate(target);
    await set(certificateId, "ACTIVE");

    await expect(remove(certificateId)).rejects.toMatchObject(
      refused("CertificateStateException", 406),
    );
    await set(certificateId, "INACTIVE");
    await remove(certificateId);

    await expect(look(certificateId)).rejects.toMatchObject(notFound);
  });

  it("refuses one with a policy with 409, unless it is forced", async () => {
    const { certificateId, certificateArn } = await makeCertificate(target);
    const policyName = await makePolicy(target);
    await iot.send(new AttachPolicyCommand({ policyName, target: certificateArn }));

    await expect(remove(certificateId)).rejects.toMatchObject(
      refused("DeleteConflictException", 409),
    );
    await remove(certificateId, true);

    await expect(look(certificateId)).rejects.toMatchObject(notFound);
  });

  it("refuses one with a thing with 409, also when it is forced", async () => {
    const { certificateId, certificateArn } = await makeCertificate(target);
    const { thingName } = await makeThing(target);
    await attach(thingName, certificateArn);

    await expect(remove(certificateId, true)).rejects.toMatchObject(
      refused("DeleteConflictException", 409),
    );
  });

  it("refuses an unknown certificate with 404", async () => {
    await expect(remove(nobody)).rejects.toMatchObject(notFound);
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_AttachThingPrincipal.html
// https://docs.aws.amazon.com/iot/latest/apireference/API_DetachThingPrincipal.html
describe("AttachThingPrincipal and DetachThingPrincipal", () => {
  const thingsOf = async (principal: string) =>
    (await iot.send(new ListPrincipalThingsCommand({ principal }))).things;
  const principalsOf = async (thingName: string) =>
    (await iot.send(new ListThingPrincipalsCommand({ thingName }))).principals;

  it("show on both sides", async () => {
    const { certificateArn } = await makeCertificate(target);
    const { thingName } = await makeThing(target);

    await attach(thingName, certificateArn);
    await target.eventually(async () => {
      expect(await thingsOf(certificateArn)).toEqual([thingName]);
      expect(await principalsOf(thingName)).toEqual([certificateArn]);
    });
    await detach(thingName, certificateArn);

    await target.eventually(async () => {
      expect(await thingsOf(certificateArn)).toEqual([]);
      expect(await principalsOf(thingName)).toEqual([]);
    });
  });

  it("keep the thing from being deleted", async () => {
    const { certificateArn } = await makeCertificate(target);
    const { thingName } = await makeThing(target);
    await attach(thingName, certificateArn);

    await expect(iot.send(new DeleteThingCommand({ thingName }))).rejects.toMatchObject({
      ...invalid,
      message: expect.stringContaining("is still attached to one or more principals"),
    });
  });

  it("refuse an unknown thing with 404", async () => {
    const { certificateArn } = await makeCertificate(target);
    const thingName = target.name("thing");
    const attached = iot.send(
      new AttachThingPrincipalCommand({ thingName, principal: certificateArn }),
    );

    await expect(attached).rejects.toMatchObject(notFound);
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_ListThingPrincipalsV2.html
// https://docs.aws.amazon.com/iot/latest/apireference/API_ListPrincipalThingsV2.html
describe("ListThingPrincipalsV2 and ListPrincipalThingsV2", () => {
  it("tell in which way thing and certificate belong together", async () => {
    const { certificateArn: principal } = await makeCertificate(target);
    const { thingName } = await makeThing(target);
    await attach(thingName, principal);
    const thingPrincipalType = "NON_EXCLUSIVE_THING";

    await target.eventually(async () => {
      const ofThing = await iot.send(new ListThingPrincipalsV2Command({ thingName }));
      const ofPrincipal = await iot.send(new ListPrincipalThingsV2Command({ principal }));
      expect(ofThing.thingPrincipalObjects).toEqual([{ principal, thingPrincipalType }]);
      expect(ofPrincipal.principalThingObjects).toEqual([{ thingName, thingPrincipalType }]);
    });
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_ListThingPrincipals.html
// https://docs.aws.amazon.com/iot/latest/apireference/API_ListPrincipalThings.html
describe("ListThingPrincipals and ListPrincipalThings", () => {
  it("page, each entry once", async () => {
    const [first, second] = [await makeCertificate(target), await makeCertificate(target)];
    const [one, two] = [await makeThing(target), await makeThing(target)];
    for (const [thing, certificate] of [
      [one, first],
      [one, second],
      [two, first],
    ] as const) {
      await attach(thing.thingName, certificate.certificateArn);
    }

    await target.eventually(async () => {
      const things = await pagesOf(async (nextToken) => {
        const input = { principal: first.certificateArn, maxResults: 1, nextToken };
        const page = await iot.send(new ListPrincipalThingsCommand(input));
        return { items: page.things, next: page.nextToken };
      });
      expect(longest(things)).toBeLessThanOrEqual(1);
      expect(things.flat().sort()).toEqual([one.thingName, two.thingName].sort());

      const principals = await pagesOf(async (nextToken) => {
        const input = { thingName: one.thingName, maxResults: 1, nextToken };
        const page = await iot.send(new ListThingPrincipalsCommand(input));
        return { items: page.principals, next: page.nextToken };
      });
      expect(longest(principals)).toBeLessThanOrEqual(1);
      expect(principals.flat().sort()).toEqual(
        [first.certificateArn, second.certificateArn].sort(),
      );
    });
  });

  it("refuse an unknown thing with 404", async () => {
    const thingName = target.name("thing");
    const listed = iot.send(new ListThingPrincipalsCommand({ thingName }));

    await expect(listed).rejects.toMatchObject(notFound);
  });
});
