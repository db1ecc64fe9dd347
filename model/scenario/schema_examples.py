"""Examples in the JSON Schema of scenario files: what editors show, and offer, at each key that is no choice.

A section is called as its class is; the whole file is `Document`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_WEIGHTS = "encoder.layers.0.self_attention.weights"
_STOP = {
    "at": _WEIGHTS,
    "focus": {"query": "love"},
    "say": "Softmax makes each row sum to **1**.",
    "ask": "Which word does *love* attend to most?",
    "answer": {"argmax": "key"},
    "hint": "Look for its largest score.",
}

EXAMPLES: Mapping[str, Mapping[str, list[Any]]] = {
    "Document": {
        "title": ["I love my dog"],
        "summary": ["One encoder attention head, by hand."],
        "model": [{"kind": "encoder", "d_model": 6, "heads": 2}, {"kind": "decoder", "head": "vocabulary"}],
        "input": [{"text": "I love my dog"}],
        "mask": [{"causal": True}],
        "edits": [[{"at": _WEIGHTS, "index": [0, 1, 3], "set": 0.0}]],
        "gradients": [{"of": "logits[dog, 2]"}],
        "compare": [{"label": "without scaling", "model": {"score": "dot"}}],
        "lesson": [[_STOP]],
        "experiment": [{"kind": "training", "data": "pairs.tsv", "held_out": 24, "steps": 600}],
    },
    "ModelConfig": {
        "classes": [["negative", "positive"]],
        "weights": [{"seed": 7, "scale": 0.5}, {"file": "weights.safetensors"}],
    },
    "WeightsConfig": {
        "file": ["weights.safetensors"],
        "checkpoint": ["./gpt2", "openai-community/gpt2"],
        "set": [{"encoder.layers.0.ffn.b_2": [0, 0, 0, 0, 0, 1]}],
    },
    "InputConfig": {
        "text": ["I love my dog"],
        "tokens": [["I", "love", "my", "dog"]],
        "vectors": [[[1, 0, 0, 1, 0, 0], [0, 1, 0, 0, 1, 0]]],
        "ids": [[464, 3139, 286, 4881]],
        "vocabulary": [["I", "love", "my", "dog", "cat"]],
        "target": ["我 喜歡 我的 狗"],
        "target_tokens": [["我", "喜歡", "我的", "狗"]],
        "target_vectors": [[[1, 0, 0, 1, 0, 0]]],
        "target_ids": [[0, 1026, 7]],
    },
    "Edit": {"at": [_WEIGHTS], "index": [[0, 1, 3], [0, "all", 3]]},
    "Gradients": {"of": ["loss", "logits[dog, 2]"]},
    "Comparison": {
        "label": ["without scaling"],
        "model": [{"score": "dot"}],
        "input": [{"text": "my dog love I"}],
        "mask": [{"causal": False}],
        "experiment": [{"logits": [1, 2, 3]}],
        "edits": [[{"at": _WEIGHTS, "index": [0], "zero": True}]],
    },
    "LessonStep": {
        "at": [_WEIGHTS, "encoder.layers.0.self_attention.w_q"],
        "gallery": ["sparsemax", "causal"],
        **{key: [_STOP[key]] for key in ("focus", "say", "ask", "answer", "hint")},
    },
    "Answer": {"argmax": ["key"], "argmin": ["key"], "operand": ["residual"], "sum": ["key"]},
    "Experiment": {
        "logits": [[1, 1, 2]],
        "multipliers": [[1, 10, 100]],
        "widths": [[1, 4, 16, 64]],
        "data": ["pairs.tsv", "copy", "reverse", "sort", "induction"],
    },
}
"""The values that each key might have."""
