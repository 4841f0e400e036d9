"""What device code does: ask for the endpoint, put https:// in front of it, use a shadow there."""

import json
import ssl
import urllib.request

import boto3

iot = boto3.client("iot")
iot.create_thing(thingName="car-1")
for kind in ("iot:Data-ATS", "iot:Data", "iot:Jobs"):
    address = iot.describe_endpoint(endpointType=kind)["endpointAddress"]
    assert "/" not in address, address
    url = f"https://{address}"
    if kind == "iot:Jobs":
        jobs = boto3.client("iot-jobs-data", endpoint_url=url)
        assert jobs.get_pending_job_executions(thingName="car-1")["queuedJobs"] == []
        continue
    data = boto3.client("iot-data", endpoint_url=url)
    payload = json.dumps({"state": {"reported": {"kind": kind}}})
    data.update_thing_shadow(thingName="car-1", payload=payload)
    shadow = json.loads(data.get_thing_shadow(thingName="car-1")["payload"].read())
    assert shadow["state"]["reported"] == {"kind": kind}, shadow

# All planes, not only those that DescribeEndpoint names.
for service in ("iot", "sts", "s3"):
    boto3.client(service, endpoint_url=url)
assert boto3.client("sts", endpoint_url=url).get_caller_identity()["Account"]
assert boto3.client("s3", endpoint_url=url).list_buckets()["Buckets"] == []

# Python's own ssl, in the strict mode that 3.13 has made the default.
context = ssl.create_default_context()
context.verify_flags |= ssl.VERIFY_X509_STRICT
with urllib.request.urlopen(f"{url}/_fleetlab", context=context) as answer:
    assert "now" in json.load(answer)
print("ok", flush=True)
