"""Walk the learning path with boto3, as the Python scripts do, against the sandbox.

AWS_ENDPOINT_URL, AWS_REGION and keys come from the environment. Every step asserts what AWS would
answer; the last one that all is gone.
"""

import io
import json
import os
import time
import urllib.request
import zipfile

import boto3
from botocore.exceptions import ClientError

sts = boto3.client("sts")
iot = boto3.client("iot")
data = boto3.client("iot-data")
jobs = boto3.client("iot-jobs-data")
iam = boto3.client("iam")
s3 = boto3.client("s3")

account = sts.get_caller_identity()["Account"]
region = os.environ["AWS_REGION"]
bucket = f"walk-{region}-{account}"
thing, package, group = "Walk-VIN-001", "WalkVehicle", "US_Walk"


def step(text):
    print(f"ok {text}", flush=True)


def poll(look, seconds=30):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.2)
    raise TimeoutError(look)


def refused(code, call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error
        return error
    raise AssertionError(f"{code} was expected")


# Provision
iot.create_thing_type(
    thingTypeName=package,
    thingTypeProperties={"searchableAttributes": ["country"]},
    tags=[{"Key": "walk", "Value": "boto3"}],
)
iot.update_indexing_configuration(
    thingIndexingConfiguration={
        "thingIndexingMode": "REGISTRY_AND_SHADOW",
        "namedShadowIndexingMode": "ON",
        "filter": {"namedShadowNames": ["$package"]},
    }
)
s3.create_bucket(Bucket=bucket)
s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
versions = ["1.0.0", "1.1.0"]
iot.create_package(packageName=package)
for version in versions:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        archive.writestr(f"firmware_{version}.bin", f"firmware {version}")
    key = f"{package}_v{version.replace('.', '_')}.zip"
    put = s3.put_object(Bucket=bucket, Key=key, Body=body.getvalue())
    iot.create_package_version(
        packageName=package,
        versionName=version,
        artifact={"s3Location": {"bucket": bucket, "key": key, "version": put["VersionId"]}},
        attributes={"signingKey": "none"},
    )
    iot.update_package_version(packageName=package, versionName=version, action="PUBLISH")
step("types, indexing, bucket, packages")

trust = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "iot.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}
policies = {
    "WalkJobsRole": {"Action": ["s3:GetObject", "s3:GetObjectVersion"], "Resource": f"arn:aws:s3:::{bucket}/*"},
    "WalkConfigRole": {"Action": ["iot:GetThingShadow", "iot:UpdateThingShadow"], "Resource": "*"},
}
roles = {}
for name, statement in policies.items():
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
    roles[name] = role["Role"]["Arn"]
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]}
    iam.put_role_policy(RoleName=name, PolicyName="walk", PolicyDocument=json.dumps(document))


def configured():
    try:
        iot.update_package_configuration(
            versionUpdateByJobsConfig={"enabled": True, "roleArn": roles["WalkConfigRole"]}
        )
        return True
    except ClientError as error:
        # A role made a moment ago cannot be assumed yet, as on AWS.
        assert error.response["Error"]["Code"] == "ValidationException", error
        return False


poll(configured)
step("roles and package configuration")

iot.create_thing_group(thingGroupName=group)
attributes = {"country": "US"}
iot.create_thing(thingName=thing, thingTypeName=package, attributePayload={"attributes": attributes})
iot.create_thing(thingName=thing, thingTypeName=package, attributePayload={"attributes": attributes})
error = refused(
    "ResourceAlreadyExistsException",
    iot.create_thing,
    thingName=thing,
    thingTypeName=package,
    attributePayload={"attributes": {"country": "CA"}},
)
assert "different attributes" in str(error), error
iot.add_thing_to_thing_group(thingName=thing, thingGroupName=group)
reported = {"state": {"reported": {"batteryStatus": 75}}}
data.update_thing_shadow(thingName=thing, payload=json.dumps(reported))
inventory = {"state": {"reported": {package: {"version": "1.0.0", "attributes": {}}}}}
data.update_thing_shadow(thingName=thing, shadowName="$package", payload=json.dumps(inventory))
step("thing, group, shadows")

