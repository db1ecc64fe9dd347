"""The families of checkpoints: one short file each, with names and views and no numbers.

family       what a family is, and its parameters found in a file
understood   settings that several of them share

`FAMILIES` is the table of all.
"""

from __future__ import annotations

from collections.abc import Mapping

from attn_explore.model.checkpoints.families import (
    albert,
    bart,
    bert,
    bloom,
    distilbert,
    gemma,
    gpt2,
    gpt_j,
    gpt_neo,
    gpt_neox,
    llama,
    olmo2,
    opt,
    phi,
    phi3,
    qwen,
    smollm3,
    t5,
)
from attn_explore.model.checkpoints.families.family import Family
from attn_explore.model.checkpoints.settings import Settings

_ALL = (
    gpt2.FAMILY, gpt_neo.FAMILY, gpt_j.FAMILY, gpt_neox.FAMILY, opt.FAMILY, bloom.FAMILY, phi.FAMILY, phi3.FAMILY,
    llama.LLAMA, llama.MISTRAL, qwen.QWEN2, qwen.QWEN3, smollm3.FAMILY, gemma.GEMMA, gemma.GEMMA2, gemma.GEMMA3,
    olmo2.FAMILY,
    bert.BERT, bert.ROBERTA, distilbert.FAMILY, albert.FAMILY,
    bart.MARIAN, bart.BART, bart.M2M100, t5.FAMILY,
)  # fmt: skip

FAMILIES: Mapping[str, Family] = {kind: family for family in _ALL for kind in family.model_types}
"""Every family, by what `model_type` in its config.json is."""


def family_of(settings: Settings) -> Family:
    """The family that a config.json is of. Raises Problem where it is none of these."""
    kind = settings.text("model_type")
    found = FAMILIES.get(kind)
    if found is None:
        raise settings.refused("model_type", ", ".join(FAMILIES))
    return found
