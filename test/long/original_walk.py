"""Every menu item of the Python workshop, by the calls that its scripts make.

The scripts of its first and of its newer release are not here: what is known of them is which calls
each item makes, in which order and with what. An item prints `ok` when its calls are answered as the
scripts need it, and `not here` when the sandbox says by name that it does not have an operation of
it. Anything else ends the walk.

Everything comes from the environment: the exports that `npm run sandbox` prints, and no others.
"""

import io
import json
import os
import random
import sys
import time
import urllib.error
import urllib.request
import uuid
import zipfile
from concurrent.futures import ThreadPoolExecutor

import boto3
from botocore.exceptions import ClientError

RELEASE = sys.argv[1]
NEWER = RELEASE == "newer"
TYPES = ["SedanVehicle", "SUVVehicle", "TruckVehicle"]
VERSIONS = ["1.0.0", "1.1.0"]
COUNTRIES = ["US", "CA", "MX"]
THINGS = [f"Vehicle-VIN-{i:03d}" for i in range(1, 13)]
BATCH = 20

# The scripts read this one variable, and nothing else of the kind.
region = os.environ["AWS_DEFAULT_REGION"]
sts = boto3.client("sts", region_name=region)
iot = boto3.client("iot", region_name=region)
iam = boto3.client("iam", region_name=region)
s3 = boto3.client("s3", region_name=region)
account = sts.get_caller_identity()["Account"]
suffix = f"{region}-{account[:8]}"
arn = f"arn:aws:iot:{region}:{account}"


def code(error):
    return error.response["Error"]["Code"]


def quietly(call, *codes, **arguments):
    """What the scripts' wrapper does: nothing comes back of what is not there, or there already."""
    try:
        return call(**arguments)
    except ClientError as error:
        if code(error) in codes:
            return None
        raise


def at_once(workers, work, items):
    with ThreadPoolExecutor(max_workers=workers) as pool:
        return list(pool.map(work, items))


def tried(times, call, words, **arguments):
    """Again after two seconds as long as AWS says that it may help, known by its words."""
    for left in range(times, 0, -1):
        try:
            return call(**arguments)
        except ClientError as error:
            if left == 1 or words not in str(error):
                raise
            time.sleep(2)


def poll(look, seconds=40):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.3)
    raise TimeoutError(look)


def data_client():
    """As a device does it: ask for the address, put https:// in front."""
    address = iot.describe_endpoint(endpointType="iot:Data-ATS")["endpointAddress"]
    return boto3.client("iot-data", region_name=region, endpoint_url=f"https://{address}")


def jobs_client():
    kind = "iot:Data-ATS" if NEWER else "iot:Jobs"
    address = iot.describe_endpoint(endpointType=kind)["endpointAddress"]
    return boto3.client("iot-jobs-data", region_name=region, endpoint_url=f"https://{address}")


def owned(kind):
    """The newer release tags what it makes, in a second call."""
    return [
        {"Key": "workshop", "Value": "learning-aws-iot-dm-basics"},
        {"Key": "created-by", "Value": kind},
        {"Key": "creation-date", "Value": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())},
    ]


def tag(resource, kind):
    if NEWER:
        iot.tag_resource(resourceArn=resource, tags=owned(kind))
        tags = iot.list_tags_for_resource(resourceArn=resource)["tags"]
        assert {"Key": "created-by", "Value": kind} in tags, tags


def trust():
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "iot.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def role(name, policy, statements, seconds):
    if not quietly(iam.get_role, "NoSuchEntity", RoleName=name):
        iam.create_role(
            RoleName=name,
            AssumeRolePolicyDocument=trust(),
            Description="Made by the workshop",
            MaxSessionDuration=seconds,
        )
        if NEWER:
            iam.tag_role(RoleName=name, Tags=owned("provisioning"))
    if not quietly(iam.get_role_policy, "NoSuchEntity", RoleName=name, PolicyName=policy):
        document = {"Version": "2012-10-17", "Statement": statements}
        iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=json.dumps(document))
    kept = iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
    assert kept["Statement"] == statements, kept
    found = iam.get_role(RoleName=name)["Role"]
    assert found["MaxSessionDuration"] == seconds, found
    return found["Arn"]


JOBS_ROLE, CONFIG_ROLE, LOGGING_ROLE = (
    f"{name}-{suffix}" for name in ("IoTJobsRole", "IoTPackageConfigRole", "IoTLoggingRole")
)


def jobs_role():
    objects = {
        "Effect": "Allow",
        "Action": ["s3:GetObject", "s3:GetObjectVersion"],
        "Resource": f"arn:aws:s3:::iot-firmware-{region}-*/*",
        "Condition": {
            "StringEquals": {"aws:RequestedRegion": region},
            "Bool": {"aws:SecureTransport": "true"},
        },
    }
    wide = [
        {"Effect": "Allow", "Action": "s3:*", "Resource": f"arn:aws:s3:::iot-firmware-{region}-*"},
        {"Effect": "Allow", "Action": "s3:*", "Resource": f"arn:aws:s3:::iot-firmware-{region}-*/*"},
        {"Effect": "Allow", "Action": "iot:*", "Resource": f"{arn}:*"},
    ]
    return role(JOBS_ROLE, "IoTJobsS3Policy", wide if NEWER else [objects], 14400)


