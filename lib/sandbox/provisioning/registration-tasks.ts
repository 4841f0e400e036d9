import {
  DescribeThingRegistrationTaskCommand,
  InvalidRequestException,
  ListThingRegistrationTaskReportsCommand,
  ListThingRegistrationTasksCommand,
  ResourceNotFoundException,
  StartThingRegistrationTaskCommand,
  StopThingRegistrationTaskCommand,
} from "@aws-sdk/client-iot";
import { presign } from "../door/presign.js";
import { byAge } from "../state/marked-lists.js";
import { fault, paged } from "../state/operation.js";
import { checkedTemplate, checkRole } from "./provisioning-templates.js";
import type { TaskRecord } from "./records.js";
import { endTask, reportBucket, reportKey, REPORTS } from "./registration-work.js";
import { operation, type State } from "./tables.js";
import { setTimer } from "./timers.js";

/** How long a link to a report lasts, in seconds. */
const LINK_SECONDS = 3600;

/** How long it takes until the first line is done, in milliseconds. */
const START_MS = 1000;

/**
 * One at a time. Whether there is anything to read is seen later, and told by DescribeThingRegistrationTask.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_StartThingRegistrationTask.html
 */
export const startThingRegistrationTask = operation(
  StartThingRegistrationTaskCommand,
  (state, input) => {
    checkedTemplate(input.templateBody);
    checkRole(state, input.roleArn);
    for (const { taskId, status } of state.registrationTasks.values()) {
      if (status !== "InProgress") continue;
      fault(InvalidRequestException, `Task ${taskId} is running, and there can be one at a time`);
    }
    const taskId = state.newId();
    const now = state.now();
    state.registrationTasks.set(taskId, {
      ...input,
      taskId,
      creationDate: now,
      lastModifiedDate: now,
      status: "InProgress",
      successCount: 0,
      failureCount: 0,
      percentageProgress: 0,
      done: 0,
    });
    setTimer(state, now.getTime() + START_MS, { kind: "task", of: taskId });
    return { taskId };
  },
);

/** https://docs.aws.amazon.com/iot/latest/apireference/API_DescribeThingRegistrationTask.html */
export const describeThingRegistrationTask = operation(
  DescribeThingRegistrationTaskCommand,
  (state, { taskId }) => existingTask(state, taskId),
);

/**
 * What was registered stays.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_StopThingRegistrationTask.html
 */
export const stopThingRegistrationTask = operation(
  StopThingRegistrationTaskCommand,
  (state, { taskId }) => {
    const task = existingTask(state, taskId);
    if (task.status !== "InProgress") {
      fault(InvalidRequestException, `Task ${taskId} is ${task.status} and cannot be stopped`);
    }
    endTask(state, task, "Cancelled");
    return {};
  },
);

/**
 * The newest task comes first.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_ListThingRegistrationTasks.html
 */
export const listThingRegistrationTasks = operation(
  ListThingRegistrationTasksCommand,
  (state, { status, ...page }) => {
    const { items, ...next } = paged({
      page,
      question: ["ListThingRegistrationTasks", status],
      *entries(after) {
        const aged = byAge(state.registrationTasks.entries(), {
          createdAt: ({ creationDate }) => creationDate,
          ascending: false,
          after,
        });
        for (const entry of aged) {
          if (status === undefined || entry[1].status === status) yield entry;
        }
      },
      largest: 250,
      badToken,
    });
    return { taskIds: items.map(({ taskId }) => taskId), ...next };
  },
);

/**
 * One file of each kind, once the task is over; none when there is nothing to tell.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_ListThingRegistrationTaskReports.html
 */
export const listThingRegistrationTaskReports = operation(
  ListThingRegistrationTaskReportsCommand,
  (state, { taskId, reportType, nextToken }) => {
    const task = state.registrationTasks.get(taskId);
    // No 404 is modelled here.
    if (!task) return fault(InvalidRequestException, `Task ${taskId} cannot be found`);
    if (nextToken !== undefined) badToken();
    const type = REPORTS.find((one) => one === reportType) ?? "RESULTS";
    const count = type === "RESULTS" ? task.successCount : task.failureCount;
    const isThere = task.status !== "InProgress" && count > 0;
    const link = () =>
      presign({
        endpoint: state.endpoint,
        bucket: reportBucket(state),
        key: reportKey(taskId, type),
        region: state.region,
        credentials: state.signingKeys,
        now: state.now(),
        expiresInSeconds: LINK_SECONDS,
      });
    return { resourceLinks: isThere ? [link()] : [], reportType };
  },
);

function existingTask(state: State, taskId: string): TaskRecord {
  return (
    state.registrationTasks.get(taskId) ??
    fault(ResourceNotFoundException, `Task ${taskId} cannot be found`)
  );
}

function badToken(): never {
  return fault(InvalidRequestException, "Invalid nextToken");
}
