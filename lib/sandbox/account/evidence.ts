import { cli, documented, ours, seen, type Evidence } from "../state/evidence.js";

export const evidence: Evidence = {
  DeleteTopicRule: [ours("there are no rules; all are refused as AWS refuses unknown ones")],
  DescribeEndpoint: [
    seen(cli),
    ours("the sandbox's own address, with its port unless AWS's are served"),
  ],
  GetV2LoggingOptions: [seen(cli)],
  SetV2LoggingOptions: [documented, ours("kept, not carried out; members that are not sent stay")],
};