def config_role():
    here = {"StringEquals": {"aws:RequestedRegion": region}}
    statements = [
        {"Effect": "Allow", "Action": "iot:DescribeEndpoint", "Resource": "*", "Condition": here},
        {
            "Effect": "Allow",
            "Action": ["iot:GetThingShadow", "iot:UpdateThingShadow"],
            "Resource": f"{arn}:thing/*/$package",
            "Condition": here,
        },
    ]
    return role(CONFIG_ROLE, "PackageConfigPolicy", statements, 14400)


def configure_packages(role_arn):
    wanted = {"enabled": True, "roleArn": role_arn}
    update = iot.update_package_configuration
    tried(5, update, "unable to assume role", versionUpdateByJobsConfig=wanted)
    assert iot.get_package_configuration()["versionUpdateByJobsConfig"] == wanted


def bucket():
    """The first bucket of that name that there is, else a new one."""
    for one in s3.list_buckets()["Buckets"]:
        if one["Name"].startswith(f"iot-firmware-{region}"):
            return one["Name"]
    name = f"iot-firmware-{region}-{int(time.time())}"
    if region == "us-east-1":
        s3.create_bucket(Bucket=name)
    else:
        s3.create_bucket(
            Bucket=name, CreateBucketConfiguration={"LocationConstraint": region}
        )
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    if NEWER:
        s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": owned("provisioning")})
        assert len(s3.get_bucket_tagging(Bucket=name)["TagSet"]) == 3
    return name


def upload(name, package, version):
    key = f"{package}_v{version.replace('.', '_')}.zip"
    head = quietly(s3.head_object, "404", Bucket=name, Key=key)
    if head:
        return key, head["VersionId"]
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        text = f"version {version} of {package}, {int(time.time())}"
        archive.writestr(f"firmware_{version}.bin", text)
    put = s3.put_object(
        Bucket=name, Key=key, Body=body.getvalue(), ContentType="application/zip"
    )
    assert s3.head_object(Bucket=name, Key=key)["VersionId"] == put["VersionId"]
    return key, put["VersionId"]


def package_version(name, package, version, key, object_version):
    quietly(iot.create_package, "ConflictException", packageName=package)
    assert iot.get_package(packageName=package)["packageName"] == package
    location = {"bucket": name, "key": key, "version": object_version}
    made = quietly(
        iot.create_package_version,
        "ConflictException",
        packageName=package,
        versionName=version,
        artifact={"s3Location": location},
        attributes={"signingKey": "SAMPLE-KEY-12345", "override": "true"},
    )
    if made:
        iot.update_package_version(packageName=package, versionName=version, action="PUBLISH")
    found = iot.get_package_version(packageName=package, versionName=version)
    assert found["status"] == "PUBLISHED" and found["artifact"]["s3Location"] == location, found
    tag(found["packageVersionArn"], "packages")


def shadow_of(client, thing, **which):
    return json.loads(client.get_thing_shadow(thingName=thing, **which)["payload"].read())


def inventory(package, version):
    reported = {package: {"version": version, "attributes": {}}}
    return json.dumps({"state": {"reported": reported}})


# 01, one item: from logging to the last thing


