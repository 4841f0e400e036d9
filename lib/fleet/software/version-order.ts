/**
 * Which of two package versions is newer. AWS keeps their names and no order, so the order is ours:
 *
 * 1. Before the first hyphen stands the release. Its parts, separated by dots, are compared from the
 *    left, numbers as numbers: `1.9.0` < `1.10.0`. A part that is missing counts as 0: `1.1` is as new
 *    as `1.1.0`.
 * 2. What follows is a pre-release, and older than the release itself: `2.0.0-beta` < `2.0.0`. Two
 *    of them are compared part by part too: `2.0.0-beta.2` < `2.0.0-beta.10` < `2.0.0-rc1`.
 * 3. Within a part, digits are compared as a number and other characters by their code, number
 *    before text: `v2` < `v10`, `1` < `a`.
 *
 * @returns below 0 when `a` is older than `b`, above 0 when it is newer, 0 when neither
 * @see https://semver.org/#spec-item-11 from which this differs in rule 3 alone: there, `v10` < `v2`
 */
export function compareVersions(a: string, b: string): number {
  const [releaseA, preA] = halves(a);
  const [releaseB, preB] = halves(b);
  const release = compareParts(releaseA.split("."), releaseB.split("."), "0");
  if (release !== 0) return release;
  if (preA === undefined || preB === undefined) {
    return Number(preA === undefined) - Number(preB === undefined);
  }
  return compareParts(preA.split("."), preB.split("."), "");
}

/** The release, and the pre-release when there is one. */
function halves(version: string): [release: string, pre?: string] {
  const at = version.indexOf("-");
  return at < 0 ? [version] : [version.slice(0, at), version.slice(at + 1)];
}

/** @param missing what stands for a part that only the other one has */
function compareParts(as: readonly string[], bs: readonly string[], missing: string): number {
  for (let i = 0; i < Math.max(as.length, bs.length); i++) {
    const order = comparePart(as[i] ?? missing, bs[i] ?? missing);
    if (order !== 0) return order;
  }
  return 0;
}

/** `rc10` is compared as `rc`, then 10. */
function comparePart(a: string, b: string): number {
  const as = a.match(/\d+|\D+/g) ?? [];
  const bs = b.match(/\d+|\D+/g) ?? [];
  for (let i = 0; i < Math.min(as.length, bs.length); i++) {
    const order = compareRun(as[i] as string, bs[i] as string);
    if (order !== 0) return order;
  }
  return Math.sign(as.length - bs.length);
}

function compareRun(a: string, b: string): number {
  const isNumberA = /^\d/.test(a);
  const isNumberB = /^\d/.test(b);
  if (isNumberA !== isNumberB) return isNumberA ? -1 : 1;
  // A version name may have more digits than a number holds exactly.
  return isNumberA ? compare(BigInt(a), BigInt(b)) : compare(a, b);
}

function compare<T extends bigint | string>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
