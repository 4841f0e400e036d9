/*
 * AWS's schedule expressions, in UTC: cron(minutes hours day-of-month month day-of-week year).
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
 */

/** The values that each field allows. */
export interface Cron {
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  readonly days: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  /** Sunday is 1. */
  readonly weekdays: ReadonlySet<number>;
  readonly years: ReadonlySet<number>;
}

const monthNames = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split(" ");
const weekdayNames = "SUN MON TUE WED THU FRI SAT".split(" ");
const dayMs = 86_400_000;

/** Nobody looks further ahead than this, in days: a leap day comes within it. */
const horizonDays = 366 * 9;

/** @returns undefined for what is no such expression; `L`, `W` and `#` are not understood here */
export function parseCron(text: string): Cron | undefined {
  const fields = /^cron\(([^()]*)\)$/.exec(text.trim())?.[1]?.trim().split(/\s+/) ?? [];
  if (fields.length !== 6) return undefined;
  const [minutes, hours, days, months, weekdays, years] = [
    valuesOf(fields[0], 0, 59),
    valuesOf(fields[1], 0, 23),
    valuesOf(fields[2], 1, 31),
    valuesOf(fields[3], 1, 12, monthNames),
    valuesOf(fields[4], 1, 7, weekdayNames),
    valuesOf(fields[5], 1970, 2199),
  ];
  if (!minutes || !hours || !days || !months || !weekdays || !years) return undefined;
  return { minutes, hours, days, months, weekdays, years };
}

/** Every start behind a moment, in milliseconds since the epoch, the first one first. */
export function* startsAfter(cron: Cron, after: number): Generator<number> {
  const minutes = [...cron.minutes].sort((a, b) => a - b);
  const hours = [...cron.hours].sort((a, b) => a - b);
  let day = Math.floor(after / dayMs) * dayMs;
  for (let ahead = 0; ahead < horizonDays; ahead++, day += dayMs) {
    const date = new Date(day);
    const fits =
      cron.years.has(date.getUTCFullYear()) &&
      cron.months.has(date.getUTCMonth() + 1) &&
      cron.days.has(date.getUTCDate()) &&
      cron.weekdays.has(date.getUTCDay() + 1);
    if (!fits) continue;
    for (const hour of hours) {
      for (const minute of minutes) {
        const start = day + (hour * 60 + minute) * 60_000;
        if (start > after) yield start;
      }
    }
  }
}

/** `*`, `?`, `5`, `MON`, `1-5`, `0/15`, and lists of them. */
function valuesOf(
  field: string | undefined,
  first: number,
  last: number,
  names: readonly string[] = [],
): Set<number> | undefined {
  const numberOf = (text: string): number => {
    const at = names.indexOf(text.toUpperCase());
    return at >= 0 ? at + first : /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  };
  const values = new Set<number>();
  for (const part of (field ?? "").split(",")) {
    const [, range = "", step] = /^([^/]+)(?:\/(\d{1,4}))?$/.exec(part) ?? [];
    const [from = "", to] = range.split("-");
    const isAll = range === "*" || range === "?";
    const low = isAll ? first : numberOf(from);
    const high = isAll ? last : to !== undefined ? numberOf(to) : step ? last : low;
    const by = step === undefined ? 1 : Number(step);
    // Of a NaN no comparison holds.
    if (!(low >= first && high <= last && low <= high && by >= 1)) return undefined;
    for (let value = low; value <= high; value += by) values.add(value);
  }
  return values;
}