def provision():
    if NEWER:
        logs = ["CreateLogGroup", "CreateLogStream", "PutLogEvents", "PutMetricFilter"]
        allowed = {
            "Effect": "Allow",
            "Action": [f"logs:{name}" for name in logs],
            "Resource": f"arn:aws:logs:*:{account}:log-group:*:log-stream:*",
        }
        logging = role(LOGGING_ROLE, "IoTLoggingPolicy", [allowed], 3600)
        options = {"roleArn": logging, "defaultLogLevel": "INFO", "disableAllLogs": False}
        tried(5, iot.set_v2_logging_options, "unable to assume role", **options)

    def thing_type(name):
        made = iot.create_thing_type(
            thingTypeName=name,
            thingTypeProperties={
                "thingTypeDescription": f"Template for {name.replace('Vehicle', ' Vehicle')} category",
                "searchableAttributes": ["customerId", "country", "manufacturingDate"],
            },
        )
        tag(made["thingTypeArn"], "provisioning")
        metadata = iot.describe_thing_type(thingTypeName=name)["thingTypeMetadata"]
        if metadata["deprecated"]:
            iot.deprecate_thing_type(thingTypeName=name, undoDeprecate=True)

    at_once(8, thing_type, TYPES)
    # As a second run finds it: a type that is deprecated is taken back.
    iot.deprecate_thing_type(thingTypeName=TYPES[0])
    thing_type(TYPES[0])
    assert not iot.describe_thing_type(thingTypeName=TYPES[0])["thingTypeMetadata"]["deprecated"]

    iot.update_indexing_configuration(
        thingIndexingConfiguration={
            "thingIndexingMode": "REGISTRY_AND_SHADOW",
            "thingConnectivityIndexingMode": "STATUS",
            "deviceDefenderIndexingMode": "VIOLATIONS",
            "namedShadowIndexingMode": "ON",
            "filter": {"namedShadowNames": ["$package"]},
        },
        thingGroupIndexingConfiguration={"thingGroupIndexingMode": "ON"},
    )
    name = bucket()
    for package in TYPES:
        for version in VERSIONS:
            package_version(name, package, version, *upload(name, package, version))
    jobs_role()
    configure_packages(config_role())
    for country in COUNTRIES:
        group = f"{country}_Fleet"
        assert not quietly(
            iot.describe_thing_group, "ResourceNotFoundException", thingGroupName=group
        )
        made = iot.create_thing_group(
            thingGroupName=group,
            thingGroupProperties={
                "thingGroupDescription": f"Vehicle fleet in {country}",
                "attributePayload": {"attributes": {"country": country}},
            },
            tags=[{"Key": "country", "Value": country}],
        )
        tag(made["thingGroupArn"], "provisioning")

    def thing(index_and_name):
        index, vehicle = index_and_name
        country, package = COUNTRIES[index % 3], TYPES[index % 3]
        attributes = {
            "customerId": str(uuid.uuid4()),
            "country": country,
            "manufacturingDate": "2026-01-31",
        }
        iot.create_thing(
            thingName=vehicle,
            thingTypeName=package,
            attributePayload={"attributes": attributes},
        )
        iot.add_thing_to_thing_group(thingGroupName=f"{country}_Fleet", thingName=vehicle)
        # A client of its own for each thing, as the script has it.
        data = data_client()
        battery = {"state": {"reported": {"batteryStatus": random.randint(60, 100)}}}
        data.update_thing_shadow(thingName=vehicle, payload=json.dumps(battery))
        first = inventory(package, VERSIONS[0])
        data.update_thing_shadow(thingName=vehicle, shadowName="$package", payload=first)

    at_once(BATCH, thing, enumerate(THINGS))


# 02, five items

EXAMPLE = "thingTypeName:SedanVehicle AND attributes.country:US"
ON_FIRST = "shadow.name.\\$package.reported.SedanVehicle.version:1.0.0"
DYNAMIC = "US_SedanVehicle_1_0_0_batterygt50_Devices"


def search(query, size=250):
    return iot.search_index(indexName="AWS_Things", queryString=query, maxResults=size)["things"]


def create_dynamic():
    query = f"{EXAMPLE} AND {ON_FIRST} AND shadow.reported.batteryStatus:[50 TO *]"
    poll(lambda: quietly(search, "IndexNotReadyException", query=query))
    assert not quietly(iot.describe_thing_group, "ResourceNotFoundException", thingGroupName=DYNAMIC)
    made = iot.create_dynamic_thing_group(
        thingGroupName=DYNAMIC,
        queryString=query,
        thingGroupProperties={"thingGroupDescription": "Dynamic group"},
        tags=[{"Key": "country", "Value": "US"}],
    )
    assert made["queryString"] == query, made
    tag(made["thingGroupArn"], "groups")
    iot.create_dynamic_thing_group(thingGroupName="ToBeDeleted", queryString="thingName:*")


def members(group):
    return iot.list_things_in_thing_group(thingGroupName=group, maxResults=250)["things"]


def list_dynamic():
    groups = iot.list_thing_groups(maxResults=250)["thingGroups"]
    described = at_once(
        10, lambda one: iot.describe_thing_group(thingGroupName=one["groupName"]), groups
    )
    found = [one["thingGroupName"] for one in described if one.get("queryString")]
    assert sorted(found) == ["ToBeDeleted", DYNAMIC], found
    assert poll(lambda: members(DYNAMIC)) == THINGS[0::3]


def describe_dynamic():
    group = iot.describe_thing_group(thingGroupName=DYNAMIC)
    assert group["queryString"] and group["thingGroupMetadata"]["creationDate"], group
    for thing in at_once(10, lambda name: iot.describe_thing(thingName=name), members(DYNAMIC)):
        assert thing["thingTypeName"] == "SedanVehicle" and thing["attributes"]["country"] == "US"


def delete_dynamic():
    iot.delete_dynamic_thing_group(thingGroupName="ToBeDeleted")
    assert not quietly(
        iot.describe_thing_group, "ResourceNotFoundException", thingGroupName="ToBeDeleted"
    )


