import { documented, ours, type Evidence } from "../state/evidence.js";

export const evidence: Evidence = {
  CreatePackage: [documented, ours("a name that is taken is a 409 unless clientToken is the same")],
  GetPackage: [documented],
  ListPackages: [documented],
  UpdatePackage: [
    documented,
    ours("a draft as default version is refused with ValidationException"),
  ],
  DeletePackage: [documented, ours("one with versions is refused with ValidationException")],
  CreatePackageVersion: [documented, ours("an unknown package is a ValidationException")],
  GetPackageVersion: [documented],
  ListPackageVersions: [documented],
  UpdatePackageVersion: [documented, ours("draft to deprecated is a 409, a frozen member a 400")],
  DeletePackageVersion: [
    documented,
    ours("the default version is refused with ValidationException"),
  ],
  GetPackageConfiguration: [documented],
  UpdatePackageConfiguration: [documented, ours("a role is refused in the words of topic rules")],
};