# Dynamic groups
poll(lambda: iot.describe_index(indexName="AWS_Things")["indexStatus"] == "ACTIVE")
old = f"thingTypeName:{package} AND shadow.name.$package.reported.{package}.version:1.0.0"
poll(lambda: iot.search_index(queryString=old)["things"])
iot.create_dynamic_thing_group(thingGroupName="Walk_1_0_0", queryString=old)
poll(lambda: iot.describe_thing_group(thingGroupName="Walk_1_0_0")["status"] == "ACTIVE")
assert iot.list_things_in_thing_group(thingGroupName="Walk_1_0_0")["things"] == [thing]
step("dynamic group")

# A job, and the device's side of it
arn = f"arn:aws:iot:{region}:{account}"
placeholder = f"${{aws:iot:package:{package}:version:1.1.0:artifact:s3-presigned-url}}"
created = iot.create_job(
    jobId="walk-1",
    targets=[f"{arn}:thinggroup/{group}"],
    document=json.dumps({"url": placeholder}),
    targetSelection="SNAPSHOT",
    presignedUrlConfig={"roleArn": roles["WalkJobsRole"], "expiresInSec": 3600},
    destinationPackageVersions=[f"{arn}:package/{package}/version/1.1.0"],
)
assert created["jobId"] == "walk-1"
execution = poll(
    lambda: jobs.start_next_pending_job_execution(thingName=thing).get("execution")
)
assert execution["status"] == "IN_PROGRESS" and execution["versionNumber"] == 2, execution
url = json.loads(execution["jobDocument"])["url"]
with urllib.request.urlopen(url) as answer:
    archive = zipfile.ZipFile(io.BytesIO(answer.read()))
assert archive.read("firmware_1.1.0.bin") == b"firmware 1.1.0"
jobs.update_job_execution(jobId="walk-1", thingName=thing, status="SUCCEEDED", expectedVersion=2)
poll(lambda: iot.describe_job(jobId="walk-1")["job"]["status"] == "COMPLETED")


def version_now():
    shadow = json.loads(data.get_thing_shadow(thingName=thing, shadowName="$package")["payload"].read())
    return shadow["state"]["reported"][package]["version"]


poll(lambda: version_now() == "1.1.0")
poll(lambda: not iot.list_things_in_thing_group(thingGroupName="Walk_1_0_0")["things"])
step("job, download, success, $package moved, dynamic group left")

# Cleanup
iot.delete_job(jobId="walk-1")
iot.delete_dynamic_thing_group(thingGroupName="Walk_1_0_0")
iot.delete_thing_group(thingGroupName=group)
data.delete_thing_shadow(thingName=thing)
data.delete_thing_shadow(thingName=thing, shadowName="$package")
iot.delete_thing(thingName=thing)
for version in versions:
    iot.delete_package_version(packageName=package, versionName=version)
iot.delete_package(packageName=package)
iot.update_package_configuration(versionUpdateByJobsConfig={"enabled": False})
for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
    found = page.get("Versions", []) + page.get("DeleteMarkers", [])
    objects = [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in found]
    s3.delete_objects(Bucket=bucket, Delete={"Objects": objects})
s3.delete_bucket(Bucket=bucket)
for name in roles:
    iam.delete_role_policy(RoleName=name, PolicyName="walk")
    iam.delete_role(RoleName=name)
iot.update_indexing_configuration(
    thingIndexingConfiguration={"thingIndexingMode": "OFF", "namedShadowIndexingMode": "OFF"}
)
iot.deprecate_thing_type(thingTypeName=package)
error = refused("InvalidRequestException", iot.delete_thing_type, thingTypeName=package)
assert "5 minutes" in str(error), error
assert not iot.list_things()["things"] and not iot.list_packages()["packageSummaries"]
assert not iot.list_thing_groups()["thingGroups"] and not iam.list_roles()["Roles"]
assert not [one for one in s3.list_buckets()["Buckets"] if one["Name"] == bucket]
refused("ResourceNotFoundException", iot.describe_thing, thingName=thing)
step("cleanup")
