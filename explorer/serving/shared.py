"""Imports everything that a visitor may need; the process that visitors are forked from imports this, and nobody else.

So memory and time for it are spent once for all.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import walk_packages

import attn_explore

_NOT_FOR_VISITORS = (
    "attn_explore.__main__",
    "attn_explore.explorer.cli",
    "attn_explore.explorer.commands",
    "attn_explore.explorer.serving",
)

for _module in walk_packages(attn_explore.__path__, "attn_explore."):
    if not _module.name.startswith(_NOT_FOR_VISITORS):
        import_module(_module.name)

for _name in ("attn_explore.explorer.serving.visitor", "psutil"):
    import_module(_name)
