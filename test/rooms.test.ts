import { readdirSync, readFileSync } from "node:fs";
import { join, posix, sep } from "node:path";
import ts from "@tslab/typescript-for-tslab";
import { describe, expect, it } from "vitest";

/** Packages and outer rooms that a room may import. The first row whose `from` fits a file holds for it. */
const rooms: readonly { from: RegExp; may: RegExp; rule: string }[] = [
  {
    from: /^lib\/cli\/bootstrap\//,
    may: /^lib\/cli\/bootstrap\/|^node:/,
    rule: "lib/cli/bootstrap runs before anything is installed, and imports Node alone",
  },
  { from: /^lib\/cli\//, may: /^[^.]/, rule: "lib/cli may import anything of lib" },
  {
    from: /^lib\/index\./,
    may: /^lib\/(aws|fleet|tasks|show)\//,
    rule: "lib/index is the contract: rooms that notebooks see",
  },
  {
    from: /^lib\/show\//,
    may: /^lib\/show\/|^vega(-lite)?$/,
    rule: "lib/show is pure: nothing of ours outside it, no clients, no Node",
  },
  {
    from: /^lib\/aws\//,
    may: /^lib\/(aws|show)\/|^(@aws-sdk|@smithy)\/|^(p-limit|fs-native-extensions|cli-progress|mqtt)$|^node:/,
    rule: "lib/aws may import SDK clients, the MQTT client and lib/show",
  },
  {
    from: /^lib\/fleet\//,
    may: /^lib\/(aws|fleet)\/|^@aws-sdk\/|^@smithy\/core\/cbor$|^@peculiar\/asn1-|^fflate$|^node:crypto$/,
    rule: "lib/fleet may import lib/aws, SDK clients and their CBOR",
  },
  {
    from: /^lib\/tasks\//,
    may: /^lib\/(tasks|fleet|aws|show)\/|^node:crypto$/,
    rule: "lib/tasks may import lib/fleet, lib/aws and lib/show, and no SDK client",
  },
  {
    from: /^lib\/sandbox\//,
    may: /^lib\/sandbox\/|^lib\/aws\/(clock|pacing\/limiter|pacing\/quotas)\.|^(@aws-sdk|@smithy)\/|^@peculiar\/asn1-|^(lmdb|mqtt-packet|ws)$|^node:/,
    rule: "of the library, lib/sandbox may import only aws/clock, aws/pacing/limiter and aws/pacing/quotas",
  },
];

/**
 * The rooms inside a room, from the top down: which of its neighbours each may import. A file beside
 * the folders is a room of its own.
 */
const inside: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  "lib/fleet": {
    account: ["software", "search", "shadows"],
    connection: ["jobs", "registry", "shadows"],
    registration: ["identity", "software", "registry"],
    commands: ["registry"],
    jobs: ["software", "registry", "shadows"],
    software: ["registry", "shadows"],
    search: ["registry", "shadows"],
    identity: ["registry"],
    registry: ["shadows"],
    shadows: [],
  },
  "lib/tasks": {
    "show-fleet": ["provisioning"],
    class: ["clean-up", "jobs", "path", "provisioning"],
    "show-live": [],
    "watch-fleet": [],
    "catch-up": ["clean-up", "simulation", "jobs", "groups", "path", "provisioning"],
    "clean-up": ["provisioning", "checkpoint"],
    rollback: ["path", "provisioning", "checkpoint", "show"],
    exploration: ["checkpoint"],
    connection: [],
    commands: ["checkpoint"],
    registration: ["checkpoint"],
    simulation: ["checkpoint"],
    jobs: ["path", "provisioning", "checkpoint"],
    packages: ["path", "provisioning", "checkpoint"],
    groups: ["path", "provisioning", "checkpoint", "show"],
    path: ["provisioning"],
    provisioning: ["checkpoint"],
    checkpoint: [],
    show: [],
  },
  "lib/sandbox": {
    server: ["control", "live", "mqtt", "pki", "http"],
    control: ["live", "index", "door", "http"],
    live: [
      "index",
      "handler",
      "services",
      "mqtt",
      "jobs",
      "search",
      "shadows",
      "identity",
      "door",
      "state",
      "http",
    ],
    index: ["handler", "calls", "services", "mqtt", "identity", "door", "pki", "state", "http"],
    handler: ["calls", "services", "door", "state", "http"],
    calls: ["services", "state", "http"],
    services: [
      "mqtt",
      "account",
      "commands",
      "provisioning",
      "jobs",
      "catalog",
      "search",
      "shadows",
      "identity",
      "registry",
      "s3",
      "iam",
      "state",
      "http",
    ],
    mqtt: ["commands", "provisioning", "jobs", "shadows", "identity", "registry", "state", "http"],
    account: ["registry", "iam", "state", "http"],
    commands: ["registry", "state", "http"],
    provisioning: ["identity", "registry", "s3", "iam", "door", "pki", "state", "http"],
    jobs: ["catalog", "search", "shadows", "registry", "iam", "door", "state", "http"],
    catalog: ["registry", "s3", "iam", "state", "http"],
    search: ["shadows", "registry", "state", "http"],
    shadows: ["state", "http"],
    identity: ["registry", "door", "state", "http", "pki"],
    registry: ["state", "http"],
    s3: ["iam", "door", "state", "http"],
    iam: ["door", "state", "http"],
    door: ["state", "http"],
    state: ["http"],
    http: [],
    pki: [],
  },
};

