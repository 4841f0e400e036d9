"""Use what boto3 signs for others: URLs and forms, in the old way (its default here) and the new one.

AWS_ENDPOINT_URL, AWS_REGION and keys come from the environment.
"""

import json
import time
import urllib.error
import urllib.request

import boto3
from botocore.config import Config

clients = {
    "default": boto3.client("s3"),
    "v4": boto3.client("s3", config=Config(signature_version="s3v4")),
    "v2 host": boto3.client("s3", config=Config(s3={"addressing_style": "path"}, signature_version="s3")),
}
bucket, key = "presigned", "dir/a b+ü.txt"


def step(text):
    print(f"ok {text}", flush=True)


def ask(method, url, body=None, headers={}):
    request = urllib.request.Request(url, data=body, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def expect(wanted, answer):
    assert answer[0] == wanted, (answer[0], answer[2])
    return answer


clients["default"].create_bucket(Bucket=bucket)

for name, s3 in clients.items():
    at = {"Bucket": bucket, "Key": key}
    put = s3.generate_presigned_url(
        "put_object", Params={**at, "ContentType": "text/plain", "Metadata": {"foo": "bar"}}
    )
    assert ("AWSAccessKeyId=" in put) == (name != "v4"), put
    # The SDK asks for metadata in the query (v2) or as signed headers (v4).
    headers = {"Content-Type": "text/plain"}
    if name == "v4":
        headers["x-amz-meta-foo"] = "bar"
    expect(200, ask("PUT", put, b"content", headers))
    expect(403, ask("PUT", put, b"content", {**headers, "Content-Type": "text/xml"}))
    expect(403, ask("PUT", put, b"content", {**headers, "x-amz-meta-other": "x"}))
    head = s3.generate_presigned_url("head_object", Params=at)
    assert expect(200, ask("HEAD", head))[1]["x-amz-meta-foo"] == "bar"
    expect(403, ask("GET", head))
    overrides = {
        "ResponseContentType": "application/x-test",
        "ResponseContentDisposition": 'attachment; filename="ü b.txt"',
        "ResponseCacheControl": "no-store",
    }
    get = s3.generate_presigned_url("get_object", Params={**at, **overrides}, ExpiresIn=60)
    _, answered, content = expect(200, ask("GET", get))
    assert content == b"content"
    assert answered["Content-Type"] == "application/x-test", answered
    assert answered["Content-Disposition"] == 'attachment; filename="ü b.txt"'
    assert answered["Cache-Control"] == "no-store"
    assert b"SignatureDoesNotMatch" in expect(403, ask("GET", get.replace("no-store", "public")))[2]
    listing = s3.generate_presigned_url("list_objects_v2", Params={"Bucket": bucket, "Prefix": "dir/"})
    assert b"<KeyCount>1</KeyCount>" in expect(200, ask("GET", listing))[2]
    short = s3.generate_presigned_url("get_object", Params=at, ExpiresIn=1)
    time.sleep(2.1)
    assert b"Request has expired" in expect(403, ask("GET", short))[2]
    step(f"URLs, {name}")


def form(post, content, filename="f.txt", **changed):
    boundary = "----a boundary"
    lines = []
    for field, value in {**post["fields"], **changed}.items():
        lines.append(f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n')
    lines.append(
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{filename}"\r\n'
        "Content-Type: text/plain\r\n\r\n"
    )
    body = "".join(lines).encode() + content + f"\r\n--{boundary}--\r\n".encode()
    kind = f'multipart/form-data; boundary="{boundary}"'
    return ask("POST", post["url"], body, {"Content-Type": kind})


for name, s3 in clients.items():
    post = s3.generate_presigned_post(
        bucket,
        "up/${filename}",
        Fields={"success_action_status": "201", "x-amz-meta-foo": "bar"},
        Conditions=[
            {"success_action_status": "201"},
            ["starts-with", "$x-amz-meta-foo", "b"],
            ["content-length-range", 1, 10],
        ],
    )
    assert ("signature" in post["fields"]) == (name != "v4"), post
    answer = expect(201, form(post, b"a\r\n--b"))
    assert b"<Key>up/f.txt</Key>" in answer[2], answer[2]
    kept = s3.get_object(Bucket=bucket, Key="up/f.txt")
    assert kept["Body"].read() == b"a\r\n--b" and kept["Metadata"] == {"foo": "bar"}, kept
    assert b"EntityTooLarge" in expect(400, form(post, b"a" * 11))[2]
    assert b"EntityTooSmall" in expect(400, form(post, b""))[2]
    assert b"Policy Condition failed" in expect(403, form(post, b"a", **{"x-amz-meta-foo": "c"}))[2]
    assert b"Extra input fields: acl" in expect(403, form(post, b"a", acl="private"))[2]
    plain = s3.generate_presigned_post(bucket, "plain")
    assert expect(204, form(plain, b"a"))[1]["ETag"]
    step(f"forms, {name}")

for name in ("v2 host", "v4"):
    assert clients[name].list_objects_v2(Bucket=bucket)["KeyCount"] == 3
    clients[name].put_object(Bucket=bucket, Key="plain", Body=b"b", Metadata={"a": "b"})
step("requests with either signature in a header")

texts = {"ContentDisposition": 'attachment; filename="à—é.pdf"', "CacheControl": "ÄMÄ S3"}
clients["v4"].put_object(Bucket=bucket, Key="texts", **texts)
kept = clients["v4"].head_object(Bucket=bucket, Key="texts")
# Bytes come back as they went; botocore reads them as ISO-8859-1.
for name, text in texts.items():
    assert kept[name].encode("latin1").decode() == text, kept
step("headers that are no ASCII")
