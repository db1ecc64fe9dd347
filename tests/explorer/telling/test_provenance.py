"""Where the numbers of a parameter came from."""

from __future__ import annotations

from pathlib import Path

import pytest

from attn_explore.explorer.session.asked import Asked
from attn_explore.explorer.session.opening import find_source, start
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.system.limits import Limits
from attn_explore.explorer.telling.headings import title_alone
from attn_explore.explorer.telling.provenance import provenance

FAMILIES = Path(__file__).parents[2] / "data" / "families"


def session_of(name: str) -> Session:
    return start(find_source(str(FAMILIES / name), Asked(given={"ids": [1, 2, 3]})), Limits())


@pytest.mark.parametrize(
    ("name", "parameter", "expected"),
    [
        ("gpt2", "decoder.embedding_table", "read from model.safetensors: transformer.wte.weight, BF16"),
        (
            "gpt2",
            "decoder.layers.0.self_attention.w_k",
            "read from model.safetensors: transformer.h.0.attn.c_attn.weight, columns 12 to 23, BF16",
        ),
        (
            "llama",
            "decoder.layers.0.ffn.norm_gain",
            "read from model.safetensors: model.layers.0.post_attention_layernorm.weight, BF16",
        ),
    ],
)
def test_a_parameter_of_a_checkpoint_is_read_from_a_tensor_of_its_file(
    name: str, parameter: str, expected: str
) -> None:
    session = session_of(name)
    assert provenance(session, session.run.trace.parameters[parameter]) == expected


def test_segments_are_given() -> None:
    session = session_of("bert")
    segments = session.run.trace.given["segments"]
    assert title_alone(segments) == "Segments"
    assert provenance(session, segments) == "the first of two texts that could be read together, or the second"
