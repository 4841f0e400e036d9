"""Run cells from standard input (a JSON list) in one tslab kernel, interrupting some of them.

Each cell is {"code": ..., "interruptAfter": seconds, "interruptAt": what it shows, as a pattern}, of
which the last two may be missing. Prints a JSON list with what each cell
wrote, its reply's status, and how long it went on after the interrupt.
"""

import json
import queue
import re
import sys
import time

from jupyter_client.manager import start_new_kernel


def run(manager, client, cell):
    after, at = cell.get("interruptAfter"), cell.get("interruptAt")
    request = client.execute(cell["code"])
    started = time.monotonic()
    interrupted = None
    text, shown = [], {}
    while True:
        is_late = after is not None and time.monotonic() - started > after
        is_there = at is not None and any(re.search(at, one) for one in shown.values())
        if interrupted is None and (is_late or is_there):
            manager.interrupt_kernel()
            interrupted = time.monotonic()
        try:
            message = client.get_iopub_msg(timeout=0.1)
        except queue.Empty:
            if time.monotonic() - started > 120:
                raise TimeoutError(cell["code"])
            continue
        if message["parent_header"].get("msg_id") != request:
            continue
        kind, content = message["msg_type"], message["content"]
        if kind == "stream":
            text.append(content["text"])
        elif kind in ("display_data", "update_display_data"):
            shown[content["transient"].get("display_id")] = list(content["data"].values())[0]
        elif kind == "status" and content["execution_state"] == "idle":
            break
    ended = time.monotonic()
    while True:
        reply = client.get_shell_msg(timeout=30)
        if reply["parent_header"].get("msg_id") == request:
            break
    return {
        "status": reply["content"]["status"],
        "text": "".join(text),
        "shown": list(shown.values()),
        "secondsAfterInterrupt": None if interrupted is None else ended - interrupted,
    }


manager, client = start_new_kernel(kernel_name="tslab", startup_timeout=120)
try:
    results = []
    for cell in json.load(sys.stdin):
        results.append(run(manager, client, cell))
        if results[-1]["status"] == "error":
            # tslab drops whatever is asked in the 200 ms after an error.
            time.sleep(0.5)
    print(json.dumps(results))
finally:
    manager.shutdown_kernel(now=True)