def test_query():
    assert [one["thingName"] for one in search(EXAMPLE)] == THINGS[0::3]
    for query in (
        "thingTypeName:SedanVehicle AND attributes.country:(US OR CA) AND shadow.reported.batteryStatus:[50 TO *]",
        ON_FIRST,
        "(thingTypeName:SedanVehicle OR thingTypeName:SUVVehicle) AND attributes.country:US AND shadow.reported.batteryStatus:[30 TO 100]",
        "attributes.country:us AND shadow.reported.batteryStatus:[* TO 100]",
    ):
        assert search(query), query
    try:
        search("thingTypeName:(")
    except ClientError as error:
        assert code(error) == "InvalidQueryException", error
    else:
        raise AssertionError("a query without an end was answered")


# 03, ten items


def pages(operation, key, **arguments):
    pages = iot.get_paginator(operation).paginate(**arguments)
    return [one for page in pages for one in page[key]]


def create_package():
    names = [one["packageName"] for one in pages("list_packages", "packageSummaries")]
    assert sorted(names) == sorted(TYPES), names
    made = iot.create_package(packageName="VanVehicle")
    tag(made["packageArn"], "packages")


def create_version():
    name = bucket()
    versions = iot.list_package_versions(packageName="VanVehicle")["packageVersionSummaries"]
    assert versions == [], versions
    for version in ("1.0.0", "2.0.0"):
        key, object_version = upload(name, "VanVehicle", version)
        package_version(name, "VanVehicle", version, key, object_version)


def list_packages():
    for one in iot.list_packages()["packageSummaries"]:
        assert one["creationDate"], one


def describe_package():
    assert iot.get_package(packageName="VanVehicle")["packageArn"] == f"{arn}:package/VanVehicle"
    versions = iot.list_package_versions(packageName="VanVehicle")["packageVersionSummaries"]
    assert {one["status"] for one in versions} == {"PUBLISHED"}, versions


def describe_version():
    found = iot.get_package_version(packageName="SedanVehicle", versionName="1.1.0")
    assert found["attributes"]["signingKey"] == "SAMPLE-KEY-12345", found
    assert found["artifact"]["s3Location"]["version"], found


def check_configuration():
    found = iot.get_package_configuration()["versionUpdateByJobsConfig"]
    assert found["enabled"] and CONFIG_ROLE in found["roleArn"], found


def enable_configuration():
    configure_packages(iam.get_role(RoleName=CONFIG_ROLE)["Role"]["Arn"])


def disable_configuration():
    iot.update_package_configuration(versionUpdateByJobsConfig={"enabled": False})
    assert not iot.get_package_configuration()["versionUpdateByJobsConfig"]["enabled"]
    enable_configuration()


def device_version():
    shadow = shadow_of(data_client(), THINGS[0], shadowName="$package")
    assert shadow["state"]["reported"]["SedanVehicle"]["version"] == "1.0.0", shadow
    assert shadow["metadata"]["reported"]["SedanVehicle"]["version"]["timestamp"], shadow
    nobody = quietly(
        data_client().get_thing_shadow,
        "ResourceNotFoundException",
        thingName="nobody",
        shadowName="$package",
    )
    assert nobody is None


def revert():
    """The vehicles that are on another version than this one; the record is changed, no firmware sent."""
    path = "shadow.name.$package.reported.SUVVehicle.version"
    query = f"thingTypeName:SUVVehicle AND {path}:* AND NOT {path}:1.1.0"
    found, token = [], None
    while True:
        arguments = {"nextToken": token} if token else {}
        page = iot.search_index(queryString=query, maxResults=250, **arguments)
        found += [one["thingName"] for one in page["things"]]
        token = page.get("nextToken")
        if not token:
            break
    assert found == THINGS[1::3], found
    data = data_client()
    payload = inventory("SUVVehicle", "1.1.0")
    at_once(
        20,
        lambda name: data.update_thing_shadow(
            thingName=name, shadowName="$package", payload=payload
        ),
        found,
    )
    assert poll(lambda: not search(query)), query


# 04, two items

jobs_made = []


def create_job(job, targets, document, **more):
    made = iot.create_job(
        jobId=job,
        targets=[f"{arn}:thinggroup/{name}" for name in targets],
        document=json.dumps(document),
        description=f"job for {', '.join(targets)}",
        **more,
    )
    assert made["jobId"] == job and made["jobArn"] == f"{arn}:job/{job}", made
    tag(made["jobArn"], "jobs")
    jobs_made.append(job)


ADVANCED = {
    "jobExecutionsRolloutConfig": {
        "exponentialRate": {
            "baseRatePerMinute": 10,
            "incrementFactor": 2.0,
            "rateIncreaseCriteria": {"numberOfNotifiedThings": 10},
        }
    },
    "abortConfig": {
        "criteriaList": [
            {
                "failureType": "FAILED",
                "action": "CANCEL",
                "thresholdPercentage": 90.0,
                "minNumberOfExecutedThings": 5,
            }
        ]
    },
    "timeoutConfig": {"inProgressTimeoutInMinutes": 60},
}
OTA = f"upgradeSedanvehicle110_{int(time.time())}"
CUSTOM = f"customJob_{int(time.time())}"


