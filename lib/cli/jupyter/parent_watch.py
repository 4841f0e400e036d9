"""End this process when the one that started it is gone, however that one ended.

A launcher that is killed outright can stop nothing any more; what it started has to notice.
"""

import os
import signal
import threading
import time

SECONDS_BETWEEN_LOOKS = 1


def end_with_parent():
    """Send ourselves SIGTERM, on which Jupyter ends its kernels too, once the parent is gone."""
    parent = int(os.environ.get("FLEETLAB_PARENT_PID", "0"))
    # Windows gives no new parent to an orphan; there the launcher's job ends the whole tree.
    if parent == 0 or os.name == "nt":
        return

    def watch():
        while os.getppid() == parent:
            time.sleep(SECONDS_BETWEEN_LOOKS)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()
