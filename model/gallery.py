"""Every variant of attention that a scenario may have, one choice changed at a time; read off the tables of choices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from attn_explore.model.config import ModelConfig
from attn_explore.model.dataclass import dataclass
from attn_explore.model.scenario import Scenario
from attn_explore.model.variants import POSITIONS, SCORES, WEIGHTINGS

Family = Literal["scores", "weightings", "masks", "spans", "positions", "heads"]
"""A choice that a model of attention has."""

SPANS = (1, 2)
"""So many neighbours on each side are seen."""
PADDING = 1
"""Tokens of padding behind the words."""
HEADS = (1, 2, 3, 4)
"""Numbers of heads, as far as they divide the width of the model."""


@dataclass(frozen=True)
class Variant:
    """A model with one other choice: its name, and which keys of the scenario's sections are other ones for it."""

    family: Family
    name: str
    changes: Mapping[str, Mapping[str, Any]]

    @property
    def title(self) -> str:
        """What it is called where people read."""
        return self.name.replace("_", " ")


def variants_of(scenario: Scenario) -> tuple[Variant, ...]:
    """Every variant of a scenario, family by family; no two have the same name.

    >>> from attn_explore.model.scenario import parse_scenario
    >>> [each.name for each in variants_of(parse_scenario("input: {text: I love}")) if each.family == "masks"]
    ['no_mask', 'causal', 'padding']
    """
    return (*_choices(), *_masks(len(scenario.tokens())), *_spans(), *_positions(), *_heads(scenario.model))


def _choices() -> Iterator[Variant]:
    yield from (Variant("scores", name, {"model": {"score": name}}) for name in SCORES)
    yield from (Variant("weightings", name, {"model": {"weighting": name}}) for name in WEIGHTINGS)


def _masks(tokens: int) -> Iterator[Variant]:
    yield Variant("masks", "no_mask", {"mask": {"causal": False}})
    yield Variant("masks", "causal", {"mask": {"causal": True}})
    yield Variant("masks", "padding", {"input": {"pad_to": tokens + PADDING}, "mask": {"pad": "auto"}})


def _spans() -> Iterator[Variant]:
    yield Variant("spans", "all_words", {"model": {"attention_span": None}})
    yield from (
        Variant("spans", f"{span}_neighbour{'s' * (span > 1)}", {"model": {"attention_span": span}}) for span in SPANS
    )


def _positions() -> Iterator[Variant]:
    names = {name: "no_position" if name == "none" else name for name in POSITIONS}
    yield from (Variant("positions", shown, {"model": {"position": name}}) for name, shown in names.items())


def _heads(model: ModelConfig) -> Iterator[Variant]:
    """Heads with keys and values of their own; the most of them, with shared ones."""
    counts = [count for count in HEADS if model.d_model % count == 0]
    most = counts[-1]
    yield from (_with_heads(f"{count}_head{'s' * (count > 1)}", count, count) for count in counts)
    if most > 2 and most % 2 == 0:
        yield _with_heads("grouped", most, most // 2)
    if most > 1:
        yield _with_heads("multi_query", most, 1)


def _with_heads(name: str, heads: int, kv_heads: int) -> Variant:
    return Variant("heads", name, {"model": {"heads": heads, "kv_heads": kv_heads}})
