import { cli, moto, ours, seen, type Evidence } from "../state/evidence.js";

const suite = moto("test_iotdata/test_iotdata.py");

export const evidence: Evidence = {
  DeleteThingShadow: [seen(suite, cli), ours("the version number is kept for ever")],
  GetThingShadow: [seen(suite, cli)],
  ListNamedShadowsForThing: [seen(suite), ours("names in order; an unknown thing has none")],
  UpdateThingShadow: [
    seen(suite, cli),
    ours("depth, nulls and numbers as told at the top; unknown keys beside `state` are ignored"),
  ],
};
