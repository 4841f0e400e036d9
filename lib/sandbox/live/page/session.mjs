// The word that opens the page, kept by the browser for this address alone, so that further tabs open too.

const KEY = `fleetlab session ${location.pathname}`;
/** Where a browser keeps nothing, such as in a frame of another site. */
let held = "";

/** @param {string} word */
export function saveWord(word) {
  held = word;
  try {
    localStorage.setItem(KEY, word);
  } catch {
    // It is held as long as the page is open.
  }
}

/** @returns {string | undefined} */
export function savedWord() {
  if (held !== "") return held;
  try {
    return localStorage.getItem(KEY) ?? undefined;
  } catch {
    return undefined;
  }
}

export function forgetWord() {
  held = "";
  try {
    localStorage.removeItem(KEY);
  } catch {
    // Nothing was kept.
  }
}
