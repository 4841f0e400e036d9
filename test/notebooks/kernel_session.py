"""Do steps from standard input (a JSON list) in one tslab kernel, as a front end does them.

A step is {"run": [cells]} (all sent at once, as Run All does), {"inspect": code, "at": position} or
{"complete": code, "at": position}; a run may have "meanwhile": code to complete while it is on.
Prints a JSON list with the kernel's answers; a run's events are in the order they arrived.
"""

import json
import subprocess
import sys
import time

from jupyter_client.manager import start_new_kernel


def answer(client, request):
    while True:
        reply = client.get_shell_msg(timeout=120)
        if reply["parent_header"].get("msg_id") == request:
            return reply["content"]


def run(client, step):
    sent = time.monotonic()
    requests = [client.execute(code) for code in step["run"]]
    open_requests = set(requests)
    asked = None
    if "meanwhile" in step:
        asked = client.complete(step["meanwhile"], len(step["meanwhile"]))
        open_requests.add(asked)
    events = []
    while open_requests:
        message = client.get_iopub_msg(timeout=120)
        parent = message["parent_header"].get("msg_id")
        if parent not in requests and parent != asked:
            continue
        kind, content = message["msg_type"], message["content"]
        cell = requests.index(parent) if parent in requests else None
        event = {"cell": cell, "seconds": time.monotonic() - sent}
        if kind == "status":
            state = content["execution_state"]
            events.append({**event, "status": state})
            if state == "idle":
                open_requests.discard(parent)
        elif kind == "stream":
            events.append({**event, "text": content["text"]})
        elif kind in ("display_data", "clear_output"):
            events.append({**event, "shown": kind})
    return {"events": events, "replies": [answer(client, r)["status"] for r in requests]}


def do(client, step):
    if "run" in step:
        return run(client, step)
    if "inspect" in step:
        content = answer(client, client.inspect(step["inspect"], step["at"]))
        return {"text": content["data"].get("text/plain")}
    content = answer(client, client.complete(step["complete"], step["at"]))
    return {"matches": content["matches"]}


# With our standard output for its own, Node would make that one that refuses long texts.
manager, client = start_new_kernel(
    kernel_name="tslab", startup_timeout=120, stdout=subprocess.DEVNULL
)
try:
    results = []
    for step in json.load(sys.stdin):
        results.append(do(client, step))
        if "error" in results[-1].get("replies", []):
            # tslab drops whatever is asked in the 200 ms after an error.
            time.sleep(0.5)
    print(json.dumps(results))
finally:
    manager.shutdown_kernel(now=True)
