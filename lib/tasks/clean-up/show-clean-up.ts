import type { Fleet } from "../../aws/connect.js";
import { count, duration } from "../../show/progress.js";
import { table } from "../../show/table.js";
import type { CleanUpKind } from "./clean-up-kinds.js";
import type { CleanUpPlan, CleanUpStep } from "./clean-up-plan.js";
import type { Kept } from "./clean-up-survey.js";

/**
 * Show a plan: what goes, how many, why it is ours and what that takes; then what stays, and why.
 * Calls nothing.
 */
export function showCleanUp(fleet: Fleet, plan: CleanUpPlan): void {
  fleet.output.show(
    table(
      plan.steps,
      [
        { header: "What", value: ({ kind }) => kind },
        { header: "Found", value: ({ names }) => names.length },
        { header: "Names", value: (step) => shortList(step) },
        { header: "Why it is ours", value: ({ why, names }) => (names.length > 0 ? why : "") },
        { header: "Calls", value: ({ calls }) => calls },
        { header: "At our pace", value: (step) => timeOf(step) },
      ],
      plan.steps.length,
    ),
  );
  showKept(fleet, plan.steps);
}

/** What stays, and why, when something does. */
export function showKept(
  fleet: Fleet,
  steps: readonly { readonly kind: CleanUpKind; readonly kept: readonly Kept[] }[],
): void {
  const rows = steps.flatMap(({ kind, kept }) =>
    kept.map(({ name, why }) => ({ what: `${kind}: ${name}`, why })),
  );
  if (rows.length === 0) return;
  fleet.output.show(
    table(rows, [
      { header: "What stays", value: ({ what }) => what },
      { header: "Why", value: ({ why }) => why },
    ]),
  );
}

function timeOf({ names, seconds, waitSeconds }: CleanUpStep): string {
  if (names.length === 0) return "";
  return duration(seconds) + (waitSeconds > 0 ? ` + ${duration(waitSeconds)} wait` : "");
}

/** `SUVVehicle, SedanVehicle` or `Vehicle-VIN-001 … and 99 more` */
function shortList({ kind, names }: CleanUpStep): string {
  // A version's id tells a reader nothing.
  const shown = kind === "firmware files" ? names.map((name) => name.split(" ")[0]) : names;
  if (shown.length <= 3) return shown.join(", ");
  return `${shown[0]} … and ${count(shown.length - 1)} more`;
}
