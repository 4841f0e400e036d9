"""Execute notebooks with nbclient, one after another, and tell how it goes as lines of JSON.

Called by execute.ts. nbclient does the executing and nbconvert the pages; what this file adds is
the report: which cell runs, and for a failure its cell, its source and its message. Each executed
notebook is written to the output folder, also the one that failed; with `pages` an HTML page beside it.

    python execute_notebooks.py OUTPUT_FOLDER SECONDS_PER_CELL each|one pages|plain RUNS

RUNS is JSON: [{"path": notebook, "env": {name: value to set in its kernel}}, ...]. `each` gives every
run a kernel of its own, `one` lets a single kernel do them all: what a notebook has declared is gone
when another begins, and there when the same one comes again, as for a learner's second Run All.

Events: {"event": "start" | "cell" | "done" | "failed", "notebook": path, ...}
"""

import base64
import copy as copies
import json
import os
import re
import sys
import time

import quick_import  # noqa: F401  first, for what it does

import nbformat
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbclient.util import run_sync

from parent_watch import end_with_parent


def say(event, notebook, **details):
    print(json.dumps({"event": event, "notebook": notebook, **details}), flush=True)


def is_executed(cell):
    return cell.cell_type == "code" and cell.source.strip() != ""


def message_of(error, cell):
    """What a learner would have read below the cell.

    tslab writes an error to stderr and then replies with a bare "error": no name, no text. So the
    stream is the message, and what nbclient makes of the reply only stands in where there is none.
    """
    if isinstance(error, CellTimeoutError):
        return str(error).splitlines()[0]
    if isinstance(error, DeadKernelError):
        return "The kernel died while this cell ran."
    outputs = cell.outputs if cell is not None else []
    text = "".join(o.text for o in outputs if o.output_type == "stream" and o.name == "stderr")
    traces = ["\n".join(o.traceback) for o in outputs if o.output_type == "error"]
    # What else the cell has shown says at least how far it came.
    shown = ["".join(o.data.get("text/plain", "")) for o in outputs if "data" in o]
    said = [o.text for o in outputs if o.output_type == "stream"]
    text = text or "\n".join(traces + said + shown)
    text = text or f"{getattr(error, 'ename', '')}: {getattr(error, 'evalue', error)}"
    return re.sub(r"\x1b\[[0-9;]*m", "", text).strip()


class Kernel:
    """One kernel for several notebooks, and the client that speaks with it."""

    # What cells declare are properties of this object of tslab's.
    FORGET = "for (const name of Object.keys(globalThis['__tslab__'].exports)) delete globalThis['__tslab__'].exports[name]"

    def __init__(self):
        # Started by the first notebook. Asynchronous: beside a manager that blocks, nbclient sees neither
        # that a cell takes too long nor that the kernel has died.
        self.manager = AsyncKernelManager(kernel_name="tslab")
        self.client = None
        self.notebook = None

    def begin(self, notebook, env):
        """Set variables, of the kernel that runs or of the one to come, and forget another notebook."""
        if self.client:
            forget = "" if notebook == self.notebook else self.FORGET
            code = f"Object.assign(process.env, {json.dumps(env)});\n{forget};\nnull"
            run_sync(self.client.execute_interactive)(code, timeout=60)
        else:
            os.environ.update(env)
        self.notebook = notebook

    def end(self):
        if self.client:
            self.client.stop_channels()
        if self.manager.has_kernel:
            run_sync(self.manager.shutdown_kernel)(now=True)


def execute(path, folder, seconds_per_cell, has_page=True, kernel=None):
    """Execute one notebook, in `kernel` or in one of its own. Returns whether every cell succeeded."""
    notebook = nbformat.read(path, as_version=4)
    cells = sum(map(is_executed, notebook.cells))
    progress = {"index": None, "number": 0}

    def on_cell_execute(cell, cell_index):
        progress.update(index=cell_index, number=progress["number"] + 1)
        say("cell", path, number=progress["number"], of=cells)

    client = NotebookClient(
        notebook,
        km=kernel and kernel.manager,
        kernel_name="tslab",
        timeout=seconds_per_cell,
        resources={"metadata": {"path": os.path.dirname(os.path.abspath(path))}},
        # No cell may fail, whatever its tags say: what is taught as a failure is caught and shown.
        force_raise_errors=True,
        # The kernel holds nothing that a polite end would save, and may hold open connections.
        shutdown_kernel="immediate",
        on_cell_execute=on_cell_execute,
    )
    if kernel:
        client.kc = kernel.client
    say("start", path, of=cells)
    started = time.monotonic()
    failure = None
    try:
        client.execute()
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        failure = error
    if kernel:
        kernel.client = client.kc
    seconds = round(time.monotonic() - started, 3)
    write(notebook, path, folder, has_page)
    if failure is None:
        say("done", path, cells=cells, seconds=seconds)
        return True
    index = progress["index"]
    cell = notebook.cells[index] if index is not None else None
    say(
        "failed",
        path,
        cell=None if index is None else index + 1,
        source="" if cell is None else cell.source,
        message=message_of(failure, cell),
    )
    return False


def with_drawings(notebook, folder):
    """A copy with the drawings beside the notebook inside it: its page may go anywhere by itself.

    nbconvert's own way, embed_images, closes every <details> at once, and unfolds all solutions.
    """

    def embedded(match):
        with open(os.path.join(folder, match[1]), "rb") as file:
            data = base64.b64encode(file.read()).decode("ascii")
        return f"](data:image/svg+xml;base64,{data})"

    copy = copies.deepcopy(notebook)
    for cell in copy.cells:
        if cell.cell_type == "markdown":
            cell.source = re.sub(r"\]\((pictures/[\w-]+\.svg)\)", embedded, cell.source)
    return copy


def write(notebook, path, folder, has_page=True):
    name = os.path.splitext(os.path.basename(path))[0]
    os.makedirs(folder, exist_ok=True)
    nbformat.write(notebook, os.path.join(folder, name + ".ipynb"))
    if not has_page:
        return
    # Takes more than a second to import, and most runs make no pages.
    from nbconvert import HTMLExporter

    page, _ = HTMLExporter().from_notebook_node(
        with_drawings(notebook, os.path.dirname(path)), {"metadata": {"name": name}}
    )
    with open(os.path.join(folder, name + ".html"), "w", encoding="utf-8") as file:
        file.write(page)


def main(folder, seconds_per_cell, kernels, pages, runs):
    seconds = int(seconds_per_cell)
    kernel = Kernel() if kernels == "one" else None

    def run(path, env):
        if kernel:
            kernel.begin(path, env)
        else:
            os.environ.update(env)
        return execute(path, folder, seconds, pages == "pages", kernel)

    try:
        # all() stops at the first notebook that fails; the later ones build on it.
        return 0 if all(run(one["path"], one["env"]) for one in json.loads(runs)) else 1
    finally:
        if kernel:
            kernel.end()


if __name__ == "__main__":
    end_with_parent()
    sys.exit(main(*sys.argv[1:]))
