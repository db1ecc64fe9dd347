"""Every family is held against transformers in each question that is asked of it."""

from __future__ import annotations

import json

import pytest
from safetensors.numpy import load_file

from attn_explore.model.checkpoints.families import FAMILIES
from tests.checkpoints import DATA
from tests.checkpoints import FAMILIES as FOLDERS


def compared(question: str) -> set[str]:
    """The folders that there are numbers of another program for."""
    if question == "lens":
        return {key.partition("/")[0] for key in load_file(DATA / "lens.safetensors")}
    found = json.loads((DATA / f"{question}.json").read_text())
    return set(found[{"attribution": "terms", "head_scores": "heads"}.get(question, "models")])


def kind(name: str) -> str:
    """What a folder's config.json says that it is."""
    return str(json.loads((FOLDERS / name / "config.json").read_text())["model_type"])


@pytest.mark.parametrize(
    "question", ["lens", "attribution", "head_scores", "patching", "words", "neurons", "why_families"]
)
def test_every_family_is_compared_with_transformers(question: str) -> None:
    assert {FAMILIES[kind(name)] for name in compared(question)} == set(FAMILIES.values())
