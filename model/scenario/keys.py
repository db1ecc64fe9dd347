"""Unknown keys of a scenario: which known one was probably meant."""

from __future__ import annotations

import unicodedata
from dataclasses import fields

from attn_explore.model.config import InputConfig, MaskConfig, ModelConfig, WeightsConfig
from attn_explore.model.problems import nearest
from attn_explore.model.scenario.document import Answer, Comparison, Document, Edit, Experiment, Gradients, LessonStep
from attn_explore.model.scenario.findings import listed
from attn_explore.model.scenario.source import KeyPath

_MOST_NAMED = 3

_SECTIONS: dict[tuple[str, ...], type] = {
    (): Document,
    ("model",): ModelConfig,
    ("model", "weights"): WeightsConfig,
    ("input",): InputConfig,
    ("mask",): MaskConfig,
    ("edits",): Edit,
    ("gradients",): Gradients,
    ("compare",): Comparison,
    ("compare", "edits"): Edit,
    ("lesson",): LessonStep,
    ("lesson", "answer"): Answer,
    ("experiment",): Experiment,
}

# What other programs and papers call our keys.
_SYNONYMS = {
    "n_head": "heads",
    "n_heads": "heads",
    "num_heads": "heads",
    "num_attention_heads": "heads",
    "attention_heads": "heads",
    "n_kv_heads": "kv_heads",
    "num_kv_heads": "kv_heads",
    "num_key_value_heads": "kv_heads",
    "n_layer": "layers",
    "n_layers": "layers",
    "num_layers": "layers",
    "num_hidden_layers": "layers",
    "depth": "layers",
    "n_embd": "d_model",
    "hidden_size": "d_model",
    "embedding_size": "d_model",
    "embed_dim": "d_model",
    "dim": "d_model",
    "head_dim": "d_k",
    "d_head": "d_k",
    "d_q": "d_k",
    "intermediate_size": "d_ff",
    "ffn_dim": "d_ff",
    "d_hidden": "d_ff",
    "type": "kind",
    "architecture": "kind",
    "hidden_act": "activation",
    "positional_encoding": "position",
    "position_encoding": "position",
    "eps": "norm_eps",
    "layer_norm_eps": "norm_eps",
    "epsilon": "norm_eps",
    "precision": "dtype",
    "std": "scale",
    "random_seed": "seed",
    "path": "file",
    "sentence": "text",
    "prompt": "text",
    "embeddings": "vectors",
    "padding": "pad_to",
    "max_length": "pad_to",
    "masks": "mask",
    "inputs": "input",
    "steps": "lesson",
    "name": "title",
    "description": "summary",
    "level": "difficulty",
}

# Letters of other scripts that look like Latin ones.
_LOOKALIKES = str.maketrans("аеорсухіјѕԁһкмтνοα", "aeopcyxijsdhkmtvoa")


def known_keys(path: KeyPath) -> list[str]:
    """List the keys that a section has; `path` leads to the section or to an item of it."""
    section = tuple(step for step in path if isinstance(step, str))
    kind = _SECTIONS.get(section)
    return [field.name for field in fields(kind)] if kind else []


def hint_for_unknown(path: KeyPath) -> str:
    """Say which key was probably meant by the last step of the path."""
    known = known_keys(path[:-1])
    plain = str(path[-1]).lower().replace("-", "_").translate(_LOOKALIKES)
    meant = plain if plain in known else _SYNONYMS.get(plain, plain)
    homes = [".".join(section) for section in _SECTIONS if meant in known_keys(section)]
    similar = meant if meant in known else nearest(plain, known)
    if homes and meant not in known:
        hint = f"`{meant}` belongs " + (f"under `{homes[0]}`" if homes[0] else "at the top level")
    elif similar:
        hint = f"did you mean `{similar}`?"
    else:
        hint = f"the keys here are {listed(known, 'and')}"
    return hint + _strangers(str(path[-1]))


def _strangers(key: str) -> str:
    """Name the characters of a key that are not ASCII: all known keys are."""
    strangers = [letter for letter in dict.fromkeys(key) if not letter.isascii()]
    named = [f"U+{ord(letter):04X} {unicodedata.name(letter, '')}".strip() for letter in strangers]
    return f" (this key holds {listed(named[:_MOST_NAMED], 'and')})" if named else ""
