import {
  AttachThingPrincipalCommand,
  DetachThingPrincipalCommand,
  InvalidRequestException,
  ListPrincipalThingsCommand,
  ListPrincipalThingsV2Command,
  ListThingPrincipalsCommand,
  ListThingPrincipalsV2Command,
  ResourceNotFoundException,
  type ThingPrincipalType,
} from "@aws-sdk/client-iot";
import { operation, type State } from "./tables.js";
import { fault, paged, type Page } from "../state/operation.js";
import { attachThing, detachThing, principalsOf, thingsOf } from "./thing-attachments.js";
import { existingThing } from "../registry/naming.js";

/**
 * A principal that is attached already is no error. An exclusive one belongs to a single thing.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_AttachThingPrincipal.html
 */
export const attachThingPrincipal = operation(
  AttachThingPrincipalCommand,
  (state, { thingName, principal, thingPrincipalType = "NON_EXCLUSIVE_THING" }) => {
    existingThing(state, thingName);
    checkPrincipal(state, principal);
    const others = [...thingsOf(state, principal)].filter(([name]) => name !== thingName);
    const exclusive = others.find(([, type]) => type === "EXCLUSIVE_THING");
    if (exclusive) {
      fault(
        InvalidRequestException,
        `Principal ${principal} is exclusively attached to thing ${exclusive[0]}`,
      );
    }
    if (thingPrincipalType === "EXCLUSIVE_THING" && others.length > 0) {
      fault(
        InvalidRequestException,
        `Principal ${principal} cannot be exclusive: it is attached to other things`,
      );
    }
    attachThing(state, thingName, principal, thingPrincipalType);
    return {};
  },
);

/**
 * A principal that is not attached is no error.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_DetachThingPrincipal.html
 */
export const detachThingPrincipal = operation(
  DetachThingPrincipalCommand,
  (state, { thingName, principal }) => {
    existingThing(state, thingName);
    checkPrincipal(state, principal);
    detachThing(state, thingName, principal);
    return {};
  },
);

/** https://docs.aws.amazon.com/iot/latest/apireference/API_ListThingPrincipals.html */
export const listThingPrincipals = operation(
  ListThingPrincipalsCommand,
  (state, { thingName, ...page }) => {
    existingThing(state, thingName);
    const { items, ...next } = pageOf(page, ["ListThingPrincipals", thingName], (after) =>
      principalsOf(state, thingName, after),
    );
    return { principals: items.map(([principal]) => principal), ...next };
  },
);

/** https://docs.aws.amazon.com/iot/latest/apireference/API_ListThingPrincipalsV2.html */
export const listThingPrincipalsV2 = operation(
  ListThingPrincipalsV2Command,
  (state, { thingName, thingPrincipalType: type, ...page }) => {
    existingThing(state, thingName);
    const { items, ...next } = pageOf(page, ["ListThingPrincipalsV2", thingName, type], (after) =>
      ofType(principalsOf(state, thingName, after), type),
    );
    return {
      thingPrincipalObjects: items.map(([principal, thingPrincipalType]) => ({
        principal,
        thingPrincipalType,
      })),
      ...next,
    };
  },
);

/** https://docs.aws.amazon.com/iot/latest/apireference/API_ListPrincipalThings.html */
export const listPrincipalThings = operation(
  ListPrincipalThingsCommand,
  (state, { principal, ...page }) => {
    checkPrincipal(state, principal);
    const { items, ...next } = pageOf(page, ["ListPrincipalThings", principal], (after) =>
      thingsOf(state, principal, after),
    );
    return { things: items.map(([thingName]) => thingName), ...next };
  },
);

/** https://docs.aws.amazon.com/iot/latest/apireference/API_ListPrincipalThingsV2.html */
export const listPrincipalThingsV2 = operation(
  ListPrincipalThingsV2Command,
  (state, { principal, thingPrincipalType: type, ...page }) => {
    checkPrincipal(state, principal);
    const { items, ...next } = pageOf(page, ["ListPrincipalThingsV2", principal, type], (after) =>
      ofType(thingsOf(state, principal, after), type),
    );
    return {
      principalThingObjects: items.map(([thingName, thingPrincipalType]) => ({
        thingName,
        thingPrincipalType,
      })),
      ...next,
    };
  },
);

type Attached = [string, ThingPrincipalType];

function pageOf(
  page: Page,
  question: unknown,
  attached: (after: string | undefined) => Iterable<Attached>,
) {
  return paged<Attached>({
    page,
    question,
    *entries(after) {
      for (const entry of attached(after)) yield [entry[0], entry];
    },
    largest: 250,
    badToken: () => fault(InvalidRequestException, "Invalid nextToken"),
  });
}

function* ofType(
  attached: Iterable<Attached>,
  type: ThingPrincipalType | undefined,
): Generator<Attached> {
  for (const entry of attached) if (type === undefined || entry[1] === type) yield entry;
}

/** Of the principals that AWS knows, the sandbox has certificates. */
function checkPrincipal(state: State, principal: string): void {
  const prefix = state.arn("cert/");
  if (!principal.startsWith(prefix)) {
    fault(
      InvalidRequestException,
      `Invalid principal: ${principal.slice(0, 200)} is no certificate of this account and Region`,
    );
  }
  const certificateId = principal.slice(prefix.length);
  if (!state.certificates.has(certificateId)) {
    fault(ResourceNotFoundException, `Certificate ${certificateId.slice(0, 200)} cannot be found`);
  }
}
