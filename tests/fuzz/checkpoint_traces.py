"""Spoiled traces of real checkpoints: what they say of the model, and everything that is read off what comes of it."""

from __future__ import annotations

import json
from dataclasses import fields
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, get_args

from attn_explore.model.architecture import (
    Architecture,
    Counting,
    EachScaling,
    LinearScaling,
    Llama3Scaling,
    Rotary,
    Waves,
)
from attn_explore.model.config import Activation, ModelConfig, Norm, NormOrder, Position, Score, Weighting
from attn_explore.model.explain import arithmetic, explanation, hidden_reason, lacking
from attn_explore.model.finer import finer_steps
from attn_explore.model.formulas import formula
from attn_explore.model.opened import opened, scenario_of
from attn_explore.model.run import run
from attn_explore.model.traces.export import trace_json
from attn_explore.model.traces.reading import read_trace
from attn_explore.model.traces.wanted import Wanted
from attn_explore.model.values import Value
from tests.fuzz.mutations import spoiled_tree, written
from tests.fuzz.reader import Reader, by_path, words
from tests.fuzz.scenarios import KEYS, LIMIT

FAMILIES = Path(__file__).parents[1] / "data" / "families"

Data = dict[str, Any]

_RUNS: tuple[tuple[str, Data, tuple[str, ...]], ...] = (
    ("gpt2", {"ids": [3]}, ()),
    ("llama-3", {"ids": [3, 4]}, ("q_rotated", "weights")),
    ("gemma3", {"ids": [3, 4]}, ("*.layers.0.self_attention.*",)),
    ("bloom", {"ids": [3, 4, 5]}, ("position_bias", "biased_scores")),
    ("bert-sentence", {"ids": [3, 4]}, ("segment", "pooled", "embedding")),
    ("t5", {"ids": [3, 4], "target_ids": [0, 5]}, ("position_bias", "*.residual")),
    ("marian-own-tables", {"ids": [3], "max_new_tokens": 2}, ("position", "candidates")),
    ("bart", {"ids": [3], "target_ids": [2]}, ("*.cross_attention.*",)),
)
"""Checkpoints, what they read, and which of their steps are exported."""

_READ = ("name", "path", "shape", "dtype", "file", "inputs", "values")
"""What a reader looks at in a record."""

_KEYS = (
    *_READ, "checkpoint", "left_out", "architecture", "vocabulary", "size", "labels", "reads", "ids", "padding",
    "generated", "ends", "files", "sha256", "tensor", "storage", "part", "encoder", "decoder", "halves", "fairseq",
    "b_q", "head.b", "all", "around", "two_norms", "pooler",
    *(each.name for kind in (Architecture, Rotary, LinearScaling, EachScaling, Llama3Scaling) for each in fields(kind)),
    *KEYS,
)  # fmt: skip

_TYPES = {key: str(kind) for kind in (Architecture, ModelConfig) for key, kind in kind.__annotations__.items()}
_VALUES: dict[str, list[Any]] = {
    "bool": [True, False],
    "int": [0, 1, 2, -1, 10**9],
    "Size": [1, 2, 3, 4, 12, 24, 10**6],
    "int | None": [None, 1, 2, 7, 48, -1],
    "float | None": [None, 0.5, 0.0, -1.0, 30.0],
}
_OTHERS: list[Any] = [
    None, [], [None, None], [1, None], [{"dims": 2, "pairs": "halves"}, None], [{"dims": 4, "base": 1.0}] * 2,
    [{"dims": 2, "scaling": {"factor": 2.0, "low": 1.0, "high": 4.0, "original": 8}}] * 2, ["b_q"], ["b_1", "head.b"],
    {"buckets": 4, "far": 9}, {"heads": 1}, {"heads": 1, "kv_heads": 1, "d_k": 12}, 0.1, 1e-5, 2.0,
    *get_args(Activation), *get_args(Position), *get_args(Norm), *get_args(NormOrder), *get_args(Score),
    *get_args(Weighting), *get_args(Waves), *get_args(Counting), "head", "all", "one", "after", "around", "no",
    "one_norm", "two_norms", "mean", "first", "pooler", "encoder", "decoder", "encoder-decoder", "vocabulary", "tokens",
]  # fmt: skip
"""What a key of a model may be set to, by its type; and what any other key may be."""


def checkpoint_trace() -> Reader:
    """Make the reader of traces of checkpoints; where one can be read, everything that is shown of it is made."""
    known = words('[ ] { } , : "NaN" null true 0 1 -1 1e9', *_KEYS)
    return Reader("checkpoint_trace", tuple(map(_as_json, _traces())), known, by_path(_look_at_all), _keep)


def _keep(chance: Random, content: bytes) -> bytes:
    """Change the tree; mostly what it says of the checkpoint, and of the model."""
    data = json.loads(content)
    what = chance.random()
    if what < 0.5:
        _set_by_chance(chance, data)
    elif what < 0.7:
        data["checkpoint"] = spoiled_tree(chance, data["checkpoint"], _KEYS)
    else:
        data = spoiled_tree(chance, data, _KEYS)
    return written(data).encode("utf-8", "replace")


def _set_by_chance(chance: Random, data: Data) -> None:
    """Give the model another value of the right type, or the same one: only what fits the numbers is read on."""
    key = chance.choice(list(_TYPES))
    section = data["scenario"]["model"] if key in data["scenario"]["model"] else data["checkpoint"]["architecture"]
    section[key] = chance.choice(_VALUES.get(_TYPES[key], _OTHERS))


@cache
def _traces() -> tuple[Data, ...]:
    return tuple(_trace_of(*each) for each in _RUNS)


def _trace_of(name: str, given: Data, steps: tuple[str, ...]) -> Data:
    """A trace with no more in its records than a reader looks at."""
    scenario = scenario_of(name, opened(FAMILIES / name), given)
    found: Data = json.loads(b"".join(trace_json(run(scenario), scenario, Wanted(steps))))
    for section in ("parameters", "steps"):
        found[section] = [{key: record[key] for key in record if key in _READ} for record in found[section]]
    return found


def _as_json(data: Data) -> bytes:
    return json.dumps(data).encode()


def _look_at_all(path: Path) -> None:
    """Read a trace, look at every step of it, and export it again."""
    scenario, trace = read_trace(path, LIMIT)
    for step in trace.steps.values():
        _look_at(step)
    for _ in trace_json(trace, scenario, Wanted(fine=not trace.left_out)):
        pass


def _look_at(step: Value) -> None:
    formula(step)
    explanation(step)
    finer_steps(step, planned=True)
    last = tuple(size - 1 for size in step.shape)
    for index in {tuple(0 for _ in last), last}:
        if {"query", "key"} <= {*step.names}:
            hidden_reason(step, index)
        if lacking(step) is None:
            found = arithmetic(step, index)
            found.evaluate.number(found.expression)
