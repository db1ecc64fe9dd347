"""Settings of Sphinx, which makes a site of these pages and of those at the root: sphinx-build -W -c docs . build"""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path
from typing import Any

project = "attn-explore"
author = "the authors of attn-explore"
release = metadata.version("attn-explore")

extensions = ["myst_parser"]
include_patterns = ["*.md", "docs/*.md", "benchmarks/README.md"]
exclude_patterns = [".venv", "build"]
root_doc = "docs/index"
html_theme = "furo"
html_title = f"attn-explore {release}"
html_show_copyright = False
myst_heading_anchors = 3

_LISTED = re.compile(r"^- \[[^\]]*\]\(([\w./-]+)\.md\)", re.M)
_TO_INDEX = '<!doctype html><meta http-equiv="refresh" content="0; url=docs/index.html">\n'


def _with_contents(_: Any, page: str, source: list[str]) -> None:
    """Make the list of pages in the index, which reads well without Sphinx, its table of contents too."""
    if page == root_doc:
        source[0] += "\n```{toctree}\n:hidden:\n\n" + "\n".join(_LISTED.findall(source[0])) + "\n```\n"


def _lead_to_index(app: Any, failed: Exception | None) -> None:
    if failed is None:
        (Path(app.outdir) / "index.html").write_text(_TO_INDEX, "utf-8")


def setup(app: Any) -> None:
    """Tell Sphinx, whose application this is, of what is done here."""
    app.connect("source-read", _with_contents)
    app.connect("build-finished", _lead_to_index)
