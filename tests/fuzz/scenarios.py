"""Spoiled scenarios: read, and planned with their lesson where they are small."""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from random import Random
from typing import Any

from attn_explore.explorer.session.opening import within
from attn_explore.explorer.system.limits import Limits
from attn_explore.model.config import InputConfig, ModelConfig
from attn_explore.model.lesson import stops
from attn_explore.model.scenario import parse_scenario
from attn_explore.model.scenario.document import Document, Experiment, LessonStep
from attn_explore.model.scenario.yaml_source import decode
from tests.fuzz.mutations import spoiled_tree, written
from tests.fuzz.reader import Reader, words

LIMIT = 2**26
"""Bytes that a scenario may take when it is planned."""

KEYS = tuple(
    each.name for kind in (Document, ModelConfig, InputConfig, LessonStep, Experiment) for each in fields(kind)
)

_SEEDS = (
    """\
title: A dog
model: {kind: attention, d_model: 2}
input: {text: I love my dog, pad_to: 5}
mask: {causal: true}
""",
    """\
model:
  d_model: 4
  heads: 2
  d_ff: 2
  weights:
    set:
      encoder.layers.0.feed_forward.w_1: [[1, 2], [3, -4.5e-1], [0, 0], [0, 0]]
input: {tokens: [I, no, 'my', "d\\u00f6g"]}
edits:
  - {at: encoder.layers.0.self_attention.weights, index: [0, all, 1], set: 0.5}
""",
    """\
# a lesson
model: {kind: decoder, d_model: 2, head: vocabulary}
input: {text: a b, vocabulary: [c], max_new_tokens: 1}
lesson:
- at: decoder.layers.0.self_attention.weights
  say: |
    Look.
    Here.
  ask: Which?
  answer: {argmax: key}
compare: {label: other, model: {weights: {seed: 1}}}
""",
    "experiment: {kind: dot_product_variance, widths: [1, 2], pairs: 16, row: 2}\n",
    """\
model: {kind: encoder-decoder, d_model: 2}
input: {vectors: [[1, 0], [0, 1]], target_vectors: [[0.5, -1]]}
gradients: {of: "decoder.layers.0.ffn.output[0, 1]"}
""",
    """\
model: {kind: encoder, d_model: 2, head: sequence, classes: [x, y]}
input: {text: a, target: y}
experiment: {kind: training, data: pairs.tsv, steps: 2, snapshots: 1}
gradients: {}
""",
)
_WORDS = """&a *a !!python/object << - ? [ ] { } : , | >- ' " # --- ... \\x1b "\\ud800" null ~ no 0x10 12:30 %YAML"""


def scenario() -> Reader:
    """Make the reader of scenarios."""
    known = words(_WORDS, "\t", "\r\n", "\x85", "  ", ": ", "<<: ", "- ", *KEYS)
    return Reader("scenario", tuple(seed.encode() for seed in _SEEDS), known, _read, _keep)


def _read(content: bytes) -> None:
    found = parse_scenario(decode(content, "file"), "file")
    stops(found, within(found, Limits(LIMIT)).plan)


def _keep(chance: Random, content: bytes) -> bytes:
    return written(spoiled_tree(chance, _data(content), KEYS)).encode("utf-8", "replace")


@cache
def _data(content: bytes) -> Any:
    return parse_scenario(content.decode(), "seed").source.data
