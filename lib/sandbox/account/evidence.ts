import { cli, documented, ours, seen, type Evidence } from "../state/evidence.js";

export const evidence: Evidence = {
  CreateCommand: [documented, ours("at most 32 KiB of payload; kept, never sent")],
  GetCommand: [documented],
  ListCommands: [documented, ours("25 a page unless told otherwise")],
  UpdateCommand: [documented, ours("one that is pending deletion is a 409")],
  DeleteCommand: [
    documented,
    ours("pending deletion lasts twelve hours; one that is not there is a 204"),
  ],
  DeleteTopicRule: [ours("there are no rules; all are refused as AWS refuses unknown ones")],
  DescribeEndpoint: [
    seen(cli),
    ours("the sandbox's own address, with its port unless AWS's are served"),
  ],
  GetV2LoggingOptions: [seen(cli)],
  SetV2LoggingOptions: [documented, ours("kept, not carried out; members that are not sent stay")],
};
