import { documented, ours, type Evidence } from "../state/evidence.js";

export const controlEvidence: Evidence = {
  DescribeEventConfigurations: [documented],
  UpdateEventConfigurations: [
    documented,
    ours(
      "memberships of dynamic groups are not told, and a membership has the same id when it comes back; there are no certificate authorities to tell of: switching CA_CERTIFICATE on is a 501",
    ),
  ],
};

export const evidence: Evidence = {
  DeleteConnection: [
    documented,
    ours("a session without a client is deleted with `cleanSession` only"),
  ],
  GetConnection: [documented, ours("a client that is gone is remembered for an hour")],
  GetRetainedMessage: [documented],
  ListRetainedMessages: [documented, ours("topics in order")],
  ListSubscriptions: [
    documented,
    ours("filters in order; a session without a client has them too"),
  ],
  Publish: [
    documented,
    ours("a request to jobs is answered to whoever has subscribed; refusals of topics are 400"),
  ],
  SendDirectMessage: [documented, ours("seconds until 504 are real ones, not the sandbox's")],
};
