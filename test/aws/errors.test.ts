import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import {
  ChargesNotAcceptedError,
  ConnectError,
  FleetError,
  InterruptedError,
  InvalidInputError,
  isAlreadyThere,
  isInterrupted,
  isNotFound,
  isThrottled,
  NotOursError,
  WaitTimeoutError,
} from "../../lib/aws/errors.js";

const named = (name: string) => Object.assign(new Error("message"), { name });

describe("an error of ours", () => {
  it.each([
    ChargesNotAcceptedError,
    ConnectError,
    NotOursError,
    WaitTimeoutError,
    InterruptedError,
  ])("prints as its name and message in a cell: %o", (Kind) => {
    const error = new Kind("no");

    expect(error).toBeInstanceOf(FleetError);
    expect(inspect(error)).toBe(`${Kind.name}: no`);
    expect(error.stack).toMatch(/\n\s+at /);
  });

  it("masks accounts, which AWS's words bring along", () => {
    const error = new ConnectError("User: arn:aws:iam::111122223333:user/me is not authorized");

    expect(inspect(error)).toContain("arn:aws:iam::********3333:user/me");
  });
});

describe("InvalidInputError", () => {
  it.each([
    ["a b", `"a b" cannot be a name: it must have no blanks. Use _.`],
    [7, "7 cannot be a name: it must have no blanks. Use _."],
    [[], "[] cannot be a name: it must have no blanks. Use _."],
    [undefined, "undefined cannot be a name: it must have no blanks. Use _."],
  ])("names the value, the rule and the way out: %o", (given, message) => {
    expect(new InvalidInputError("a name", given, "have no blanks", "Use _.").message).toBe(
      message,
    );
  });

  it("ends after the rule when there is no more to say", () => {
    expect(new InvalidInputError("a name", "", "have no blanks").message).toBe(
      `"" cannot be a name: it must have no blanks.`,
    );
  });
});

describe("the guards", () => {
  it.each([
    [isNotFound, "ResourceNotFoundException"],
    [isNotFound, "NoSuchBucket"],
    [isNotFound, "NotFound"],
    [isNotFound, "NoSuchEntityException"],
    [isAlreadyThere, "ResourceAlreadyExistsException"],
    [isAlreadyThere, "ConflictException"],
    [isAlreadyThere, "BucketAlreadyOwnedByYou"],
    [isThrottled, "ThrottlingException"],
    [isThrottled, "SlowDown"],
    [isThrottled, "Throttling"],
    [isInterrupted, "InterruptedError"],
  ])("%o knows %s by its name alone, from whichever copy of the SDK", (guard, name) => {
    const guards = [isNotFound, isAlreadyThere, isThrottled, isInterrupted];

    expect(guards.filter((one) => one(named(name)))).toEqual([guard]);
    expect(guard({ name })).toBe(false);
    expect(guard(undefined)).toBe(false);
  });

  it.each(["LimitExceededException", "AccessDeniedException", "Error"])(
    "takes %s for none of these",
    (name) => {
      const error = named(name);

      expect([isNotFound, isAlreadyThere, isThrottled, isInterrupted].some((g) => g(error))).toBe(
        false,
      );
    },
  );
});
