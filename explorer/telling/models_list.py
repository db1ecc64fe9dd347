"""The models of this machine as lines and as data."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Any

from attn_explore.explorer.drawing.numbers import size_text
from attn_explore.model.checkpoints.locating import locate, locate_name, places
from attn_explore.model.checkpoints.summary import Broken, Summary, summary_of
from attn_explore.model.text import cells, clip, visible

_HEADS = ("name", "family", "parameters", "stored as", "on disk", "can be run")
_LONGEST = 24
_SCALES = ((10**12, "T"), (10**9, "B"), (10**6, "M"), (10**3, "K"))


def models_lines(models: Sequence[Summary | Broken], memory: int) -> Iterator[str]:
    """A table of the models; `memory` is how many bytes a run may take."""
    rows = [_row(model, memory) for model in models if isinstance(model, Summary)]
    if rows:
        widths = [max(map(cells, column)) for column in zip(_HEADS, *rows, strict=True)]
        yield from (_line(row, widths) for row in (_HEADS, *rows))
    yield from (_reason(model) for model in models if isinstance(model, Broken))


def model_facts(name: str) -> str:
    """What the headers of a model say of it, a line. Raises Problem where it cannot be opened."""
    model = summary_of((locate if os.path.isabs(name) else locate_name)(name))  # a name is no path from here
    stored = f"stored as {', '.join(model.storages)}"
    parameters = f"{count_text(model.parameters)} parameters"
    return " · ".join((visible(clip(model.family, _LONGEST)), parameters, stored, f"{size_text(model.nbytes)} on disk"))


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(text + " " * (width - cells(text)) for text, width in zip(row, widths, strict=True)).rstrip()


def _row(model: Summary, memory: int) -> tuple[str, ...]:
    family, size, stored = clip(model.family, _LONGEST), count_text(model.parameters), ", ".join(model.storages)
    return visible(model.name), visible(family), size, stored, size_text(model.nbytes), _can_be_run(model, memory)


def _can_be_run(model: Summary, memory: int) -> str:
    if model.refused is not None:
        return f"no: {': '.join(filter(None, (model.refused.place, model.refused.what)))}"
    return "yes" if model.need <= memory else f"no: it takes {size_text(model.need)} of {size_text(memory)}"


def _reason(model: Broken) -> str:
    reason = model.problem.render().removeprefix("error: ").splitlines()[0]
    return f"{visible(model.name)} cannot be opened: {reason}"


def models_data(models: Sequence[Summary | Broken], memory: int) -> list[dict[str, Any]]:
    """The same for other programs."""
    return [_data(model, memory) for model in models]


def nothing_found() -> Iterator[str]:
    """What is said where there is no model."""
    yield f"there are no models in {', '.join(places())}"
    yield "get one by its own program: `hf download HuggingFaceTB/SmolLM2-135M` or `ollama pull smollm2:135m`"
    yield "a folder or a .gguf file anywhere is named by its path: `attn-explore run FOLDER`"


def count_text(count: int) -> str:
    """How many parameters, in few characters.

    >>> count_text(134_515_008), count_text(1_100_048_384), count_text(900)
    ('135M', '1.1B', '900')
    """
    scale, letter = next(((scale, letter) for scale, letter in _SCALES if count >= scale), (1, ""))
    number = count / scale
    return f"{number:.1f}{letter}" if number < 10 and letter else f"{number:.0f}{letter}"


def _data(model: Summary | Broken, memory: int) -> dict[str, Any]:
    if isinstance(model, Broken):
        return {"name": model.name, "problem": model.problem.render()}
    return {
        "name": model.name,
        "family": model.family,
        "parameters": model.parameters,
        "storage": list(model.storages),
        "bytes": model.nbytes,
        "memory_needed": model.need,
        "fits": model.need <= memory,
        "path": str(model.path),
        **({} if model.refused is None else {"problem": model.refused.render()}),
    }