def ota_job():
    groups = pages("list_thing_groups", "thingGroups")
    assert {f"{country}_Fleet" for country in COUNTRIES} <= {one["groupName"] for one in groups}
    assert iot.list_packages()["packageSummaries"]
    versions = iot.list_package_versions(packageName="SedanVehicle")["packageVersionSummaries"]
    assert "1.1.0" in [one["versionName"] for one in versions], versions
    named = "${aws:iot:package:SedanVehicle:version:1.1.0"
    package = {
        "attributes": f"{named}:attributes}}",
        "artifact": {"s3PresignedUrl": f"{named}:artifact:s3-presigned-url}}"},
    }
    role_arn = f"arn:aws:iam::{account}:role/{JOBS_ROLE}"
    create_job(
        OTA,
        ["US_Fleet", "CA_Fleet"],
        {"ota": {"packages": {"SedanVehicle": package}}},
        targetSelection="CONTINUOUS",
        destinationPackageVersions=[f"{arn}:package/SedanVehicle/version/1.1.0"],
        presignedUrlConfig={"roleArn": role_arn, "expiresInSec": 3600},
        **ADVANCED,
    )


def custom_job():
    document = {
        "operation": "customOperation",
        "parameters": {"customParam1": "value1", "customParam2": "value2"},
        "metadata": {"version": "1.0.0", "description": "Custom job operation"},
    }
    rate = {"jobExecutionsRolloutConfig": {"maximumPerMinute": 50}}
    create_job(CUSTOM, ["MX_Fleet"], document, targetSelection="SNAPSHOT", **rate)
    for name in ("Cancelled", "Spare"):
        create_job(f"{CUSTOM}{name}", ["MX_Fleet"], document, targetSelection="SNAPSHOT")


# 05, one item


def executions(job, status):
    found = iot.list_job_executions_for_job(jobId=job, status=status, maxResults=250)
    return [one["thingArn"].split("/")[-1] for one in found["executionSummaries"]]


def simulate(job, succeeding):
    jobs = jobs_client()
    assert job in [one["jobId"] for one in iot.list_jobs(status="IN_PROGRESS", maxResults=250)["jobs"]]

    def waiting():
        both = at_once(2, lambda status: executions(job, status), ["QUEUED", "IN_PROGRESS"])
        return [name for names in both for name in names]

    # AWS makes the executions a moment after the job.
    things = poll(waiting)

    def vehicle(index_and_name):
        index, name = index_and_name
        number = iot.describe_job_execution(jobId=job, thingName=name)["execution"]["executionNumber"]
        execution = jobs.describe_job_execution(
            jobId=job, thingName=name, includeJobDocument=True, executionNumber=number
        )["execution"]
        document = json.loads(execution["jobDocument"])
        for package in document.get("ota", {}).get("packages", {}).values():
            assert package["attributes"]["signingKey"] == "SAMPLE-KEY-12345", package
            with urllib.request.urlopen(package["artifact"]["s3PresignedUrl"], timeout=30) as answer:
                assert zipfile.ZipFile(io.BytesIO(answer.read())).testzip() is None
        details = {"failureType": "DOWNLOAD_FAILURE", "failureReason": "Simulated failure"}
        outcome = (
            {"status": "SUCCEEDED"}
            if index < succeeding * len(things) // 100
            else {"status": "FAILED", "statusDetails": details}
        )
        jobs.update_job_execution(jobId=job, thingName=name, **outcome)

    at_once(BATCH, vehicle, enumerate(things))
    return len(things)


def simulation():
    assert simulate(OTA, 75) == 8
    assert simulate(CUSTOM, 100) == 4
    poll(lambda: iot.describe_job(jobId=CUSTOM)["job"]["status"] == "COMPLETED")
    # A success moves the inventory, and with it the dynamic group.
    poll(lambda: len(members(DYNAMIC)) < 4)


# 06, four items, seven in the newer release


def all_jobs():
    statuses = ["IN_PROGRESS", "COMPLETED", "CANCELED", "DELETION_IN_PROGRESS", "SCHEDULED"]
    lists = at_once(5, lambda status: iot.list_jobs(status=status, maxResults=250)["jobs"], statuses)
    found = {one["jobId"]: one["status"] for jobs in lists for one in jobs}
    assert found[OTA] == "IN_PROGRESS" and found[CUSTOM] == "COMPLETED", found


def one_job():
    job = iot.describe_job(jobId=OTA)["job"]
    for member, values in ADVANCED.items():
        assert job[member] == values, job
    assert job["presignedUrlConfig"]["expiresInSec"] == 3600, job
    counts = job["jobProcessDetails"]
    assert counts["numberOfSucceededThings"] == 6 and counts["numberOfFailedThings"] == 2, counts


def one_execution():
    if NEWER:
        failed = executions(OTA, "FAILED")[0]
        execution = iot.describe_job_execution(jobId=OTA, thingName=failed)["execution"]
        assert execution["statusDetails"]["detailsMap"]["failureType"] == "DOWNLOAD_FAILURE"
        return
    name = poll(lambda: executions(f"{CUSTOM}Spare", "QUEUED"))[0]
    execution = jobs_client().describe_job_execution(
        jobId=f"{CUSTOM}Spare", thingName=name, includeJobDocument=True
    )["execution"]
    assert json.loads(execution["jobDocument"])["operation"] == "customOperation", execution


