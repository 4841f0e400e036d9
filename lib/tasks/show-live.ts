import type { Fleet } from "../aws/connect.js";
import { escapeHtml } from "../show/table.js";

/** The height of the page in a cell, in pixels. */
const HEIGHT = 720;

/**
 * Show the live page of the sandbox's fleet in the cell: vehicles, groups, jobs, messages and calls as they
 * happen. In a terminal its address is told. Calls nothing.
 *
 * On a real account there is no such page, and it says so: `watchFleet(fleet)` looks there.
 */
export function showLive(fleet: Fleet): void {
  const { livePage, output } = fleet;
  if (livePage === undefined) {
    output.line(
      "A real account has no live page: only the sandbox sees what happens without asking. " +
        "watchFleet(fleet) shows fleet, job and pace from calls, and says what they cost.",
    );
    return;
  }
  output.show({
    text: `The fleet, live: ${livePage}`,
    html:
      `<iframe src="${escapeHtml(livePage)}" title="The fleet, live" ` +
      `style="width:100%;height:${HEIGHT}px;border:1px solid #d0d7de;border-radius:8px"></iframe>`,
  });
}
