import { cli, documented, ours, seen, type Evidence } from "../state/evidence.js";

const lists = ours("in order of names or numbers");

export const evidence: Evidence = {
  CreateProvisioningTemplate: [
    documented,
    ours("a template is looked through at once; hooks and JITP are a 501"),
  ],
  DescribeProvisioningTemplate: [documented],
  ListProvisioningTemplates: [documented, lists],
  UpdateProvisioningTemplate: [documented],
  DeleteProvisioningTemplate: [documented],
  CreateProvisioningTemplateVersion: [documented],
  DescribeProvisioningTemplateVersion: [documented],
  ListProvisioningTemplateVersions: [documented, lists],
  DeleteProvisioningTemplateVersion: [documented],
  CreateProvisioningClaim: [
    documented,
    ours("the certificate may connect with any client id, and is deleted after five minutes"),
  ],
  RegisterThing: [
    documented,
    ours(
      "all or nothing; without OverrideSettings what exists stays, but a certificate that waits is activated",
    ),
  ],
  StartThingRegistrationTask: [
    documented,
    ours("ten lines a second; a second task is an InvalidRequestException"),
  ],
  DescribeThingRegistrationTask: [documented],
  StopThingRegistrationTask: [documented, ours("Cancelled at once, without Cancelling")],
  ListThingRegistrationTasks: [seen(cli), ours("the newest first")],
  ListThingRegistrationTaskReports: [
    documented,
    ours("one file of each kind once the task is over; members of its lines are from memory"),
  ],
};
