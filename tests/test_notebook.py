"""The notebook of the documentation: its cells run, and give what it shows."""

from __future__ import annotations

import re
from typing import Any

from tests.notebooks import NOTEBOOK, code_cells, outputs, read


def _told(outputs: list[dict[str, Any]]) -> list[str]:
    """The text of some outputs; of a page its words alone: the last digits of float32 are not the same everywhere."""
    texts = ["".join(each["text"]) if "text" in each else "".join(each["data"]["text/plain"]) for each in outputs]
    pages = ["".join(each["data"].get("text/html", "")) for each in outputs if "data" in each]
    return texts + [" ".join(re.findall(r"[^\W\d_]+", re.sub(r"<[^>]*>", " ", page))) for page in pages]


def test_every_cell_gives_what_the_notebook_shows() -> None:
    names = dict[str, Any]()
    for count, cell in enumerate(code_cells(read(NOTEBOOK)), 1):
        assert cell["execution_count"] == count
        given = outputs(cell, names, count)
        assert _told(given) == _told(cell["outputs"]), "".join(cell["source"])
        assert _told(given)[:1] not in (["False"], ["np.False_"])


def test_it_is_of_the_format_that_jupyter_reads_and_small() -> None:
    notebook = read(NOTEBOOK)
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    assert len({cell["id"] for cell in notebook["cells"]}) == len(notebook["cells"])
    assert NOTEBOOK.stat().st_size < 100_000
