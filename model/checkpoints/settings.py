"""The settings of a checkpoint, read strictly, with a memory of what was read.

A family asks for the keys that it understands. What is left over may be of no consequence (dropout, how text is
generated), or decide what is computed: then it is refused by name, for a run that is nearly right is worse than none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from attn_explore.model.problems import Problem, raise_any
from attn_explore.model.text import clip

_DECIDES = re.compile(
    r"act(_|ivation|$)|adapter|alibi|attention|attn|bias|cap(_|ping|$)|embed|expert|factor|gat(e|ing)|interleav|layer_"
    r"|lora|mlp|moe|multiplier|norm|position|qk_|quant|residual|rope|rotary|scal(e|ing)|shared?_|sliding|theta|tie_|window"
)
"""What a key is about that decides what a model computes, if its name says so."""

HARMLESS = {
    "activation_dropout", "attention_dropout", "attention_probs_dropout_prob", "attention_softmax_in_fp32",
    "attn_pdrop", "bias_dropout_fusion", "classifier_activation", "decoder_layerdrop", "embd_pdrop", "embed_dropout",
    "encoder_layerdrop", "extra_pos_embeddings", "initializer_factor", "layerdrop", "layers_to_keep",
    "masked_softmax_fusion", "max_position_embeddings", "num_hidden_layers", "offset_alibi",
    "original_max_position_embeddings", "output_attentions", "pooler_num_attention_heads", "reorder_and_upcast_attn",
    "resid_pdrop", "skip_bias_add", "skip_bias_add_qkv", "summary_activation", "tie_encoder_decoder",
    "tie_word_embeddings",
}  # fmt: skip
"""Keys that decide nothing here, although their names look so: dropout, speed, other heads, how weights were drawn.

Whether the head has a matrix of its own is seen in the file, whatever `tie_word_embeddings` says."""

_NOTHING: tuple[object, ...] = (None, False, 0, 1, "", [], {})
"""Values that switch nothing on."""

_LONGEST = 60
_SHOWN = 3
"""Texts of a list in GGUF that a message shows: it may be a vocabulary."""
_MOST_LAYERS = 10_000
_MISSING: Any = object()


class Settings:
    """A table of settings from `path`; `above` are the keys that lead to it, where it stands inside another."""

    def __init__(self, values: Mapping[str, Any], path: Path, above: str = "") -> None:
        self._values, self.path, self._above = values, path, above
        self._read: set[str] = set()
        self._inside: dict[str, Settings] = {}

    def __contains__(self, key: object) -> bool:
        """Whether a key is there, and not null."""
        return self._values.get(str(key)) is not None

    def is_written(self, key: str) -> bool:
        """Whether a key is there, be it null: a default is for those that are not."""
        return key in self._values

    def size(self, *keys: str, default: int = _MISSING) -> int:
        """A whole number above 0, under the first of these keys that is there."""
        return self._whole(keys, default, 1)

    def count(self, *keys: str, default: int = _MISSING) -> int:
        """How many layers there are: few enough that each can be looked at."""
        found = self._whole(keys, default, 1)
        if found > _MOST_LAYERS:
            key = next(key for key in keys if key in self)
            raise self.problem(key, f"{found:,} layers are more than any model has")
        return found

    def whole(self, *keys: str, default: int = _MISSING) -> int:
        """A whole number from 0."""
        return self._whole(keys, default, 0)

    def number(self, *keys: str, default: float = _MISSING) -> float:
        """A number above 0."""
        return float(self._checked(keys, default, _is_positive, "a number above 0"))

    def flag(self, *keys: str, default: bool = _MISSING) -> bool:
        """True or false."""
        return bool(self._checked(keys, default, lambda value: type(value) is bool, "true or false"))

    def text(self, *keys: str, default: str = _MISSING) -> str:
        """A text."""
        return str(self._checked(keys, default, lambda value: isinstance(value, str), "a text"))

    def texts(self, *keys: str, default: Collection[str] = _MISSING) -> tuple[str, ...]:
        """A list of texts."""
        return tuple(self._checked(keys, default, _is_list_of(str), "a list of texts"))

    def flags(self, *keys: str, default: Collection[int] = _MISSING) -> tuple[bool, ...]:
        """A list of zeros and ones, or of true and false."""
        return tuple(map(bool, self._checked(keys, default, _is_list_of(int), "a list of 0 and 1")))

    def raw(self, key: str) -> Any:
        """Whatever stands under a key, for a form that one family alone has."""
        self._read.add(key)
        return self._values.get(key)

    def inside(self, key: str) -> Settings | None:
        """The table under a key, if there is one."""
        if key not in self:
            self._read.add(key)
            return None
        values = self._checked((key,), None, lambda value: isinstance(value, dict), "a table of settings")
        return self._inside.setdefault(key, Settings(values, self.path, f"{self._above}{key}."))

    def expect(self, key: str, *values: object) -> None:
        """Refuse a setting with a value other than these: what it would switch on is not there."""
        found = self.raw(key)
        if found is not None and found not in values:
            raise self.refused(key, " or ".join(map(_shown, values)))

    def refused(self, key: str, known: str = "") -> Problem:
        """The problem with a setting that is not implemented; `known` says what is."""
        what = f"{_shown(self._values.get(key))} is not implemented"
        return self.problem(key, what, f"implemented: {known}" if known else "")

    def problem(self, key: str, what: str, hint: str = "") -> Problem:
        """A problem with what stands under a key."""
        return Problem(what, hint=hint, path=self.path, place=f"`{self._above}{key}`")

    def refuse_unread(self) -> None:
        """Raise Problem for every setting that nobody asked for and that decides what is computed."""
        raise_any(self._unread())

    def _unread(self) -> Iterator[Problem]:
        for key, value in self._values.items():
            if key in self._inside:
                yield from self._inside[key]._unread()
            elif key not in self._read and self._decides(key) and (value is True or value not in _NOTHING):
                yield self.problem(key, f"{_shown(value)}: what this setting does is not implemented")

    def _decides(self, key: str) -> bool:
        """Whether a key is about what is computed. Inside a table that was read, every one is."""
        return bool(self._above) or (key not in HARMLESS and bool(_DECIDES.search(key)))

    def _whole(self, keys: tuple[str, ...], default: int, least: int) -> int:
        wanted = f"a whole number from {least}"
        return int(self._checked(keys, default, lambda value: type(value) is int and value >= least, wanted))

    def _checked(self, keys: tuple[str, ...], default: Any, is_right: Any, wanted: str) -> Any:
        """What stands under the first of the keys that is there, checked. Null is as if it were not there."""
        self._read.update(keys)
        key = next((key for key in keys if key in self), None)
        if key is None:
            if default is _MISSING:
                raise self.problem(keys[0], "is missing", f"it is {wanted}")
            return default
        value = self._values[key]
        if not is_right(value):
            raise self.problem(key, f"{_shown(value)} is not {wanted}")
        return value


def _is_positive(value: Any) -> bool:
    return type(value) in (int, float) and 0 < value < float("inf")


def _is_list_of(kind: type) -> Any:
    return lambda value: isinstance(value, list) and all(isinstance(item, kind) for item in value)


def _shown(value: object) -> str:
    """A value as config.json has it, as far as it is short."""
    return clip(json.dumps(value, ensure_ascii=False, default=lambda texts: texts[:_SHOWN]), _LONGEST)
