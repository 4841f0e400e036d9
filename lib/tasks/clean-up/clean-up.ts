import { requireConfirmation } from "../../aws/confirm.js";
import type { Fleet } from "../../aws/connect.js";
import { InvalidInputError } from "../../aws/errors.js";
import { interruptible } from "../../aws/interrupt.js";
import type { Failure } from "../../aws/many.js";
import { fingerprint } from "../../aws/ownership.js";
import { settingsBefore, SETTINGS_SHADOW } from "../../fleet/shadows/notes.js";
import { packageConfigRoleName } from "../../fleet/software/roles.js";
import { count } from "../../show/progress.js";
import { table } from "../../show/table.js";
import type { Kept } from "./clean-up-survey.js";
import type { CleanUpKind } from "./clean-up-kinds.js";
import type { CleanUpPlan, CleanUpStep } from "./clean-up-plan.js";
import { removeStep, type Removed } from "./clean-up-steps.js";
import { showKept } from "./show-clean-up.js";

/** What became of one kind. */
export interface CleanUpOutcome {
  readonly kind: CleanUpKind;
  /** Deleted or, for settings, put back by this run. */
  readonly deleted: number;
  /** Planned, but gone before this run came to it. */
  readonly gone: number;
  /** What stays, and why. */
  readonly kept: readonly Kept[];
  readonly failed: readonly Failure[];
  readonly seconds: number;
}

/** What a cleanup did, kind by kind, in its order. */
export interface CleanUpReport {
  readonly steps: readonly CleanUpOutcome[];
  readonly seconds: number;
  /** True when nothing failed. */
  readonly isComplete: boolean;
}

/**
 * Remove what a plan names, and nothing else, in the order that AWS asks for; then show what was
 * deleted, what stays and what failed.
 *
 * Every resource is looked at once more before it goes: one that is not the workshop's any more
 * stays. Calls what the plan says; jobs and types are waited for, on the sandbox by setting its
 * clock ahead. A failure stops neither the other items nor the other kinds. After an interruption
 * or failures, plan and run again: what is gone is not there any more, and the rest is done. Running
 * the same plan twice deletes nothing the second time.
 *
 * @param options.confirm `"DELETE"`
 * @throws NotConfirmedError without it: nothing was done then
 * @throws InvalidInputError when the plan was made for another account, Region or prefix
 * @throws ManyInterruptedError on SIGINT, with how far the kind at hand came
 */
export async function cleanUp(
  fleet: Fleet,
  plan: CleanUpPlan,
  options: { readonly confirm?: "DELETE" } = {},
): Promise<CleanUpReport> {
  if (plan.place !== fingerprint(fleet) || plan.prefix !== fleet.prefix) {
    throw new InvalidInputError(
      "the plan of this cleanup",
      `${plan.scope} of ${plan.prefix}`,
      "be made for this account, this Region and this prefix",
      "Run planCleanUp() again.",
    );
  }
  requireConfirmation(options.confirm, "DELETE", sentenceOf(plan));
  const startedAt = fleet.clock.now();
  const steps: CleanUpOutcome[] = [];
  await interruptible(async () => {
    for (const planned of plan.steps) {
      const step = await withoutNeeded(fleet, planned, steps);
      const removed = step.names.length > 0 ? await removeStep(fleet, plan, step) : NOTHING;
      steps.push(outcomeOf(step, removed));
    }
  });
  const seconds = Math.round((fleet.clock.now() - startedAt) / 10) / 100;
  const report = { steps, seconds, isComplete: steps.every(({ failed }) => failed.length === 0) };
  showReport(fleet, report);
  return report;
}

const NOTHING: Removed = { done: 0, existed: 0, failed: [], seconds: 0, throttles: 0 };

/** Take out of a step what something still needs that could not be put back. */
async function withoutNeeded(
  fleet: Fleet,
  step: CleanUpStep,
  done: readonly CleanUpOutcome[],
): Promise<CleanUpStep> {
  const keep = (name: string, why: string): CleanUpStep =>
    step.names.includes(name)
      ? {
          ...step,
          names: step.names.filter((one) => one !== name),
          kept: [...step.kept, { name, why }],
        }
      : step;
  if (step.kind === "roles") {
    const configuration = done.find(({ kind }) => kind === "package configuration");
    if (!configuration || configuration.failed.length === 0) return step;
    return keep(packageConfigRoleName(fleet), "the package configuration still has it");
  }
  if (step.kind === "notes") {
    const settings = Object.keys(await settingsBefore(fleet));
    if (settings.length === 0) return step;
    return keep(SETTINGS_SHADOW, `not put back yet: ${settings.join(", ")}`);
  }
  return step;
}

/** What turned out not to be ours stays, and is no failure. */
function outcomeOf({ kind, kept }: CleanUpStep, removed: Removed): CleanUpOutcome {
  const foreign = removed.failed.filter(({ error }) => error === "NotOursError");
  const isSetting = kind === "fleet indexing" || kind === "package configuration";
  return {
    kind,
    deleted: removed.done,
    gone: removed.existed,
    kept: [
      // What of a setting stays was decided anew, on the setting as it was then.
      ...(isSetting && removed !== NOTHING ? [] : kept),
      ...(removed.kept ?? []),
      ...foreign.map(({ name, cause }) => ({ name, why: cause })),
    ],
    failed: removed.failed.filter(({ error }) => error !== "NotOursError"),
    seconds: removed.seconds,
  };
}

function sentenceOf({ steps }: CleanUpPlan): string {
  const parts = steps
    .filter(({ names }) => names.length > 0)
    .map(({ kind, names }) => `${kind} (${count(names.length)})`);
  return parts.length === 0
    ? "There is nothing to delete."
    : `This deletes, or puts back, for good: ${parts.join(", ")}.`;
}

function showReport(fleet: Fleet, { steps }: CleanUpReport): void {
  fleet.output.show(
    table(
      steps,
      [
        { header: "What", value: ({ kind }) => kind },
        { header: "Deleted or put back", value: ({ deleted }) => deleted },
        { header: "Gone before", value: ({ gone }) => gone },
        { header: "Kept", value: ({ kept }) => kept.length },
        { header: "Failed", value: ({ failed }) => failed.length },
      ],
      steps.length,
    ),
  );
  showKept(fleet, steps);
}
