"""Attention once more over the queries, keys and values of a run: with another score, weighting, mask, span, position.

A real model's weights are what they are, and its scenario cannot be another one; what it computed up to here stays, and
the rest is done anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from attn_explore.model.architecture import Architecture, architecture_of
from attn_explore.model.axes import Axis
from attn_explore.model.config import ModelConfig
from attn_explore.model.dataclass import dataclass
from attn_explore.model.gallery import Variant
from attn_explore.model.layers import Layer, Visibility, attend, numbered
from attn_explore.model.problems import Problem
from attn_explore.model.recorder import Recorder
from attn_explore.model.trace import Trace
from attn_explore.model.values import Value
from attn_explore.model.variants import POSITIONS, SCORES

MOST_CELLS = 2**22
"""Weights of all heads together, of which every variant holds some arrays."""


@dataclass(frozen=True)
class Again:
    """The attention `block` of a run of a model, and the trace in which it is done again."""

    run: Trace
    block: str
    config: Architecture
    trace: Trace

    @property
    def is_across(self) -> bool:
        """Whether the keys are those of another text."""
        return self.block.endswith("cross_attention")

    @property
    def texts(self) -> list[Axis]:
        """The tokens that ask, and those that are asked."""
        return [view.value.axis("token") for view in self.run[f"{self.block}.scores"].operands[:2]]

    def given(self, value: Value) -> Value:
        """A value of the run as something that is given, under its own path."""
        return self.trace.give(value.path, value.axes, np.asarray(value.array))


def attended_again(run: Trace, block: str, model: ModelConfig, variant: Variant) -> Trace:
    """The steps of an attention from its scores on, as a variant has them. Raises Problem for one that cannot be."""
    if run[f"{block}.weights"].size > MOST_CELLS:
        raise Problem("the text is too long for every variant of its attention", hint="read a shorter one")
    changes = variant.changes.get("model", {})
    stack = "decoder" if "decoder" in block.split(".") else "encoder"
    again = Again(run, block, architecture_of(model).of(stack), Trace(run.dtype))
    _refuse(again, variant)
    recorder, config = Recorder(again.trace, block), _varied(again.config, changes)
    q, k, v = _operands(again, changes)
    seen = _visibility(again, variant)
    layer = None if again.is_across else _layer(again, seen)
    turns = config.rotary_of(layer.number) if layer and config.position != again.config.position else None
    if turns is not None:
        q, k = recorder.rotate("q_rotated", q, turns), recorder.rotate("k_rotated", k, turns)
    attend(recorder, q, k, v, seen, config, layer)
    return again.trace


def _refuse(again: Again, variant: Variant) -> None:
    """Raise Problem where a variant needs weights or words that the model has not."""
    changes, config = variant.changes.get("model", {}), again.config
    q = again.run[f"{again.block}.q"]
    if "input" in variant.changes:
        raise Problem("the keys of padding were not computed")
    if again.is_across and (changes.get("attention_span") or variant.changes.get("mask", {}).get("causal")):
        raise Problem("its keys are the words of another text, and neither near a query nor later than it")
    if variant.family == "heads" and (changes["heads"], changes["kv_heads"]) != (config.heads, config.kv_heads):
        raise Problem(f"W_Q, W_K and W_V were trained for {config.heads} heads, {config.kv_heads} of keys and values")
    if any(True for _ in SCORES[changes.get("score", config.score)].parameters(q.axis("head"), q.axes[-1])):
        raise Problem("it has matrices of its own, and this model was trained without them")
    own, position = config.position, changes.get("position", config.position)
    is_fixed = any((POSITIONS[position].added, POSITIONS[own].added, config.relative, again.is_across))
    if position != own and is_fixed:
        what = "added to the embeddings" if POSITIONS[position].added else "not those it was trained with"
        raise Problem(f"its Q and K were made with {own} positions, and these are {what}")
    if position != own == "rotary" and again.run[f"{again.block}.scores"].operands[1].value.name not in (
        "k",
        "k_rotated",
    ):
        raise Problem("its keys were turned in the passes before")


def _operands(again: Again, changes: Mapping[str, Any]) -> tuple[Value, Value, Value]:
    """Queries, keys and values, given; the first two as they were before they were turned, where that is undone."""
    scores, output = again.run[f"{again.block}.scores"], again.run[f"{again.block}.head_output"]
    q, k = (view.value for view in scores.operands)
    if changes.get("position", again.config.position) != again.config.position and q.name == "q_rotated":
        q, k = q.operands[0].value, k.operands[0].value
    return again.given(q), again.given(k), again.given(output.operands[1].value)


def _visibility(again: Again, variant: Variant) -> Visibility:
    """What may be seen: as in the run, but for what the variant says."""
    mask = again.run.steps.get(f"{again.block}.mask")
    options: dict[str, Any] = {} if mask is None else dict(mask.options)
    operands = [] if mask is None else [again.given(view.value) for view in mask.operands]
    pad = operands.pop() if options.pop("pad", False) else None
    operands = operands or [again.given(_token_ids(again, axis)) for axis in again.texts]
    if variant.family == "spans":
        options |= {"span": variant.changes["model"]["attention_span"], "window": None}
    options |= {key: value for key, value in variant.changes.get("mask", {}).items() if key == "causal"}
    return Visibility(operands[0], operands[-1], pad, **options)


def _token_ids(again: Again, tokens: Axis) -> Value:
    """The ids of the tokens along an axis."""
    return next(value for value in again.run.given.values() if value.axes == (tokens,))


def _varied(config: Architecture, changes: Mapping[str, Any]) -> Architecture:
    """The model with the choices of a variant; the heads stand side by side at the end."""
    chosen: dict[str, Any] = {key: changes[key] for key in ("score", "weighting", "position") if key in changes}
    unscaled: dict[str, Any] = {"scale_width": None, "scaled_by_layer": False} if "score" in changes else {}
    own = {} if changes.get("score") == config.score else unscaled
    return replace(config, output_projection=False, **chosen, **own)


def _layer(again: Again, seen: Visibility) -> Layer:
    """The layer that the attention is in, with the table of its relative positions, where it has one."""
    parts = again.block.split(".")
    bias = again.run.steps.get(f"{again.block}.position_bias")
    is_relative = bias is not None and bias.made_by.name == "relative"
    table = again.given(bias.operands[0].value) if bias is not None and is_relative else None
    return Layer(int(parts[parts.index("layers") + 1]), numbered(seen, again.config), table)
