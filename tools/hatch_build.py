"""An editable install makes the links in `src/attn_explore/` first; a wheel gets the man page."""

from __future__ import annotations

import runpy
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PAGE = "share/man/man1/attn-explore.1"
"""Where `man` looks for it, below the folder that things are installed in."""


class Made(BuildHookInterface[Any]):
    """What is made when something is built: links by `tools/links.py`, the page by `tools/manpage.py`.

    The page is made by the program, which needs the links in a checkout; a wheel holds the folders themselves.
    """

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called before anything is built."""
        tools = Path(self.root, "tools")
        links = runpy.run_path(str(tools / "links.py"))
        links["make"]()
        if version == "editable":
            links["compile_all"]()
            return
        self._folder = tempfile.mkdtemp()
        page = Path(self._folder, Path(PAGE).name)
        subprocess.run([sys.executable, str(tools / "manpage.py"), str(page), self.metadata.version], check=True)
        build_data["shared_data"][str(page)] = PAGE

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Called when it is built."""
        if version != "editable":
            shutil.rmtree(self._folder)
