"""Lets tests of moto run against the sandbox at PEERS_ENDPOINT: those run on AWS by their authors.

Loaded by `pytest -p plugin`. The tests are unchanged, in moto's own server mode; each begins on an
empty AWS. What became of each is a line of JSON in the file PEERS_RESULTS.
"""

import inspect
import json
import os
import urllib.request

ENDPOINT = os.environ["PEERS_ENDPOINT"]
RESULTS = os.environ["PEERS_RESULTS"]
os.environ.update(
    AWS_ACCESS_KEY_ID="123456789012",
    AWS_SECRET_ACCESS_KEY="any",
    AWS_DEFAULT_REGION="us-east-1",
    AWS_ENDPOINT_URL=ENDPOINT,
    TEST_SERVER_MODE="true",
    TEST_SERVER_MODE_ENDPOINT=ENDPOINT,
    MOTO_CALL_RESET_API="false",
)

import pytest  # noqa: E402  (what it loads reads the environment)


def pytest_configure():
    open(RESULTS, "w").close()


def is_verified(item):
    """Whether its decorators say that it was run on AWS itself."""
    lines = inspect.getsourcelines(item.function)[0]
    return "aws_verified" in "".join(line for line in lines if line.startswith("@"))


def pytest_collection_modifyitems(items):
    items[:] = [item for item in items if is_verified(item)]


@pytest.fixture(autouse=True)
def an_empty_aws():
    request = urllib.request.Request(f"{ENDPOINT}/_fleetlab/empty", method="POST")
    urllib.request.urlopen(request).read()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if report.when != "call":
        return
    error = str(call.excinfo.value) if call.excinfo else ""
    # What the sandbox does not have it says by name: no right answer, and no wrong one.
    is_refused = report.failed and "NotImplemented" in error
    outcome = "refused" if is_refused else report.outcome
    with open(RESULTS, "a", encoding="utf-8") as results:
        results.write(json.dumps({"name": item.name, "outcome": outcome, "error": error[:300]}) + "\n")
