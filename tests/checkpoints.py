"""Runs of small checkpoints, and what other programs computed of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

from attn_explore.model.axes import Array, Axis
from attn_explore.model.checkpoints.checkpoint import Checkpoint
from attn_explore.model.forward import Assembly
from attn_explore.model.scenario import parse_scenario
from attn_explore.model.trace import Trace
from attn_explore.model.transformer import StackTokens

DATA = Path(__file__).parent / "data"
FAMILIES = DATA / "families"
REFERENCES = sorted(path.name for path in FAMILIES.iterdir() if (path / "expected.safetensors").is_file())


def run_of(model: Checkpoint, texts: Mapping[str, list[int]], dtype: str) -> Trace:
    """A run of a model over ids: `ids` and `target_ids`, an `attention_mask` of 1 for words, and `segments`."""
    trace = Trace(np.dtype(dtype))
    for name, axes in model.shapes.items():
        trace.add_parameter(name, axes, model.parameters[name])
    scenario = replace(parse_scenario("input: {text: a}"), model=model.architecture)
    text = _text(trace, "tokens", texts["ids"], texts.get("attention_mask"), texts.get("segments"), model)
    if not model.architecture.has_encoder:
        Assembly(trace, scenario, None).logits(text)
        return trace
    assembly = Assembly(trace, scenario, text)
    target = texts.get("target_ids")
    assembly.logits(None if target is None else _text(trace, "decoder.tokens", target, None, None, model))
    return trace


def _text(
    trace: Trace, name: str, ids: list[int], mask: list[int] | None, segments: list[int] | None, model: Checkpoint
) -> StackTokens:
    axes, start = (Axis("token", len(ids)),), name.removesuffix("tokens")
    tokens = trace.give(name, axes, np.array(ids))
    pad = None
    if mask is not None and 0 in mask:
        pad = trace.give(f"{start}pad", axes, 1 - np.array(mask))
    rows = None
    if model.architecture.segments and not name.startswith("decoder"):
        rows = trace.give(f"{start}segments", axes, np.array(segments or [0] * len(ids)))
    return StackTokens(tokens, pad, pad is not None, rows)


def expected_of(folder: Path) -> dict[str, Array]:
    """What another program computed, by the paths of our steps."""
    return load_file(folder / "expected.safetensors")


def texts_of(folder: Path) -> dict[str, list[int]]:
    """What was read."""
    found = json.loads((folder / "input.json").read_text())
    return {key: value for key, value in found.items() if isinstance(value, list)}


def differences(trace: Trace, expected: Mapping[str, Array], words: Array | None) -> Iterator[tuple[str, float]]:
    """How far each step is from what was expected, as a share of the largest number. Rows of padding count nowhere."""
    for path in sorted(expected, key=list(trace.steps).index):
        found, wanted = trace[path].array, expected[path]
        assert found.shape == wanted.shape, path
        axis = next((name for name in ("token", "query") if name in trace[path].names), None)
        is_source = path.startswith(("encoder.", "head.")) or not trace.given.get("decoder.tokens")
        if words is not None and axis is not None and is_source:
            place = trace[path].names.index(axis)
            found, wanted = np.compress(words, found, place), np.compress(words, wanted, place)
        yield path, float(np.abs(found - wanted).max() / np.abs(wanted).max())