def all_executions():
    statuses = "QUEUED IN_PROGRESS SUCCEEDED FAILED TIMED_OUT REJECTED REMOVED CANCELED".split()
    found = at_once(8, lambda status: executions(OTA, status), statuses)
    counts = {status: len(names) for status, names in zip(statuses, found) if names}
    assert counts == {"SUCCEEDED": 6, "FAILED": 2}, counts


def cancel_job():
    for status in ("IN_PROGRESS", "SCHEDULED"):
        iot.list_jobs(status=status, maxResults=250)
    job = f"{CUSTOM}Cancelled"
    assert iot.describe_job(jobId=job)["job"]["jobProcessDetails"]["numberOfSucceededThings"] == 0
    iot.cancel_job(jobId=job, comment="not needed")
    poll(lambda: iot.describe_job(jobId=job)["job"]["status"] == "CANCELED")
    poll(lambda: len(executions(job, "CANCELED")) == 4)


def delete_job():
    job = f"{CUSTOM}Cancelled"
    # It sends `force` wherever there are executions, which a job that has ended does not need.
    iot.delete_job(jobId=job, force=True)
    poll(lambda: quietly(iot.describe_job, "ResourceNotFoundException", jobId=job) is None)


def statistics():
    counts = iot.describe_job(jobId=OTA)["job"]["jobProcessDetails"]
    things = sum(value for name, value in counts.items() if name.startswith("numberOf"))
    assert things == 8, counts


# Commands and bulk registration, newer release only


def create_command():
    for name, action in (("vehicle-lock", "lock"), ("start-engine", "start")):
        made = iot.create_command(
            commandId=name,
            namespace="AWS-IoT",
            description="Made by the workshop",
            payload={
                "content": json.dumps({"action": action}).encode(),
                "contentType": "application/json",
            },
        )
        tag(made["commandArn"], "commands")


def list_commands():
    found = iot.list_commands(namespace="AWS-IoT", maxResults=100)["commands"]
    assert {"vehicle-lock", "start-engine"} <= {one["commandId"] for one in found}, found


def describe_command():
    payload = iot.get_command(commandId="vehicle-lock")["payload"]
    assert json.loads(payload["content"])["action"] == "lock", payload


def delete_command():
    answer = iot.delete_command(commandId="start-engine")
    assert answer["statusCode"] in (202, 204), answer


EXECUTION = {}


def execute_command():
    started = jobs_client().start_command_execution(
        commandArn=f"{arn}:command/vehicle-lock",
        targetArn=f"{arn}:thing/{THINGS[0]}",
        executionTimeoutSeconds=60,
    )
    EXECUTION.update(
        executionId=started["executionId"], targetArn=f"{arn}:thing/{THINGS[0]}"
    )


def command_status():
    found = iot.get_command_execution(**EXECUTION)
    assert found["status"] == "CREATED" and found["executionTimeoutSeconds"] == 60, found
    # Nobody is there to carry it out.
    wait(60)
    found = iot.get_command_execution(**EXECUTION)
    assert found["status"] == "TIMED_OUT", found
    assert found["statusReason"]["reasonCode"] == "$NO_RESPONSE_FROM_DEVICE", found


def command_history():
    found = iot.list_command_executions(
        targetArn=f"{arn}:thing/{THINGS[0]}",
        startedTimeFilter={"after": "2026-01-01T00:00"},
        maxResults=50,
    )["commandExecutions"]
    assert [one["executionId"] for one in found] == [EXECUTION["executionId"]], found


TASKS = []


def list_tasks():
    found = iot.list_thing_registration_tasks(maxResults=50)["taskIds"]
    assert found == TASKS, found


def describe_task():
    task = iot.describe_thing_registration_task(taskId=TASKS[0])
    assert task["status"] == "InProgress", task
    wait(60)
    task = iot.describe_thing_registration_task(taskId=TASKS[0])
    assert (task["status"], task["successCount"], task["failureCount"]) == ("Completed", 1, 1), task


