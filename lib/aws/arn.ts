/**
 * `arn:aws:iot:<region>:<account>:<tail>`, where AWS does not say it.
 *
 * @param tail the kind and the name: `thing/Vehicle-VIN-001`
 */
export function iotArn(
  { region, account }: { readonly region: string; readonly account: string },
  tail: string,
): string {
  return `arn:aws:iot:${region}:${account}:${tail}`;
}
