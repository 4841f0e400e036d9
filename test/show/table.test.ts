import { describe, expect, it } from "vitest";
import { escapeHtml, facts, table } from "../../lib/show/table.js";

interface Row {
  readonly name: string;
  readonly calls: number | undefined;
}
const columns = [
  { header: "Name", value: (row: Row) => row.name },
  { header: "Calls", value: (row: Row) => row.calls },
];
const rows = (n: number): Row[] =>
  Array.from({ length: n }, (_, i) => ({ name: `row-${i + 1}`, calls: i * 1_000 }));

describe("table", () => {
  it("lines text up on the left and numbers on the right, in a terminal", () => {
    const { text } = table(
      [
        { name: "a", calls: 1_234 },
        { name: "long name", calls: 5 },
      ],
      columns,
    );

    expect(text).toBe("Name       Calls\na          1,234\nlong name      5");
  });

  it("does the same in HTML, with the alignment on each cell", () => {
    const { html } = table([{ name: "a", calls: 1_234 }], columns);

    expect(html).toBe(
      `<table><thead><tr><th style="text-align:left;white-space:nowrap">Name</th><th style="text-align:right;white-space:nowrap">Calls</th></tr></thead>` +
        `<tbody><tr><td style="text-align:left;white-space:nowrap">a</td><td style="text-align:right;white-space:nowrap">1,234</td></tr></tbody></table>`,
    );
  });

  it("shows eight rows and counts the others", () => {
    const { text, html } = table(rows(10_000), columns);

    expect(text.split("\n")).toHaveLength(1 + 8 + 1);
    expect(text).toMatch(/row-8 +7,000\n… and 9,992 more$/);
    expect(html.match(/<tr>/g)).toHaveLength(1 + 8);
    expect(html).toMatch(/<p>… and 9,992 more<\/p>$/);
  });

  it("says nothing of others when there are none", () => {
    const { text, html } = table(rows(8), columns);

    expect(text + html).not.toContain("more");
  });

  it("takes another number of rows", () => {
    expect(table(rows(10), columns, 10).text.split("\n")).toHaveLength(11);
    expect(table(rows(10), columns, 2).text).toContain("… and 8 more");
  });

  it("keeps numbers on the right where one is missing, and leaves its cell empty", () => {
    const { text, html } = table(
      [
        { name: "a", calls: 12_345 },
        { name: "b", calls: undefined },
      ],
      columns,
    );

    expect(text).toBe("Name   Calls\na     12,345\nb");
    expect(html).toContain(`<td style="text-align:right;white-space:nowrap"></td>`);
  });

  it("lets long words break behind their separators, and leaves short cells alone", () => {
    const name = "shadow.name.$package.reported.TruckVehicle.version:1.0.0";
    const { html, text } = table(
      [
        { name, calls: 1 },
        { name: "f".repeat(64), calls: 2 },
        { name: "a.b.c", calls: 3 },
      ],
      columns,
    );

    expect(html).toContain("shadow.<wbr>name.<wbr>$package.<wbr>reported.<wbr>TruckVehicle.");
    expect(html).toContain(`>${"f".repeat(32)}<wbr>${"f".repeat(32)}<`);
    expect(html).toContain(">a.b.c<");
    expect(text).toContain(name);
  });

  it("says so when there are no rows", () => {
    const { text, html } = table<Row>([], columns);

    expect(text).toBe("no rows");
    expect(html).toContain("no rows");
  });

  it("escapes what would be markup, in cells and headers", () => {
    const { html } = table(
      [{ name: `<img src=x onerror="a&b">`, calls: 1 }],
      [{ header: "<b>", value: (row: Row) => row.name }],
    );

    expect(html).not.toMatch(/<img|<b>/);
    expect(html).toContain("&#60;img src=x onerror=&#34;a&#38;b&#34;&#62;");
  });
});

describe("facts", () => {
  it("shows one pair a line", () => {
    const { text, html } = facts([
      ["Region", "eu-west-1"],
      ["Things", 10_000],
    ]);

    expect(text).toBe("Region  eu-west-1\nThings  10,000");
    expect(html.match(/<tr>/g)).toHaveLength(2);
    expect(html).toContain(`<th style="text-align:left;white-space:nowrap">Region</th>`);
  });

  it("escapes values", () => {
    expect(facts([["a", "<script>"]]).html).not.toContain("<script>");
  });
});

describe("escapeHtml", () => {
  it("leaves ordinary text alone", () => {
    expect(escapeHtml("it's 5 €, ok: a/b")).toBe("it's 5 €, ok: a/b");
  });
});