def register_things():
    name = bucket()
    s3.get_bucket_location(Bucket=name)
    lines = [{"ThingName": "bulk-1", "ThingType": TYPES[0]}, {"ThingName": "bulk-2"}]
    body = "\n".join(map(json.dumps, lines)).encode()
    s3.put_object(Bucket=name, Key="bulk-provisioning/input.json", Body=body)
    s3.put_object_tagging(
        Bucket=name, Key="bulk-provisioning/input.json", Tagging={"TagSet": owned("bulk")}
    )
    document = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "iot:*", "Resource": "*"}],
    }
    if not quietly(
        iot.get_policy, "ResourceNotFoundException", policyName="BulkProvisioningPolicy"
    ):
        iot.create_policy(
            policyName="BulkProvisioningPolicy", policyDocument=json.dumps(document)
        )
    properties = {"ThingName": {"Ref": "ThingName"}, "ThingTypeName": {"Ref": "ThingType"}}
    parameters = {name: {"Type": "String"} for name in ("ThingName", "ThingType")}
    thing = {"Type": "AWS::IoT::Thing", "Properties": properties}
    policy = {"PolicyName": "BulkProvisioningPolicy"}
    resources = {"thing": thing, "policy": {"Type": "AWS::IoT::Policy", "Properties": policy}}
    started = iot.start_thing_registration_task(
        templateBody=json.dumps({"Parameters": parameters, "Resources": resources}),
        inputFileBucket=name,
        inputFileKey="bulk-provisioning/input.json",
        roleArn=iam.get_role(RoleName=JOBS_ROLE)["Role"]["Arn"],
    )
    TASKS.append(started["taskId"])


def task_results():
    for kind, text in (("RESULTS", "thing/bulk-1"), ("ERRORS", "ThingType")):
        links = iot.list_thing_registration_task_reports(taskId=TASKS[0], reportType=kind)
        with urllib.request.urlopen(links["resourceLinks"][0]) as report:
            assert text in report.read().decode(), kind
    iot.delete_thing(thingName="bulk-1")
    iot.delete_policy(policyName="BulkProvisioningPolicy")


# 08, three items; the newer release counts first, without a change


def count():
    """The dry run: everything is looked at and, where it can be, known by its tags."""
    found = {one["thingName"] for one in pages("list_things", "things", maxResults=250)}
    assert set(THINGS) <= found, found
    for one in pages("list_thing_groups", "thingGroups", maxResults=250):
        iot.list_tags_for_resource(resourceArn=one["groupArn"])
    for one in pages("list_packages", "packageSummaries"):
        package = iot.get_package(packageName=one["packageName"])
        iot.list_tags_for_resource(resourceArn=package["packageArn"])
    for one in iot.list_thing_types(maxResults=250)["thingTypes"]:
        assert iot.list_tags_for_resource(resourceArn=one["thingTypeArn"])["tags"], one
    for name in (JOBS_ROLE, CONFIG_ROLE, LOGGING_ROLE):
        assert iam.list_role_tags(RoleName=name)["Tags"], name
        assert iam.list_role_policies(RoleName=name)["PolicyNames"], name
    assert s3.get_bucket_tagging(Bucket=bucket())["TagSet"]
    iot.describe_endpoint(endpointType="iot:Data-ATS")


def with_certificate(name):
    """Nothing of the path gives a thing a certificate; cleanup is ready for one."""
    made = iot.create_keys_and_certificate(setAsActive=True)
    iot.attach_thing_principal(thingName=name, principal=made["certificateArn"])


def delete_thing(data, name):
    if not NEWER:
        for which in ({}, {"shadowName": "$package"}):
            quietly(
                data.delete_thing_shadow, "ResourceNotFoundException", thingName=name, **which
            )
    else:
        data.list_named_shadows_for_thing(thingName=name)
    for principal in iot.list_thing_principals(thingName=name)["principals"]:
        iot.detach_thing_principal(thingName=name, principal=principal)
        if NEWER:
            certificate = principal.split("/")[-1]
            assert iot.list_principal_things(principal=principal)["things"] == []
            iot.update_certificate(certificateId=certificate, newStatus="INACTIVE")
            iot.delete_certificate(certificateId=certificate, forceDelete=True)
    iot.delete_thing(thingName=name)


def delete_things():
    data = data_client()
    names = [one["thingName"] for one in pages("list_things", "things", maxResults=250)]
    with_certificate(names[0])
    at_once(BATCH, lambda name: delete_thing(data, name), names)
    assert pages("list_things", "things") == []


def delete_groups():
    for one in pages("list_thing_groups", "thingGroups", maxResults=250):
        name = one["groupName"]
        if iot.describe_thing_group(thingGroupName=name).get("queryString"):
            iot.delete_dynamic_thing_group(thingGroupName=name)
            continue
        if NEWER:
            for thing in members(name):
                iot.remove_thing_from_thing_group(thingGroupName=name, thingName=thing)
        iot.delete_thing_group(thingGroupName=name)
    assert pages("list_thing_groups", "thingGroups") == []


def delete_jobs():
    statuses = ["IN_PROGRESS", "COMPLETED", "CANCELED", "DELETION_IN_PROGRESS", "SCHEDULED"]
    found = {
        one["jobId"] for status in statuses for one in iot.list_jobs(status=status)["jobs"]
    }
    for job in found:
        if iot.describe_job(jobId=job)["job"]["status"] == "IN_PROGRESS":
            iot.cancel_job(jobId=job)
        if NEWER:
            poll(lambda: iot.describe_job(jobId=job)["job"]["status"] != "IN_PROGRESS")
    for job in found:
        if NEWER:
            iot.delete_job(jobId=job)
        else:
            iot.delete_job(jobId=job, force=True)
    poll(lambda: not iot.list_jobs()["jobs"])


