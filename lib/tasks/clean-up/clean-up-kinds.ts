/** What is removed, in this order: nothing goes before what hangs on it. */
export const CLEAN_UP_KINDS = [
  "registrations",
  "jobs",
  "commands",
  "certificates",
  "device policies",
  "things",
  "dynamic groups",
  "static groups",
  "package configuration",
  "package versions",
  "packages",
  "firmware files",
  "firmware bucket",
  "roles",
  "fleet indexing",
  "thing types",
  "notes",
] as const;

export type CleanUpKind = (typeof CLEAN_UP_KINDS)[number];
