"""Every family against what transformers computes: each tensor of each reference, by name."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from attn_explore.model.checkpoints.checkpoint import Checkpoint, checkpoint_of, open_checkpoint
from attn_explore.model.checkpoints.families import FAMILIES as KNOWN
from attn_explore.model.checkpoints.families.of_gguf import GGUF_FAMILIES
from tests.checkpoints import FAMILIES, REFERENCES, differences, expected_of, run_of, texts_of

EXACT = 1e-9
SINGLE = 1e-4
STORED_IN_SINGLE = {"gguf-llama-3": 1e-7}
"""Its file holds the factors of the angles as float32, where config.json says how to compute them."""


@cache
def opened(name: str) -> Checkpoint:
    return open_checkpoint(FAMILIES / name)


def words_of(name: str) -> np.ndarray:
    return np.array(texts_of(FAMILIES / name)["attention_mask"], bool)


@pytest.mark.parametrize("name", REFERENCES)
def test_every_tensor_is_that_of_transformers(name: str) -> None:
    trace = run_of(opened(name), texts_of(FAMILIES / name), "float64")
    found = dict(differences(trace, expected_of(FAMILIES / name), words_of(name)))
    wrong = {path: gap for path, gap in found.items() if gap > STORED_IN_SINGLE.get(name, EXACT)}
    assert not wrong
    assert len(found) > 8


@pytest.mark.parametrize("name", REFERENCES)
def test_every_tensor_is_that_of_transformers_within_the_precision_of_float32(name: str) -> None:
    trace = run_of(opened(name), texts_of(FAMILIES / name), "float32")
    gaps = differences(trace, expected_of(FAMILIES / name), words_of(name))
    assert not {path: gap for path, gap in gaps if gap > SINGLE}


def test_every_family_has_a_reference() -> None:
    found = {opened(name).family.name for name in REFERENCES if not name.startswith("gguf")}
    assert found == {family.name for family in KNOWN.values()}


def test_every_family_of_gguf_has_a_reference() -> None:
    found = {opened(name).family.model_types for name in REFERENCES if name.startswith("gguf")}
    assert found == {family.model_types for family in GGUF_FAMILIES.values()}


def test_every_kind_of_attention_looks_at_some_words_more_than_at_others() -> None:
    """Else a reference could not tell one way to look from another."""
    most: dict[tuple[str, str], float] = {}
    for name in REFERENCES:
        for path, weights in expected_of(FAMILIES / name).items():
            if path.endswith("weights"):
                key = opened(name).family.name, path.split(".")[-2]
                most[key] = max(most.get(key, 0), float(np.ptp(weights, axis=-1).max()))
    assert not {key: spread for key, spread in most.items() if spread < 0.3}


def test_a_parameter_says_where_it_is_stored() -> None:
    stored = opened("gpt2").parameters["decoder.layers.1.self_attention.w_k"].describe()
    assert stored == {
        "file": str(FAMILIES / "gpt2" / "model.safetensors"),
        "tensor": "transformer.h.1.attn.c_attn.weight",
        "part": "columns 12 to 23",
        "storage": "BF16",
    }


@pytest.mark.parametrize("name", ["gpt2", "gpt2-no-prefix"])
def test_an_output_that_is_not_in_the_file_is_the_embedding(name: str) -> None:
    place = opened("gpt2").parameters["head.w"]
    assert place.tensor.endswith("wte.weight")
    assert "head.w" not in opened("gpt2-no-prefix").parameters


@pytest.mark.parametrize("name", ["bert", "roberta", "distilbert", "albert", "bert-no-prefix"])
def test_where_no_class_is_named_the_file_decides_whether_there_is_a_head(name: str) -> None:
    files = opened(name).files
    settings = {key: value for key, value in files.settings.items() if key != "architectures"}
    assert checkpoint_of(replace(files, settings=settings)).architecture == opened(name).architecture


def test_the_file_decides_whether_the_output_has_a_matrix_of_its_own() -> None:
    """`llama-biased` says that the two are one, and holds both."""
    checkpoint = opened("llama-biased")
    assert checkpoint.files.settings["tie_word_embeddings"] is True
    assert checkpoint.parameters["head.w"].tensor == "lm_head.weight"
    assert checkpoint.parameters["decoder.embedding_table"].tensor == "model.embed_tokens.weight"
