"""JupyterLab, with the same arguments as `python -m jupyterlab`, that ends with its launcher."""

import sys

import quick_import  # noqa: F401  first, for what it does

from jupyterlab.labapp import main

from parent_watch import end_with_parent

if __name__ == "__main__":
    end_with_parent()
    sys.exit(main())
