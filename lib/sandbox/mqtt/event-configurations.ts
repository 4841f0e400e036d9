import {
  DescribeEventConfigurationsCommand,
  EventType,
  InvalidRequestException,
  UpdateEventConfigurationsCommand,
} from "@aws-sdk/client-iot";
import { WireError } from "../http/wire.js";
import { fault } from "../state/operation.js";
import { operation, type State } from "./tables.js";

/** Types that somebody hears of, and two of which AWS itself publishes nothing that is documented. */
const KNOWN: ReadonlySet<string> = new Set([
  "THING",
  "THING_TYPE",
  "THING_TYPE_ASSOCIATION",
  "THING_GROUP",
  "THING_GROUP_HIERARCHY",
  "THING_GROUP_MEMBERSHIP",
  "JOB",
  "JOB_EXECUTION",
  "CERTIFICATE",
  "POLICY",
]);

/** Whether events of a type are published: none is until somebody asks for it. */
export function isPublished(state: State, type: EventType): boolean {
  return state.eventConfigurations.get("events")?.enabled.includes(type) === true;
}

/** https://docs.aws.amazon.com/iot/latest/apireference/API_DescribeEventConfigurations.html */
export const describeEventConfigurations = operation(
  DescribeEventConfigurationsCommand,
  (state) => {
    const { enabled = [], ...dates } = state.eventConfigurations.get("events") ?? {};
    const eventConfigurations = Object.fromEntries(
      Object.values(EventType).map((type) => [type, { Enabled: enabled.includes(type) }]),
    );
    return { eventConfigurations, ...dates };
  },
);

/**
 * Types that are not named stay as they are.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_UpdateEventConfigurations.html
 */
export const updateEventConfigurations = operation(
  UpdateEventConfigurationsCommand,
  (state, { eventConfigurations = {} }) => {
    const before = state.eventConfigurations.get("events");
    const enabled = new Set(before?.enabled);
    for (const [type, configuration] of Object.entries(eventConfigurations)) {
      if (!Object.hasOwn(EventType, type)) {
        fault(InvalidRequestException, `There is no event type ${type.slice(0, 100)}`);
      }
      const isWanted = configuration?.Enabled === true;
      // Switched on and never published would be worse than refused.
      if (isWanted && !KNOWN.has(type)) {
        throw new WireError(
          "NotImplementedException",
          501,
          `The sandbox publishes no events of type ${type}.`,
        );
      }
      if (isWanted) enabled.add(type as EventType);
      else enabled.delete(type as EventType);
    }
    state.eventConfigurations.set("events", {
      enabled: [...enabled],
      creationDate: before?.creationDate ?? state.now(),
      lastModifiedDate: state.now(),
    });
    return {};
  },
);
