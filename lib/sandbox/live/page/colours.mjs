// The colours of the notebooks' pictures (lib/show/picture.ts); on dark paper those that would be lost on it
// are lighter. A test holds both to it, and to their contrast.

/** @typedef {"light" | "dark"} Scheme */

/** @type {Readonly<Record<Scheme, string>>} */
export const PANEL = { light: "#ffffff", dark: "#171c23" };

/** @type {Readonly<Record<Scheme, readonly string[]>>} by the order of values */
export const VALUES = {
  light: ["#2f6db3", "#c9700a", "#3f8f2f", "#8250c4", "#b83280", "#84584e", "#5b6570"],
  dark: ["#5c9be0", "#e08a2a", "#5cb04a", "#a67fe0", "#dc62a8", "#b58478", "#8d98a5"],
};

/** @type {Readonly<Record<Scheme, Readonly<Record<string, string>>>>} by the state of an execution */
export const STATES = {
  light: {
    QUEUED: "#7d8a99",
    IN_PROGRESS: "#2f6db3",
    SUCCEEDED: "#3f8f2f",
    FAILED: "#c0392b",
    TIMED_OUT: "#c9700a",
    REJECTED: "#8250c4",
    REMOVED: "#84584e",
    CANCELED: "#414a54",
  },
  dark: {
    QUEUED: "#8b98a8",
    IN_PROGRESS: "#5c9be0",
    SUCCEEDED: "#5cb04a",
    FAILED: "#e5645a",
    TIMED_OUT: "#e08a2a",
    REJECTED: "#a67fe0",
    REMOVED: "#b58478",
    CANCELED: "#b4bec9",
  },
};

/** What is well, what wants a look, and what is not well. */
export const JUDGEMENTS = {
  light: { GOOD: "#3f8f2f", DOUBTFUL: "#c9700a", BAD: "#c0392b" },
  dark: { GOOD: "#5cb04a", DOUBTFUL: "#e08a2a", BAD: "#e5645a" },
};

/** Of what nobody expected, and of what is not known. */
export const UNKNOWN = { light: "#8c959f", dark: "#7d8793" };

/** The states in the order in which they are shown. */
export const STATE_NAMES = Object.keys(STATES.light);
