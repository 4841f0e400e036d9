import { beforeAll, describe, expect, it } from "vitest";
import { inKernel } from "./kernel.js";
import { jupyterForTests } from "./need-jupyter.js";

const jupyter = await jupyterForTests();

type Step =
  | { readonly run: readonly string[]; readonly meanwhile?: string }
  | { readonly inspect: string; readonly at: number }
  | { readonly complete: string; readonly at: number };

interface Event {
  /** Which of the cells, from 0; null for what was asked meanwhile. */
  readonly cell: number | null;
  /** Since the cells were sent. */
  readonly seconds: number;
  readonly status?: "busy" | "idle";
  readonly text?: string;
  readonly shown?: string;
}

interface Answer {
  readonly events?: readonly Event[];
  readonly replies?: readonly string[];
  readonly text?: string;
  readonly matches?: readonly string[];
}

const NAP = "await new Promise((resolve) => setTimeout(resolve, 400));";

/** Each trap of docs/kernel.md: all in one kernel, since a kernel takes seconds to start. */
const STEPS = {
  first: {
    run: ['import { connect, planFleet } from "fleetlab";\n\nconst fleet = await connect();'],
  },
  declared: { run: ["const zeta = 5;"] },
  shorthand: {
    run: ["const f = () => ({ zeta, planFleet });\n[f().zeta, typeof f().planFleet].join()"],
  },
  forAwait: { run: ["for await (const word of ['for', 'await']) console.log(word);"] },
  callHelp: { inspect: "planFleet(", at: 10 },
  optionsHelp: { inspect: "planFleet(fleet, {  });", at: 19 },
  nameHelp: { inspect: "planFleet(fleet);", at: 4 },
  importList: { complete: "import { create", at: 15 },
  members: { complete: "fleet.", at: 6 },
  runAll: {
    run: [1, 2, 3].map((number) => `${NAP}\nconsole.log("cell ${number}");`),
    meanwhile: "fleet.",
  },
  forgotten: {
    run: ['import { findThing } from "fleetlab";\n\nfindThing(fleet, "Vehicle-VIN-001")'],
  },
  forgottenField: { run: ['findThing(fleet, "Vehicle-VIN-001").thingName'] },
  place: { run: ["const fail = () => {\n\n  throw new Error('on purpose');\n};\nfail();"] },
  stops: { run: ["throw new Error('on purpose');", "console.log('not run');"] },
  many: { run: ["for (let line = 1; line <= 5000; line++) console.log(line);"] },
  quick: { run: ["2 + 2"] },
} satisfies Record<string, Step>;

type Answers = Record<keyof typeof STEPS, Answer>;

/** Do all steps in one real kernel. */
async function doSteps(): Promise<Answers> {
  const answers = await inKernel<Answer[]>(jupyter!, "kernel_session.py", Object.values(STEPS));
  const named = Object.keys(STEPS).map((name, index) => [name, answers[index]] as const);
  return Object.fromEntries(named) as Answers;
}

const textOf = ({ events = [] }: Answer) => events.map(({ text = "" }) => text).join("");

describe.skipIf(!jupyter)("the kernel", () => {
  let kernel: Answers;

  beforeAll(async () => {
    kernel = await doSteps();
    const seconds = (answer: Answer) => answer.events?.at(-1)?.seconds.toFixed(2);
    console.log(
      `A first cell took ${seconds(kernel.first)} s, a trivial one ${seconds(kernel.quick)} s.`,
    );
  }, 300_000);

  it("runs a first cell, which is not silent for longer than a second", () => {
    expect(kernel.first.replies).toEqual(["ok"]);
    const [line] = kernel.first.events?.filter(({ text, shown }) => text ?? shown) ?? [];
    // On a machine that has nothing else to do it is 0.3 s.
    expect(line?.seconds).toBeLessThan(process.env["CI"] ? 5 : 2);
  });

  it("takes back what it said while it started", () => {
    const said = kernel.first.events?.findIndex(({ text }) => text?.includes("is starting")) ?? -1;

    const after = kernel.first.events?.slice(said + 1) ?? [];
    if (said >= 0) expect(after.map(({ shown }) => shown)).toContain("clear_output");
  });

  it("finds names of earlier cells in shorthand, imports too, inside functions", () => {
    expect(textOf(kernel.shorthand).trim()).toBe("5,function");
  });

  it("runs `for await` as a cell's only await", () => {
    expect(kernel.forAwait.replies).toEqual(["ok"]);
    expect(textOf(kernel.forAwait)).toBe("for\nawait\n");
  });

  it.each(["callHelp", "optionsHelp", "nameHelp"] as const)("shows options (%s)", (step) => {
    expect(kernel[step].text).toContain("planFleet(fleet: Fleet, wishes?: FleetWishes)");
    expect(kernel[step].text).toContain("devices?: number  // 1 to 1,000,000. Default 100.");
    expect(kernel[step].text).not.toContain("{@link");
  });

  it("offers functions in an import list, and members", () => {
    expect(kernel.importList.matches).toContain("createThing");
    expect(kernel.members.matches).toContain("prefix");
  });

  it("says every line of a cell that says many", () => {
    expect(kernel.many.replies).toEqual(["ok"]);
    expect(textOf(kernel.many).match(/\d+/g)).toHaveLength(5000);
  });

  it("is busy until the last cell of Run All is done", () => {
    const cells = kernel.runAll.events?.filter(({ cell }) => cell !== null) ?? [];
    const told = cells.map(({ cell, status, text }) => `${cell} ${status ?? text?.trim()}`);

    expect(kernel.runAll.replies).toEqual(["ok", "ok", "ok"]);
    expect(told.filter((event, index) => event !== told[index - 1])).toEqual(
      [0, 1, 2].flatMap((n) => [`${n} busy`, `${n} cell ${n + 1}`, `${n} idle`]),
    );
  });

  it("stays busy when something is asked while a cell runs", () => {
    const events = kernel.runAll.events ?? [];
    const answered = events.findIndex(({ cell, status }) => cell === null && status === "idle");

    expect(events[answered + 1]).toMatchObject({ cell: 0, status: "busy" });
  });

  it("says what to write where an await is missing", () => {
    const write = 'await findThing(fleet, "Vehicle-VIN-001")';

    expect(textOf(kernel.forgotten)).toBe(`Line 3 does not wait for its result. Write: ${write}\n`);
    expect(textOf(kernel.forgottenField)).toContain(`Write: (${write}).thingName`);
  });

  it("says in which cell and line an error was made", () => {
    expect(textOf(kernel.place)).toMatch(
      /^Error: on purpose\n +at .*cell \[\d+\], line 3: throw new Error\('on purpose'\);\n +at cell \[\d+\], line 5: fail\(\);\n$/,
    );
  });

  it("runs no cell behind one that failed", () => {
    expect(kernel.stops.replies).toEqual(["error", "abort"]);
    expect(textOf(kernel.stops)).not.toContain("not run");
  });
});
