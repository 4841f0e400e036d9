import { describe, expect, it } from "vitest";
import { showLive } from "../../lib/tasks/show-live.js";
import { openTestFleet } from "../fleet.js";

describe("showLive", () => {
  it("tells where the page is", () => {
    const { fleet, lines } = openTestFleet({ livePage: "http://127.0.0.1:4566/_fleetlab/#word" });

    showLive(fleet);

    expect(lines).toEqual(["The fleet, live: http://127.0.0.1:4566/_fleetlab/#word"]);
  });

  it("puts it into a cell", () => {
    const shown: string[] = [];
    const { fleet } = openTestFleet({ livePage: "http://127.0.0.1:4566/_fleetlab/#word" });
    const output = { ...fleet.output, show: ({ html }: { html: string }) => void shown.push(html) };

    showLive({ ...fleet, output });

    expect(shown.join()).toMatch(
      /^<iframe src="http:\/\/127\.0\.0\.1:4566\/_fleetlab\/#word" title=/,
    );
  });

  it("says that a real account has none, and what there is instead", () => {
    const { fleet, lines } = openTestFleet();

    showLive(fleet);

    expect(lines.join()).toContain("watchFleet(fleet)");
  });
});
