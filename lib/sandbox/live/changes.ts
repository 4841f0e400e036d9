/*
 * Changed things by a letter for their kind: `v/` vehicle, `d/` all of a vehicle, `g/` group, `j/` job,
 * `e/` execution, `c/` client, `D/` what may concern any vehicle.
 */

/** What of the page a changed record has to do with. */
export function noteChange(note: (key: string) => void, table: string, key: string): void {
  const head = key.slice(0, key.indexOf("/"));
  switch (table) {
    case "things":
    case "connectivity":
    case "groupsOfThing":
      note(`v/${key}`);
      return note(`d/${key}`);
    case "shadows":
      // The others are on the vehicle's own page alone.
      if (key.endsWith("/") || key.endsWith("/$package")) note(`v/${head}`);
      return note(`d/${head}`);
    case "thingGroups":
      return note(`g/${key}`);
    case "jobs":
    case "jobProgress":
      return note(`j/${key}`);
    case "jobExecutions": {
      const [job = "", thing = ""] = key.split("/");
      note(`e/${job}/${thing}`);
      return note(`d/${thing}`);
    }
    case "mqttConnections":
      return note(`c/${key}`);
    case "principalsOfThing":
      return note(`d/${head}`);
    case "certificates":
    case "policiesOfTarget":
      return note("D/");
    default:
      return undefined;
  }
}

/** Names of changed things by the letter of their kind. */
export function sorted(keys: Iterable<string>): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const key of keys) {
    const letter = key.charAt(0);
    const names = found.get(letter);
    if (names) names.push(key.slice(2));
    else found.set(letter, [key.slice(2)]);
  }
  return found;
}
