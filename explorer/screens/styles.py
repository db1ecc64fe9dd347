"""The style sheet of the screens, read as a resource, so that it is found in a zip file too."""

from __future__ import annotations

from importlib.resources import files

STYLES = files("attn_explore.explorer").joinpath("explorer.tcss").read_text("utf-8")