/** How AWS's services speak: a folder inside a room that other rooms see, since services choose among them. */
const PROTOCOLS = "lib/sandbox/http/protocols/";

/** Notebooks in which the raw call is the lesson. */
const RAW = ["00-start-here.ipynb"];

const root = join(import.meta.dirname, "..");
const read = (file: string) => readFileSync(join(root, file), "utf8");
const filesIn = (folder: string, ending: RegExp) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .map((name) => `${folder}/${name.split(sep).join("/")}`)
    .filter(
      (file) => ending.test(file) && !/\/(dist|node_modules|\.ipynb_checkpoints)\//.test(file),
    );
const sources = filesIn("lib", /(?<!\.d)\.m?ts$|\.mjs$/).filter((file) => !file.endsWith(".d.mts"));

/** What a file imports: packages by name, files of lib from the top, other files from `../`. */
const importsOf = (file: string): readonly string[] => {
  let names = known.get(file);
  if (!names) known.set(file, (names = readImports(file)));
  return names;
};
const known = new Map<string, readonly string[]>();
const readImports = (file: string): string[] => {
  const text = read(file);
  const stated = ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName);
  // Where there are no types but in comments, they name files as well.
  const typed = file.endsWith(".mjs") ? text.matchAll(/import\("([^"]+)"\)/g) : [];
  return [...new Set([...stated, ...[...typed].map(([, name = ""]) => name)])].map((name) => {
    if (name.startsWith("#")) return placeOf(name);
    if (!name.startsWith(".")) return name;
    const path = posix.join(posix.dirname(file), name);
    return path.startsWith("lib/") ? path : `../${path}`;
  });
};
/** What lib's own short names stand for. */
const shortNames = Object.entries(
  (JSON.parse(read("lib/package.json")) as { imports: Record<string, string | object> }).imports,
).map(([name, target]): [name: string, target: string] => [
  name.replace("*", ""),
  typeof target === "string" ? target : (target as { default: string }).default,
]);
const placeOf = (name: string): string => {
  const [start, target] = shortNames.find(([one]) => name.startsWith(one)) ?? [name, `./${name}`];
  return posix.join("lib", target.replace("*", name.slice(start.length)));
};
/** The source behind a compiled name. */
const sourceOf = (name: string) => name.replace(/\.js$/, ".ts");

