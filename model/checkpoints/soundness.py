"""Whether the settings of a checkpoint go together: what they say alone is checked where they are read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from attn_explore.model.architecture import Architecture, EachScaling, Llama3Scaling, Rotary
from attn_explore.model.problems import Problem, raise_any

_LARGEST_POSITION = 2**31


def check_soundness(model: Architecture, path: Path) -> None:
    """Raise Problem with everything that no model can be; `path` is where the settings stand."""
    stacks = [model] if model.decoder is None else [model, model.decoder]
    said = dict.fromkeys(what for stack in stacks for what in _what_is_wrong(stack))
    raise_any(Problem(what, path=path) for what in said)


def _what_is_wrong(model: Architecture) -> Iterator[str]:
    if model.heads % model.kv_heads:
        yield f"{model.kv_heads} heads of keys and values cannot be shared by {model.heads} heads of queries"
    for rotary in dict.fromkeys(filter(None, model.rotary)):
        yield from _wrong_with_rotary(rotary, model.d_k)
    if model.position_offset + (model.positions or 0) > _LARGEST_POSITION:
        yield f"positions from {model.position_offset:,} on are more than any model has"
    if (relative := model.relative) is not None and not relative.far > relative.buckets // 2 >= 2:
        yield f"{relative.buckets} buckets of distances do not reach to a distance of {relative.far}"


def _wrong_with_rotary(rotary: Rotary, d_k: int) -> Iterator[str]:
    dims, scaling = rotary.dims, rotary.scaling
    if not 0 < dims <= d_k or dims % 2:
        yield f"{dims} of the {d_k} columns of a head would be turned, and they are turned in pairs"
    elif isinstance(scaling, EachScaling) and len(scaling.factors) != dims // 2:
        yield f"there are {len(scaling.factors)} factors for {dims // 2} angles"
    if isinstance(scaling, Llama3Scaling) and not scaling.low < scaling.high:
        yield f"rotary angles are slow below {scaling.low:g} and fast above {scaling.high:g}: the second must be larger"
