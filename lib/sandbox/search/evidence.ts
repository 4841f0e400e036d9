import { cli, documented, ours, report, seen, type Evidence } from "../state/evidence.js";

export const evidence: Evidence = {
  CreateDynamicThingGroup: [
    seen(cli),
    ours("the same again succeeds; without an index a 404, while it is built a 400"),
  ],
  UpdateDynamicThingGroup: [
    seen(cli),
    ours("a static group is refused in DeleteThingGroup's words, turned round"),
  ],
  DeleteDynamicThingGroup: [documented, ours("a static group is refused likewise")],
  DescribeIndex: [seen(cli), ours("an index that is off is a 404")],
  ListIndices: [seen(cli)],
  GetIndexingConfiguration: [seen(cli)],
  UpdateIndexingConfiguration: [documented, ours("off is refused while there are dynamic groups")],
  SearchIndex: [
    seen(cli, report("getmoto/moto", 9235)),
    ours(
      "AND before OR; words end at white space; `>=`, `<=` and `[* TO n]` are taken; no cap of 500",
    ),
  ],
  GetBucketsAggregation: [documented, ours("the largest bucket first")],
  GetCardinality: [seen(cli), ours("exact, where AWS estimates")],
  GetPercentiles: [seen(cli), ours("exact, where AWS estimates")],
  GetStatistics: [seen(cli)],
  GetThingConnectivityData: [documented, ours("no thing was ever connected")],
};
