import { LONGEST_SHARE_NAME, LONGEST_TOPIC, MOST_SLASHES } from "./limits.js";

/*
 * Names and filters of topics.
 * https://docs.aws.amazon.com/iot/latest/developerguide/topics.html
 */

/** Why nothing can be published there; undefined when it can. */
export function topicFault(topic: string): string | undefined {
  if (/[+#]/.test(topic)) return "a topic to publish to has no wildcards";
  return textFault(topic, withoutRule(topic));
}

/** Why nobody can subscribe so; undefined when one can. */
export function filterFault(filter: string): string | undefined {
  const share = shareOf(filter);
  if (share === "malformed") return "a shared subscription is $share/<name>/<filter>";
  const plain = share?.filter ?? filter;
  const levels = plain.split("/");
  const isWrong = levels.some(
    (level, i) =>
      (level.includes("+") && level !== "+") ||
      (level.includes("#") && (level !== "#" || i < levels.length - 1)),
  );
  if (isWrong) return "a wildcard is a whole level, and # the last one";
  return textFault(plain, plain);
}

function textFault(text: string, counted: string): string | undefined {
  if (text === "") return "it is empty";
  // Bytes that are no UTF-8 were read as U+FFFD.
  if (/[\0\ufffd]/.test(text)) return "it is not UTF-8 text without NUL";
  if (Buffer.byteLength(counted) > LONGEST_TOPIC) return `it is longer than ${LONGEST_TOPIC} bytes`;
  const isReserved = text.startsWith("$aws/") && counted === text;
  if (!isReserved && counted.split("/").length - 1 > MOST_SLASHES) {
    return `it has more than ${MOST_SLASHES} slashes`;
  }
  return undefined;
}

/** What counts of a topic: of Basic Ingest the first three levels do not. */
function withoutRule(topic: string): string {
  return basicIngest(topic)?.topic ?? topic;
}

/** The rule and the topic of `$aws/rules/<rule>/<topic>`. */
export function basicIngest(topic: string): { rule: string; topic: string } | undefined {
  const [, rule, rest] = /^\$aws\/rules\/([^/]+)\/(.+)$/s.exec(topic) ?? [];
  return rule === undefined || rest === undefined ? undefined : { rule, topic: rest };
}

/** Name and filter of a shared subscription; undefined for every other filter. */
export function shareOf(
  filter: string,
): { readonly name: string; readonly filter: string } | "malformed" | undefined {
  if (filter !== "$share" && !filter.startsWith("$share/")) return undefined;
  const [, name = "", rest] = /^\$share\/([^/+#]+)\/(.+)$/s.exec(filter) ?? [];
  const isNamed = name !== "" && name.length <= LONGEST_SHARE_NAME;
  return rest === undefined || !isNamed ? "malformed" : { name, filter: rest };
}

/** Reserved topics that somebody may hear: nobody subscribes to rules, or to all there is. */
const HEARD = /^\$aws\/(things|events|commands|certificates|provisioning-templates)\//;

/** A device takes commands in the formats that it names: AWS hangs up on one that leaves them open. */
const OPEN_FORMAT = /^\$aws\/commands\/.+\/(request|accepted|rejected)\/\+$/;

/** Whether a filter is for reserved topics that AWS has nothing on. */
export function isUnsupported(filter: string): boolean {
  return filter.startsWith("$") && (!HEARD.test(filter) || OPEN_FORMAT.test(filter));
}
