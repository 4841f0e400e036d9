"""Import this before anything of Jupyter's.

jsonschema looks for a checker of internationalised addresses (RFC 3987), and the one it finds
compiles its grammar as it is imported: two and a half seconds, half of what JupyterLab takes to
start. Nothing that Jupyter validates names such an address; without the checker jsonschema leaves
that one format unchecked, as it does wherever the package is not installed.
"""

import sys

sys.modules.setdefault("rfc3987_syntax", None)
