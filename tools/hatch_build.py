"""An editable install makes the links in `src/attn_explore/` first."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Links(BuildHookInterface[Any]):
    """The links of `tools/links.py`, for `pip install -e` alone: a wheel holds the folders themselves."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called before anything is built."""
        if version == "editable":
            runpy.run_path(str(Path(self.root, "tools", "links.py")), run_name="__main__")