def delete_everything():
    iot.create_thing(thingName="left-over")
    delete_things()
    iot.create_thing_group(thingGroupName="left-over")
    delete_groups()
    if NEWER:
        for one in iot.list_commands()["commands"]:
            iot.delete_command(commandId=one["commandId"])
    delete_jobs()
    for one in pages("list_packages", "packageSummaries"):
        package = one["packageName"]
        for version in pages(
            "list_package_versions", "packageVersionSummaries", packageName=package
        ):
            iot.delete_package_version(packageName=package, versionName=version["versionName"])
        iot.delete_package(packageName=package)
    for one in s3.list_buckets()["Buckets"]:
        name = one["Name"]
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=name):
            found = page.get("Versions", []) + page.get("DeleteMarkers", [])
            objects = [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in found]
            if objects:
                s3.delete_objects(Bucket=name, Delete={"Objects": objects})
        s3.delete_bucket(Bucket=name)
    iot.update_package_configuration(versionUpdateByJobsConfig={"enabled": False})
    # Names without the account are those of an older release.
    for name, policy in (
        (JOBS_ROLE, "IoTJobsS3Policy"),
        ("IoTJobsRole", "IoTJobsS3Policy"),
        (CONFIG_ROLE, "PackageConfigPolicy"),
        ("IoTPackageConfigRole", "PackageConfigPolicy"),
    ):
        quietly(iam.delete_role_policy, "NoSuchEntity", RoleName=name, PolicyName=policy)
        quietly(iam.delete_role, "NoSuchEntity", RoleName=name)
    iot.update_indexing_configuration(
        thingIndexingConfiguration={
            "thingIndexingMode": "OFF",
            "thingConnectivityIndexingMode": "OFF",
            "deviceDefenderIndexingMode": "OFF",
            "namedShadowIndexingMode": "OFF",
        },
        thingGroupIndexingConfiguration={"thingGroupIndexingMode": "OFF"},
    )
    types = [one["thingTypeName"] for one in pages("list_thing_types", "thingTypes")]
    at_once(8, lambda name: iot.deprecate_thing_type(thingTypeName=name), types)
    wait(300)
    at_once(8, lambda name: iot.delete_thing_type(thingTypeName=name), types)
    assert pages("list_thing_types", "thingTypes") == []


def wait(seconds):
    """The scripts sleep; here the sandbox's clock is moved."""
    request = urllib.request.Request(
        f"{os.environ['AWS_ENDPOINT_URL']}/_fleetlab/clock",
        data=json.dumps({"advanceMs": seconds * 1000}).encode(),
        headers={"authorization": f"Bearer {os.environ['AWS_SECRET_ACCESS_KEY']}"},
    )
    urllib.request.urlopen(request).close()


BOTH = [
    ("01 provision the fleet", provision),
    ("02 create a dynamic group", create_dynamic),
    ("02 list dynamic groups", list_dynamic),
    ("02 describe a dynamic group", describe_dynamic),
    ("02 delete a dynamic group", delete_dynamic),
    ("02 test a query", test_query),
    ("03 create a package", create_package),
    ("03 create a version", create_version),
    ("03 list packages", list_packages),
    ("03 describe a package", describe_package),
    ("03 describe a version", describe_version),
    ("03 check the configuration", check_configuration),
    ("03 enable the configuration", enable_configuration),
    ("03 disable the configuration", disable_configuration),
    ("03 a device's version", device_version),
    ("03 revert versions", revert),
    ("04 create an OTA job", ota_job),
    ("04 create a custom job", custom_job),
    ("05 simulate the vehicles", simulation),
    ("06 all jobs", all_jobs),
    ("06 one job", one_job),
    ("06 one execution", one_execution),
    ("06 executions of a job", all_executions),
]
ONLY_NEWER = [
    ("06 cancel a job", cancel_job),
    ("06 delete a job", delete_job),
    ("06 statistics of a job", statistics),
    ("commands: create", create_command),
    ("commands: list", list_commands),
    ("commands: details", describe_command),
    ("commands: delete", delete_command),
    ("commands: execute", execute_command),
    ("commands: status of an execution", command_status),
    ("commands: history", command_history),
    ("bulk: register", register_things),
    ("bulk: list tasks", list_tasks),
    ("bulk: describe a task", describe_task),
    ("bulk: results", task_results),
    ("08 dry run", count),
]
CLEANUP = [
    ("08 delete things", delete_things),
    ("08 delete groups", delete_groups),
    ("08 delete everything", delete_everything),
]

for title, item in BOTH + (ONLY_NEWER if NEWER else []) + CLEANUP:
    try:
        item()
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] != 501:
            raise
        operation = error.operation_name
        assert operation in str(error), error
        print(f"not here: {title} ({operation})", flush=True)
    else:
        print(f"ok: {title}", flush=True)
