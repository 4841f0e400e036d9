import { cli, documented, ours, seen, type Evidence } from "../state/evidence.js";

export const evidence: Evidence = {
  CreateJob: [
    seen(cli),
    ours(
      "a job id is taken for the same content too; a role is refused in the words of topic rules",
    ),
  ],
  DescribeJob: [
    seen(cli),
    ours(
      "counts are of things, by their last attempt, and follow at once; a job over nothing is COMPLETED",
    ),
  ],
  GetJobDocument: [seen(cli)],
  ListJobs: [seen(cli), ours("in the order of ids")],
  UpdateJob: [documented, ours("a job that has ended is refused")],
  AssociateTargetsWithJob: [seen(cli), ours("things as targets are refused")],
  CancelJob: [seen(cli), ours("a job that has ended is an InvalidRequestException")],
  DeleteJob: [documented, ours("gone after a second")],
  DescribeJobExecution: [seen(cli)],
  ListJobExecutionsForJob: [seen(cli), ours("by thing, every attempt")],
  ListJobExecutionsForThing: [seen(cli), ours("by job, every attempt")],
  CancelJobExecution: [documented],
  DeleteJobExecution: [documented, ours("a queued one goes without force")],
  CreateJobTemplate: [documented, ours("a name that is taken is a 409, also for the same content")],
  DescribeJobTemplate: [documented],
  ListJobTemplates: [documented],
  DeleteJobTemplate: [documented],
  DescribeManagedJobTemplate: [
    documented,
    ours("documents and texts are written from AWS's table"),
  ],
  ListManagedJobTemplates: [documented],
};

export const deviceEvidence: Evidence = {
  DescribeJobExecution: [seen(cli), ours("whole seconds, where the example prints milliseconds")],
  GetPendingJobExecutions: [
    seen(cli),
    ours("whole seconds, where the example prints milliseconds"),
  ],
  StartNextPendingJobExecution: [seen(cli), ours("whole seconds, as above")],
  UpdateJobExecution: [
    seen(cli),
    ours(
      "a wrong version is a 409 that names VersionMismatch; SUCCEEDED straight from QUEUED is taken",
    ),
  ],
};
