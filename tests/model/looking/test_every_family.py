"""Every family that makes words is held against transformers in each question that is asked of it."""

from __future__ import annotations

import json

import pytest
from safetensors.numpy import load_file

from tests.checkpoints import DATA, FAMILIES

HEADS = ("LMHeadModel", "ForCausalLM", "ForMaskedLM", "ForConditionalGeneration", "MTModel")


def kind(name: str) -> str | None:
    """Which family a folder is of, where it has a head that makes words."""
    config = json.loads((FAMILIES / name / "config.json").read_text())
    return config["model_type"] if config["architectures"][0].endswith(HEADS) else None


WITH_A_HEAD = {kind(path.parent.name) for path in FAMILIES.glob("*/config.json")} - {None}


def compared(question: str) -> set[str]:
    """The folders that there are numbers of another program for."""
    if question == "lens":
        return {key.partition("/")[0] for key in load_file(DATA / "lens.safetensors")}
    found = json.loads((DATA / f"{question}.json").read_text())
    return set(found[{"attribution": "terms", "head_scores": "heads"}.get(question, "models")])


@pytest.mark.parametrize("question", ["lens", "attribution", "head_scores", "patching"])
def test_every_family_with_a_head_is_compared_with_transformers(question: str) -> None:
    assert {kind(name) for name in compared(question)} == WITH_A_HEAD
