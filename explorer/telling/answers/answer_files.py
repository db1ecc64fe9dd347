"""An answer as the bytes of a file: text, comma-separated lines, JSON, or a picture."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from attn_explore.explorer.system.file_formats import PLOTS
from attn_explore.explorer.telling.answers.answer import Answer
from attn_explore.explorer.telling.answers.answer_figure import answer_figure
from attn_explore.explorer.telling.answers.answer_json import answer_json
from attn_explore.explorer.telling.answers.answer_lines import answer_csv, answer_lines

WRITTEN_AS = (".txt", ".csv", ".json", *(ending for ending in PLOTS if ending not in (".csv", ".json")))
"""The endings of the files of an answer."""

_ANY_WIDTH = 10**6


def answer_bytes(answer: Answer, data: Mapping[str, Any], ending: str) -> bytes:
    """An answer in the format of files with this ending; `data` is what of it is written as JSON.

    Raises Problem for a picture of an answer without numbers.
    """
    if ending == ".txt":
        return _joined(answer_lines(answer, _ANY_WIDTH))
    if ending == ".csv":
        return _joined(answer_csv(answer))
    if ending == ".json":
        return _joined([answer_json(data)])
    from attn_explore.explorer.drawing.plots.formats import figure_bytes  # only pictures need it

    return figure_bytes(answer_figure(answer), ending)


def _joined(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()
