"""An architecture in a trace: as plain data, and read back, as far as the mathematics can be done with it.

What a scenario can say of a model stands in the trace's scenario; here is the rest of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, is_dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from attn_explore.model.architecture import (
    LEAST_WAVES,
    Architecture,
    EachScaling,
    LinearScaling,
    Llama3Scaling,
    Rotary,
    contradictions,
)
from attn_explore.model.config import ModelConfig
from attn_explore.model.scenario.source import KeyPath
from attn_explore.model.variants import GATED

if TYPE_CHECKING:
    from pydantic import TypeAdapter

Data = dict[str, Any]
Refuse = Callable[[KeyPath, str], Exception]
"""Makes the refusal of what stands at a path of keys."""

_SAID_IN_SCENARIO = frozenset(each.name for each in fields(ModelConfig))
_OF_A_STACK = ("heads", "kv_heads", "d_k", "d_v", "d_ff")
"""What may differ between the stacks of one model."""


def as_data(architecture: Architecture) -> Data:
    """What a scenario cannot say of a model, where it is not the default."""
    rest = [each for each in fields(Architecture) if each.name not in _SAID_IN_SCENARIO]
    is_default = {each.name: getattr(architecture, each.name) == each.default for each in rest}
    return {each.name: _plain(getattr(architecture, each.name)) for each in rest if not is_default[each.name]}


def _plain(value: Any) -> Any:
    if isinstance(value, Architecture):
        return {key: getattr(value, key) for key in _OF_A_STACK}
    if is_dataclass(value):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, frozenset):
        return sorted(value)
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def architecture_from(said: Any, model: ModelConfig, refuse: Refuse) -> Architecture:
    """The architecture of a model, of which `said` is what its scenario does not say.

    Raises what `refuse` makes for the first key that is not as it must be.
    """
    if not isinstance(said, dict):
        raise refuse((), "this must be an object")
    known = {each.name: _plain(getattr(model, each.name)) for each in fields(model) if each.name != "weights"}
    if twice := sorted(said.keys() & known.keys()):
        raise refuse((twice[0],), "the scenario of the trace says this")
    whole = {**known, **{key: value for key, value in said.items() if key != "decoder"}}
    found = _validated(whole, (), refuse)
    if "decoder" in said:
        if not isinstance(said["decoder"], dict):
            raise refuse(("decoder",), "this must be an object")
        found = replace(found, decoder=_validated({**whole, **said["decoder"]}, ("decoder",), refuse))
    for path, what in _faults(found):
        raise refuse(path, what)
    return replace(found, weights=model.weights)


def _validated(data: Data, above: KeyPath, refuse: Refuse) -> Architecture:
    """The architecture that the data say, which stands at the keys `above`."""
    from pydantic import ValidationError

    try:
        return _validator().validate_json(json.dumps(data), strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        what = str(first["msg"])
        raise refuse((*above, *_known_part(data, first["loc"])), what[:1].lower() + what[1:]) from error


@cache
def _validator() -> TypeAdapter[Architecture]:
    from pydantic import TypeAdapter

    return TypeAdapter(Architecture)


def _known_part(data: Any, location: Sequence[str | int]) -> KeyPath:
    """As much of a location as leads through the data, and the key that is wrong there."""
    path: KeyPath = ()
    for step in location:
        is_inside = isinstance(data, list) and isinstance(step, int) and step < len(data)
        if not is_inside and not (isinstance(data, dict) and step in data):
            return path if path else (step,)
        data, path = data[step], (*path, step)
    return path


# --- what the mathematics asks for


def _faults(found: Architecture) -> Iterator[tuple[KeyPath, str]]:
    """What keeps a model from being put together, and where that is said."""
    yield from (((), what) for what in contradictions(found))
    yield from _of_the_whole(found)
    stacks = {"encoder": found.has_encoder, "decoder": found.has_decoder}
    for stack in (stack for stack, is_there in stacks.items() if is_there):
        own = found.of(stack)
        above: KeyPath = ("decoder",) if own is not found and found.decoder is not None else ()
        yield from (((*above, *path), what) for path, what in _of_a_stack(own, found.layers_of(stack)))


def _of_the_whole(found: Architecture) -> Iterator[tuple[KeyPath, str]]:
    other = found.decoder
    if other is not None and replace(other, **_stack_of(found), decoder=None) != replace(found, decoder=None):
        yield ("decoder",), f"it may differ from the encoder in {', '.join(_OF_A_STACK)} alone"
    for key, is_right, what in _RULES:
        if not is_right(found):
            yield (key,), what
    for key in _ABOVE_ZERO:
        if (number := getattr(found, key)) is not None and number <= 0:
            yield (key,), "this must be above 0"
    for key in ("segments", "position_offset"):
        if getattr(found, key) < 0:
            yield (key,), "this must not be below 0"


def _stack_of(found: Architecture) -> Data:
    return {key: getattr(found, key) for key in _OF_A_STACK}


_ABOVE_ZERO = (
    "d_embedding", "embedding_scale", "positions", "scale_width", "score_cap", "logit_cap", "output_scale",
)  # fmt: skip

Rule = tuple[str, Callable[[Architecture], bool], str]

_RULES: tuple[Rule, ...] = (
    ("kind", lambda a: a.kind != "attention", "a checkpoint has an encoder, a decoder, or both"),
    ("head", lambda a: a.head in ("none", "vocabulary"), "a checkpoint has a head for words, or none"),
    ("output_projection", lambda a: a.output_projection, "a checkpoint has this"),
    ("feed_forward", lambda a: bool(a.feed_forward), "a checkpoint has this"),
    ("gated", lambda a: not a.gated or a.activation in GATED, "the activation is gated already"),
    ("head_hidden", lambda a: a.head_hidden is None or a.head_hidden in GATED, "this activation needs a gate"),
    ("projects_output", lambda a: not a.projects_output or _may_project(a), "this is for narrow decoders alone"),
    ("waves", lambda a: a.waves == "interleaved" or _is_even(a), f"this needs an even width, from {LEAST_WAVES} on"),
    ("counting", lambda a: a.counting != "words_alone" or _has_row_for_padding(a), "padding has no row of the table"),
)  # fmt: skip


def _may_project(a: Architecture) -> bool:
    is_bare = a.head_hidden is None and a.pooling == "none"
    return a.d_embedding is not None and a.kind == "decoder" and is_bare


def _is_even(a: Architecture) -> bool:
    width = a.embedding_width if a.projected_last else a.d_model
    return width % 2 == 0 and width >= LEAST_WAVES


def _has_row_for_padding(a: Architecture) -> bool:
    return a.position != "learned" or a.position_offset > 0


def _of_a_stack(own: Architecture, layers: int) -> Iterator[tuple[KeyPath, str]]:
    for key in ("rotary", "windows"):
        if len(getattr(own, key)) not in (0, layers):
            yield (key,), f"{len(getattr(own, key))} entries for {layers} layers"
    if any(window is not None and window < 1 for window in own.windows):
        yield ("windows",), "a window has at least one token"
    if own.position == "rotary" and not own.rotary and own.d_k % 2:
        yield ("rotary",), f"{own.d_k} columns are not turned in pairs"
    if not all(number > 0 for rotary in own.rotary if rotary for number in _stretches(rotary)):
        yield ("rotary",), "what a position is divided by must be above 0"


def _stretches(rotary: Rotary) -> tuple[float, ...]:
    """The numbers that say how fast pairs are turned."""
    match rotary.scaling:
        case LinearScaling(factor):
            return rotary.base, factor
        case EachScaling(factors):
            return rotary.base, *factors
        case Llama3Scaling(factor=factor, original=original):
            return rotary.base, factor, original
    return (rotary.base,)
