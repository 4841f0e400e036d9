// What the page knows: everything once, then what changes. Nothing here draws.

/** @typedef {import("../update.js").Update} Update */
/** @typedef {import("../rows.js").JobRow} Job */
/** @typedef {import("../rows.js").GroupRow} Group */
/** @typedef {import("../rows.js").ClientRow} Client */
/** @typedef {import("../update.js").DeviceLine} DeviceLine */
/** @typedef {import("../messages.js").ShownMessage} Message */
/** @typedef {import("../../handler.js").CallRecord} Call */
/** @typedef {import("../vehicle.js").Vehicle} VehicleDetails */

/**
 * @typedef {object} Vehicle
 * @property {string} name
 * @property {string} type
 * @property {string} country
 * @property {string | undefined} version of its type's package
 * @property {number | undefined} battery in percent
 * @property {boolean | undefined} isConnected undefined for one that never was
 * @property {number} since when its connection became what it is
 * @property {string | undefined} reason why it is not connected any more
 * @property {readonly string[]} groups
 */

/**
 * @typedef {object} Operation
 * @property {string} service
 * @property {string} operation
 * @property {number} calls
 * @property {number} throttled
 * @property {number} failed
 * @property {number | undefined} perSecond the quota; undefined when nobody counts
 * @property {string} counted what is counted together
 */

/**
 * @typedef {object} Model
 * @property {boolean} isKnown whether anything has come yet
 * @property {string} region
 * @property {readonly string[]} regions
 * @property {number} clockAheadMs how far the sandbox's clock is ahead of this browser's
 * @property {Map<string, Vehicle>} vehicles
 * @property {Set<string>} versions of any vehicle, also such as nobody has any more
 * @property {Map<string, Group>} groups
 * @property {Map<string, Job>} jobs
 * @property {Map<string, Client>} clients
 * @property {Map<string, string>} executions the state of each thing in the chosen job
 * @property {VehicleDetails | undefined} vehicle the chosen one
 * @property {Message[]} messages the latest last
 * @property {Message[]} about messages about the chosen vehicle
 * @property {number} missed messages that came faster than they can be shown
 * @property {number} published
 * @property {Call[]} calls the latest last
 * @property {Map<string, Operation>} operations
 * @property {DeviceLine[]} lines the latest last
 */

/** @typedef {"vehicles" | "groups" | "jobs" | "clients" | "executions" | "vehicle" | "messages" | "about" | "calls" | "lines" | "regions"} Part */

/**
 * What an update has changed.
 *
 * @typedef {object} Changed
 * @property {Set<Part>} parts
 * @property {Set<string>} vehicles names of the vehicles whose row is another one now
 * @property {boolean} isFull
 */

/** Rows of a log that are kept. */
const MOST_ROWS = 300;

/** @returns {Model} */
export function emptyModel() {
  return {
    isKnown: false,
    region: "",
    regions: [],
    clockAheadMs: 0,
    vehicles: new Map(),
    versions: new Set(),
    groups: new Map(),
    jobs: new Map(),
    clients: new Map(),
    executions: new Map(),
    vehicle: undefined,
    messages: [],
    about: [],
    missed: 0,
    published: 0,
    calls: [],
    operations: new Map(),
    lines: [],
  };
}

/**
 * Take an update in.
 *
 * @param {Model} model
 * @param {Update} update
 * @param {number} now this browser's time, in milliseconds since the epoch
 * @returns {Changed}
 */
export function applyUpdate(model, update, now) {
  /** @type {Set<Part>} */
  const parts = new Set();
  /** @type {Set<string>} */
  const changedVehicles = new Set();
  const { isFull } = update;
  if (isFull) {
    for (const kind of /** @type {const} */ (["vehicles", "groups", "jobs", "clients"])) {
      model[kind].clear();
      parts.add(kind);
    }
    model.versions.clear();
    model.calls = [];
    model.lines = [];
    model.operations.clear();
    parts.add("calls").add("lines");
  }
  model.isKnown = true;
  model.region = update.region;
  model.clockAheadMs = update.now - now;
  model.published = update.published;
  if (update.regions) {
    model.regions = update.regions;
    parts.add("regions");
  }

  for (const row of update.vehicles.set) {
    const vehicle = vehicleOf(row);
    model.vehicles.set(vehicle.name, vehicle);
    if (vehicle.version !== undefined) model.versions.add(vehicle.version);
    changedVehicles.add(vehicle.name);
  }
  for (const name of update.vehicles.gone) {
    model.vehicles.delete(name);
    changedVehicles.add(name);
  }
  if (changedVehicles.size > 0) parts.add("vehicles");
  if (take(model.groups, update.groups, (group) => group.name)) parts.add("groups");
  if (take(model.jobs, update.jobs, (job) => job.id)) parts.add("jobs");
  if (take(model.clients, update.clients, (client) => client.id)) parts.add("clients");

  const { executions, vehicle, messages, about, calls, lines, totals } = update;
  if (executions) {
    if (executions.isFull) model.executions.clear();
    for (const [thing, status] of executions.rows) {
      if (status === null) model.executions.delete(thing);
      else model.executions.set(thing, status);
    }
    if (executions.isFull || executions.rows.length > 0) parts.add("executions");
  }
  if (vehicle) {
    model.vehicle = vehicle;
    parts.add("vehicle");
  }
  if (messages) {
    if (messages.isFull) [model.messages, model.missed] = [[], 0];
    model.messages = latest(model.messages, messages.rows);
    model.missed += messages.missed;
    if (messages.isFull || messages.rows.length > 0) parts.add("messages");
  }
  if (about) {
    model.about = latest(about.isFull ? [] : model.about, about.rows);
    if (about.isFull || about.rows.length > 0) parts.add("about");
  }
  if (calls.rows.length > 0) {
    model.calls = latest(model.calls, calls.rows);
    parts.add("calls");
  }
  if (lines.rows.length > 0) {
    model.lines = latest(model.lines, lines.rows);
    parts.add("lines");
  }
  for (const [service, operation, n, throttled, failed, perSecond, counted] of totals) {
    model.operations.set(`${service}:${operation}`, {
      service,
      operation,
      calls: n,
      throttled,
      failed,
      perSecond: perSecond ?? undefined,
      counted,
    });
    parts.add("calls");
  }
  return { parts, vehicles: changedVehicles, isFull };
}

/**
 * @template R
 * @param {Map<string, R>} rows
 * @param {import("../update.js").Rows<R>} change
 * @param {(row: R) => string} nameOf
 * @returns {boolean} whether anything has changed
 */
function take(rows, { set, gone }, nameOf) {
  for (const row of set) rows.set(nameOf(row), row);
  for (const name of gone) rows.delete(name);
  return set.length + gone.length > 0;
}

/**
 * @template T
 * @param {readonly T[]} before
 * @param {readonly T[]} more
 * @returns {T[]}
 */
function latest(before, more) {
  return [...before, ...more].slice(-MOST_ROWS);
}

/**
 * @param {import("../rows.js").VehicleRow} row
 * @returns {Vehicle}
 */
function vehicleOf([name, type, country, version, battery, connection, groups]) {
  return {
    name,
    type: type ?? "no type",
    country: country ?? "no country",
    version: version ?? undefined,
    battery: battery ?? undefined,
    isConnected: connection ? connection[0] === 1 : undefined,
    since: connection?.[1] ?? 0,
    reason: connection?.[2],
    groups,
  };
}
