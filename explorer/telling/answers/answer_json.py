"""An answer as strict JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from attn_explore.explorer.drawing.plots.heat_files import NOT_FINITE
from attn_explore.model.looking.text_read import Text


def answer_json(data: Mapping[str, Any]) -> str:
    """Plain objects as one line of strict JSON; what is not finite is a string, as in an exported trace."""
    return json.dumps(_strict(data), ensure_ascii=False, allow_nan=False)


def token_data(text: Text, place: int) -> dict[str, Any]:
    """A token of a text as plain objects."""
    return {"token": text.written(place), "id": int(text.ids[place])}


def _strict(data: Any) -> Any:
    if isinstance(data, Mapping):
        return {name: _strict(item) for name, item in data.items()}
    if isinstance(data, list | tuple):
        return [_strict(item) for item in data]
    return NOT_FINITE[repr(data)] if isinstance(data, float) and not math.isfinite(data) else data
