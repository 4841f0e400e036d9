import { documented, ours, type Evidence } from "../state/evidence.js";

export const evidence: Evidence = {
  CreateCommand: [
    documented,
    ours("at most 32 KiB of payload; placeholders and parameters of a template are checked"),
  ],
  GetCommand: [documented],
  ListCommands: [documented, ours("25 a page unless told otherwise")],
  UpdateCommand: [documented, ours("one that is pending deletion is a 409")],
  DeleteCommand: [
    documented,
    ours("pending deletion lasts twelve hours; one that is not there is a 204"),
  ],
  GetCommandExecution: [documented, ours("a result that JSON has come as is told in AWS's types")],
  ListCommandExecutions: [
    documented,
    ours("25 a page unless told otherwise; times are UTC, and the bounds themselves are outside"),
  ],
  DeleteCommandExecution: [documented, ours("one that is not there counts as deleted")],
};

export const startEvidence: Evidence = {
  StartCommandExecution: [
    documented,
    ours(
      "a placeholder that is a whole text becomes a value of its type; no bound on how many run at once",
    ),
  ],
};
