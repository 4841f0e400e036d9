import { ACCOUNT } from "../clients.js";

/** Of a P-256 key; made with openssl. */
export const CSR = `-----BEGIN CERTIFICATE REQUEST-----
MIHJMHICAQAwEDEOMAwGA1UEAwwFY2FyLTEwWTATBgcqhkjOPQIBBggqhkjOPQMB
BwNCAAQejFJ46dShi+vZNCjCh0TlnEU4NEKN/Kcimd2O0X3jXq9uEy3MBzY/6dO/
x4qHH8fumieTRlsQ+VE8aV5w77hPoAAwCgYIKoZIzj0EAwIDRwAwRAIgOdKRcd3/
NHirtRrjxOh24DU6+hy8LsMUFNa4cRJdMloCIFDqiNoHwnEWs2A76ytKM+w6aw6u
6/ckTnO2FIKUMaIx
-----END CERTIFICATE REQUEST-----
`;

export const ROLE = `arn:aws:iam::${ACCOUNT}:role/provisioning`;

/** May do nothing. */
export const POLICY = {
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: "iot:Connect", Resource: "arn:aws:iot:*:*:client/none" }],
};

const parameter = { Type: "String" };

/** A thing called by its serial number, with a certificate and a policy. */
export function template(certificate: object, rest: object = {}): string {
  return JSON.stringify({
    Parameters: { SerialNumber: parameter, Model: { ...parameter, Default: "M1" }, Own: parameter },
    Resources: {
      device: {
        Type: "AWS::IoT::Thing",
        Properties: {
          ThingName: { "Fn::Join": ["-", ["car", { Ref: "SerialNumber" }]] },
          AttributePayload: { model: { Ref: "Model" } },
        },
      },
      identity: { Type: "AWS::IoT::Certificate", Properties: certificate },
      leave: { Type: "AWS::IoT::Policy", Properties: { PolicyDocument: POLICY } },
    },
    ...rest,
  });
}