describe("the rooms of lib", () => {
  it.each(sources)("%s imports only what its room may", (file) => {
    const room = rooms.find(({ from }) => from.test(file));

    const wrong = importsOf(file)
      .filter((name) => !room?.may.test(name))
      .map(
        (name) =>
          `${file} imports ${name}: ${room?.rule ?? "no room that this test knows: README, Rooms"}`,
      );

    expect(wrong).toEqual([]);
  });

  it.each(Object.entries(inside))("inside %s, arrows point down", (folder, table) => {
    const order = Object.keys(table);
    const roomOf = (file: string): string | undefined =>
      file.startsWith(`${folder}/`)
        ? file
            .slice(folder.length + 1)
            .split("/")[0]
            ?.replace(/\.[jt]s$/, "")
        : undefined;

    const wrong = sources.flatMap((file) => {
      const from = roomOf(file);
      if (from === undefined) return [];
      if (!table[from]) return [`${file} stands in no room of ${folder} that this test knows`];
      return importsOf(file)
        .filter((name) => {
          const to = roomOf(name);
          return to !== undefined && to !== from && !table[from]?.includes(to);
        })
        .map((name) => `${file} imports ${name}: ${from} may import ${table[from]?.join(", ")}`);
    });
    const upwards = order.flatMap((from, i) =>
      (table[from] ?? []).filter((to) => order.indexOf(to) <= i).map((to) => `${from} → ${to}`),
    );
    const used = new Set(
      sources.flatMap((file) => importsOf(file).map((name) => `${roomOf(file)} → ${roomOf(name)}`)),
    );
    const unused = order
      .flatMap((from) => (table[from] ?? []).map((to) => `${from} → ${to}`))
      .filter((arrow) => !used.has(arrow));

    expect(wrong).toEqual([]);
    expect(upwards, "a room imports only rooms that stand below it in the table").toEqual([]);
    expect(unused, "what nobody imports nobody needs to be allowed").toEqual([]);
  });

  it("are drawn in the README as they are", () => {
    const [drawing = ""] = /^lib\/sandbox {4}[^]*?(?=^```)/m.exec(read("README.md")) ?? [];
    const table = inside["lib/sandbox"] ?? {};
    const lines = drawing.split("\n").map((line) => line.slice(15).split(/ {4}/)[0] ?? "");
    const drawn = lines.map((line) => line.split(/[^\w]+/).filter((name) => name in table));
    const levelOf = (room: string) => drawn.findIndex((names) => names.includes(room));

    // The way in is one line, in its order.
    const [wayIn = []] = drawn;
    const wrong = Object.entries(table).flatMap(([from, to]) =>
      to
        .filter((room) =>
          wayIn.includes(from) && wayIn.includes(room)
            ? wayIn.indexOf(from) >= wayIn.indexOf(room)
            : levelOf(from) >= levelOf(room),
        )
        .map((room) => `${from} → ${room}`),
    );

    expect(drawn.flat().toSorted()).toEqual(Object.keys(table).toSorted());
    expect(wrong).toEqual([]);
  });

  it("keeps what is in a folder inside a room for that room", () => {
    const wrong = sources.flatMap((file) =>
      importsOf(file)
        .map(sourceOf)
        .filter((name) => {
          const [, room] = /^(lib\/(?:sandbox|fleet|tasks)\/[\w-]+\/).*\//.exec(name) ?? [];
          return room !== undefined && !file.startsWith(room) && !name.startsWith(PROTOCOLS);
        })
        .map((name) => `${file} imports ${name}`),
    );

    expect(wrong).toEqual([]);
  });

  it("has no circle of files, type-only imports included", () => {
    expect(circles(sources)).toEqual([]);
  });

  it("loads the drawing library only when something is drawn", () => {
    const eager = sources.filter((file) => /^import (?!type).*"vega(-lite)?"/m.test(read(file)));

    expect(sources.some((file) => read(file).includes('import("vega")'))).toBe(true);
    expect(eager).toEqual([]);
  });

  it("has no top-level await in what a notebook loads: the kernel requires it", () => {
    const reached = new Set(["lib/index.ts"]);
    for (const file of reached) {
      for (const name of importsOf(file)) if (name.startsWith("lib/")) reached.add(sourceOf(name));
    }

    const wrong = [...reached].filter((file) => {
      const source = ts.createSourceFile(file, read(file), ts.ScriptTarget.ESNext);
      return source.statements.some(awaitsAtOnce);
    });

    expect(reached.size).toBeGreaterThan(20);
    expect(wrong.map((file) => `${file} has a top-level await`)).toEqual([]);
  });
});

function awaitsAtOnce(node: ts.Node): boolean {
  if (ts.isFunctionLike(node)) return false;
  if (ts.isAwaitExpression(node) || (ts.isForOfStatement(node) && node.awaitModifier)) return true;
  return ts.forEachChild(node, awaitsAtOnce) ?? false;
}

/** Files that import each other, directly or by way of others (Tarjan's strongly connected components). */
function circles(files: readonly string[]): string[][] {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const open: string[] = [];
  const found: string[][] = [];
  const visit = (file: string): void => {
    index.set(file, index.size);
    low.set(file, index.get(file) as number);
    open.push(file);
    for (const name of importsOf(file).map(sourceOf)) {
      if (!files.includes(name)) continue;
      if (!index.has(name)) visit(name);
      if (!open.includes(name)) continue;
      low.set(file, Math.min(low.get(file) as number, low.get(name) as number));
    }
    if (low.get(file) !== index.get(file)) return;
    const circle = open.splice(open.indexOf(file));
    if (circle.length > 1) found.push(circle.sort());
  };
  for (const file of files) if (!index.has(file)) visit(file);
  return found;
}

describe("the notebooks", () => {
  it.each(filesIn("notebooks", /\.ipynb$/))("%s imports fleetlab and little else", (file) => {
    const { cells } = JSON.parse(read(file)) as {
      cells: { cell_type: string; source: string | string[] }[];
    };
    const code = cells
      .filter((cell) => cell.cell_type === "code")
      .map(({ source }) => [source].flat().join(""))
      .join("\n");
    const may = RAW.some((name) => file.endsWith(name))
      ? /^(fleetlab|tslab|@aws-sdk\/.*)$/
      : /^(fleetlab|tslab)$/;

    const wrong = ts
      .preProcessFile(code, true, true)
      .importedFiles.map(({ fileName }) => fileName)
      .filter((name) => !may.test(name))
      .map(
        (name) =>
          `${file} imports ${name}: notebooks import fleetlab and tslab, and SDK clients where the raw call is the lesson (${RAW.join(", ")})`,
      );

    expect(wrong).toEqual([]);
  });
});
