import { Failure } from "#bootstrap/failures";
import type { Notebook } from "./normalise.js";

/** `![what it shows](attachment:00-parts.svg)` */
const REFERENCES = /!\[[^\]]*\]\(attachment:([^)]+)\)/g;

/**
 * The notebook with the drawings that its prose refers to, in their present form. Inside the
 * notebook they are there for everybody: in a copy elsewhere, in an exported page, before a first run.
 *
 * @param read the SVG of that name; undefined when there is none
 * @throws Failure when a cell refers to a drawing that does not exist
 */
export function withDrawings(
  notebook: Notebook,
  read: (name: string) => string | undefined,
): Notebook {
  const cells = notebook.cells.map((cell) => {
    const { attachments: _, ...rest } = cell;
    const source = [cell.source].flat().join("");
    const names = [...source.matchAll(REFERENCES)].map(([, name = ""]) => name);
    if (names.length === 0) return rest;
    return {
      ...rest,
      attachments: Object.fromEntries(
        names.map((name) => [name, { "image/svg+xml": encoded(name, read(name)) }]),
      ),
    };
  });
  return { ...notebook, cells };
}

/** As Jupyter keeps an attachment of any type. */
function encoded(name: string, svg: string | undefined): string {
  if (svg === undefined) {
    throw new Failure(`There is no drawing "${name}".`, "Drawings are in notebooks/pictures/.");
  }
  return Buffer.from(svg).toString("base64");
}
