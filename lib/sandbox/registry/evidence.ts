import {
  cli,
  documented,
  ours,
  report,
  seen,
  terraform,
  type Evidence,
} from "../state/evidence.js";

export const evidence: Evidence = {
  CreateThing: [seen(cli), ours("type, attributes and billing group make a thing the same")],
  DescribeThing: [seen(cli)],
  ListThings: [seen(cli, report("aws/aws-sdk-js", 4237)), ours("no value without its attribute")],
  UpdateThing: [documented, ours("a type and `removeThingType` at once are refused")],
  DeleteThing: [
    seen(report("aws/aws-connected-device-framework", 76)),
    ours("shadows stay; executions become REMOVED"),
  ],

  CreateThingType: [seen(cli), ours("tags do not count among what must be the same")],
  DescribeThingType: [seen(cli)],
  ListThingTypes: [seen(cli)],
  UpdateThingType: [seen(report("aws/aws-cli", 9884))],
  DeprecateThingType: [
    documented,
    ours("twice keeps the first date; undone and repeated, a new one"),
  ],
  DeleteThingType: [seen(terraform("iot/thing_type.go")), ours("the words for a type in use")],

  CreateThingGroup: [seen(cli), ours("tags do not count; an unknown parent is a 404")],
  DescribeThingGroup: [seen(cli)],
  ListThingGroups: [seen(cli)],
  UpdateThingGroup: [seen(cli), ours("a dynamic group is refused in DeleteThingGroup's words")],
  DeleteThingGroup: [seen(terraform("iot/thing_group.go"), report("rebuy-de/aws-nuke", 1199))],
  AddThingToThingGroup: [
    documented,
    ours("the words for a dynamic, a related and an eleventh group"),
  ],
  RemoveThingFromThingGroup: [documented, ours("no error for a thing that is not in it")],
  UpdateThingGroupsForThing: [documented, ours("removes first; all or nothing")],
  ListThingGroupsForThing: [seen(cli)],
  ListThingsInThingGroup: [seen(cli)],

  CreateBillingGroup: [seen(cli), ours("the same again succeeds, tags not compared")],
  DescribeBillingGroup: [seen(cli)],
  ListBillingGroups: [seen(cli)],
  UpdateBillingGroup: [seen(cli)],
  DeleteBillingGroup: [documented, ours("no error for one that is not there; its things leave it")],
  AddThingToBillingGroup: [documented, ours("a thing of another billing group is refused")],
  RemoveThingFromBillingGroup: [documented, ours("no error for a thing that is not in it")],
  ListThingsInBillingGroup: [seen(cli)],

  TagResource: [documented],
  UntagResource: [documented, ours("no error for keys that are not there")],
  ListTagsForResource: [seen(cli)],
};
