"""A picture in lines as a page of its own (PDF): lines stay lines and letters letters, for papers and for print."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from attn_explore.model.files.extras import from_extra

_PAGE = b"""
#set document(title: sys.inputs.title, date: none)
#set page(width: float(sys.inputs.width) * 1pt, height: float(sys.inputs.height) * 1pt, margin: 0pt)
#image("figure.svg", width: 100%, height: 100%, fit: "contain", alt: sys.inputs.title)
"""
"""What the page holds. The words are given beside it, and are text wherever they stand."""

_TO_A_UNIT = 0.75
"""Points to a unit of a picture, of which 96 are an inch."""


def library() -> Any:
    """The package that draws pages. Raises Problem where it is not installed."""
    return from_extra("typst", "a PDF", "figures")


def pdf_of(svg: bytes, title: str, width: float, height: float) -> bytes:
    """The picture as a page of so many units; the same picture, the same bytes.

    Raises Problem where the package that draws it is not installed.
    """
    written: bytes = library().compile(
        {"main": _PAGE, "figure.svg": svg},
        format="pdf",
        sys_inputs={"title": title, "width": f"{width * _TO_A_UNIT:.3f}", "height": f"{height * _TO_A_UNIT:.3f}"},
        timestamp=datetime.fromtimestamp(0, UTC),
    )
    return written
