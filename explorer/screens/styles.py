"""The style sheet of the screens."""

from __future__ import annotations

from attn_explore.model.packaged import packaged

STYLES = packaged("attn_explore.explorer", "explorer.tcss")
