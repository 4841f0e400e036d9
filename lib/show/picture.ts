import { visible } from "./visible.js";
import { escapeHtml, type Shown } from "./table.js";

/**
 * What pictures stand on. A picture in a page cannot know the page's theme, and no ink has enough
 * contrast on white and on black: so each brings its paper, which is as readable on both.
 */
export const PAPER = "#f6f8fa";
/** Words and axes: 8:1 on the paper. */
export const INK = "#414a54";
/** Lines that only guide the eye. */
export const FAINT = "#d0d7de";
export const FONT = "system-ui, 'Segoe UI', 'Liberation Sans', Arial, sans-serif";

/** Told apart in every common form of colour blindness, and from the paper: 3:1 at least. */
export const COLOURS = [
  "#2f6db3",
  "#c9700a",
  "#3f8f2f",
  "#8250c4",
  "#b83280",
  "#84584e",
  "#5b6570",
] as const;

/** What is well, what wants a look, and what is not well. */
export const GOOD = "#3f8f2f";
export const DOUBTFUL = "#c9700a";
export const BAD = "#c0392b";

/** What each state of an execution looks like, in every picture. */
export const STATE_COLOURS: Readonly<Record<string, string>> = {
  QUEUED: "#7d8a99",
  IN_PROGRESS: "#2f6db3",
  SUCCEEDED: GOOD,
  FAILED: BAD,
  TIMED_OUT: DOUBTFUL,
  REJECTED: "#8250c4",
  REMOVED: "#84584e",
  CANCELED: "#414a54",
};

/** The colour that a name is given, if any: AWS lets a version be called `constructor`. */
export function ownColour(
  colours: Readonly<Record<string, string>>,
  name: string,
): string | undefined {
  return Object.hasOwn(colours, name) ? colours[name] : undefined;
}

/**
 * A picture as something to show. Notebooks get an image whose source is the SVG itself: unlike an
 * SVG output it carries an alternative text, and it is seen in a notebook that nobody has run or
 * trusted yet.
 *
 * @param words what the picture says, for whoever cannot see it: `alt` in a sentence, `text` for a terminal
 */
export function picture(
  svg: string,
  words: { readonly alt: string; readonly text: string },
): Shown {
  const drawn = visible(svg);
  const alt = escapeHtml(words.alt.replace(/\s+/g, " "));
  // A picture that is wider than its cell shrinks; one that is smaller stays as it is.
  const html = `<img alt="${alt}" src="${sourceOf(drawn)}" style="max-width:100%">`;
  return { text: visible(words.text), html, svg: drawn };
}

/** Only what a URL or the attribute would misread is escaped: the notebook's file stays readable. */
function sourceOf(svg: string): string {
  const text = svg.replace(/[%#"&\n<>]/g, (c) => encodeURIComponent(c));
  return `data:image/svg+xml;charset=utf-8,${text}`;
}
