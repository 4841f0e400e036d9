// What a view is, and what it is made with: types alone.

/** @typedef {import("./model.mjs").Changed} Changed */

/**
 * What a view is made with.
 *
 * @typedef {object} Context
 * @property {import("./model.mjs").Model} model
 * @property {URLSearchParams} asked what stands behind the address
 * @property {string} name the vehicle's, on its page
 * @property {() => number} now the sandbox's time
 * @property {(path: string) => void} go
 * @property {(query: Readonly<Record<string, string>>) => void} ask for what only this view wants
 * @property {(message: { topic: string, payload: string, qos: 0 | 1, retain: boolean }) => Promise<string | undefined>} publish what it is refused with
 */

/**
 * @typedef {object} View
 * @property {HTMLElement} element
 * @property {string} title
 * @property {(changed: Changed) => void} update
 * @property {() => void} [tick] once a second
 * @property {() => void} [leave]
 */

export {};
