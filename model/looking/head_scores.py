"""What each head of attention does, as numbers: how much of its weight goes to the places that a rule names.

The rules are those that heads have their names from since Elhage et al. 2021 ("A Mathematical Framework for Transformer
Circuits") and Olsson et al. 2022 ("In-context Learning and Induction Heads"). A score is the mean weight on the places
of a rule, as in TransformerLens.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property, lru_cache

import numpy as np

from attn_explore.model.axes import Array
from attn_explore.model.dataclass import dataclass
from attn_explore.model.looking.text_read import Text, text_of
from attn_explore.model.passes import in_first_pass
from attn_explore.model.trace import Listener, Trace
from attn_explore.model.values import Value

_WEIGHTS = re.compile(r"(encoder|decoder)\.layers\.\d+\.(self|cross)_attention\.weights")
_NEARLY = 1e-3
"""How far from 1 the sum of a row of weights may be that is one distribution."""


@dataclass(frozen=True)
class HeadScores:
    """What one head of the attention weights at a path does; all but the last are means over the tokens that look.

    induction  weight on what followed an earlier copy of the looking token (Olsson et al. 2022: prefix matching)
    previous   weight on the token before it
    first      weight on the first token of the text that is looked at
    same       weight on earlier copies of it (Wang et al. 2022: duplicate token heads)
    entropy    Σ −w·ln w of its weights, in nats: 0 where one token has all, ln n where n have the same
    logit      what it adds to a logit that somebody asked for

    Tokens for which a rule names no place do not count in its mean: so the first two of a text for induction. None: the
    rule names no place at all, as any that compares places does between two texts; or the weights are no distribution.
    """

    path: str
    head: int
    induction: float | None = None
    previous: float | None = None
    first: float | None = None
    same: float | None = None
    entropy: float | None = None
    logit: float | None = None

    @property
    def block(self) -> str:
        """The path of its attention."""
        return self.path.rpartition(".")[0]

    @property
    def stack(self) -> str:
        """`encoder` or `decoder`."""
        return self._parts[0]

    @property
    def layer(self) -> int:
        """The number of the layer in its stack."""
        return int(self._parts[2])

    @property
    def is_across(self) -> bool:
        """Whether the head looks at another text than its own."""
        return self._parts[3] == "cross_attention"

    @property
    def _parts(self) -> list[str]:
        return in_first_pass(self.path).split(".")


SCORES = ("induction", "previous", "first", "same", "entropy")
"""The scores of a head by its weights, in the order in which they are shown."""

LOGIT = "logit"
"""What it adds to a logit: a score where one was asked for."""

OF_REPEATS = ("induction", "same")
"""The scores for which a token has to come twice."""


def head_scores(trace: Trace, on_step: Listener | None = None, chapter: str = "") -> Iterator[HeadScores]:
    """The scores of every head of a run, layer after layer: no more than the weights of one layer are needed at once.

    `on_step` hears of every step that is computed for it. Of a generation, the decoder is scored in the pass that is
    the `chapter`: `generated.1.`.

    >>> from attn_explore.model.run import run
    >>> from attn_explore.model.scenario import parse_scenario
    >>> trace = run(parse_scenario("{model: {kind: decoder, heads: 2}, input: {text: a b a b}}"))
    >>> [(each.path, each.head) for each in head_scores(trace)]
    [('decoder.layers.0.self_attention.weights', 0), ('decoder.layers.0.self_attention.weights', 1)]
    >>> all(0 < each.induction < 1 for each in head_scores(trace))
    True
    """
    read = lru_cache(lambda stack, own: _Looking(text_of(trace, stack, own)))  # by all layers of a stack
    for path, value in trace.steps.items():
        own = chapter if path.startswith(chapter) else ""
        found = _WEIGHTS.fullmatch(path.removeprefix(own))
        if found and (own == chapter or found[1] == "encoder"):
            is_across = found[2] == "cross"
            trace.bring(value, on_step)
            yield from _scores_of(value, read(found[1], own), read("encoder", "") if is_across else None)


@dataclass(frozen=True, eq=False)
class _Looking:
    """A text that looks, and where each rule has it look."""

    text: Text

    @cached_property
    def rules(self) -> Mapping[str, Array]:
        """Whether a key is meant, by the rule's name: (word that looks, key)."""
        text = self.text
        return {name: (rule(text.ids) & text.is_word)[text.is_word] for name, rule in RULES.items()}


def _scores_of(weights: Value, looking: _Looking, source: _Looking | None) -> Iterator[HeadScores]:
    """The scores of the heads of one attention, by the text that looks at itself, or at another one, the source."""
    rules, seen = (looking.rules, looking) if source is None else ({}, source)
    for head in range(weights.axes[0].size):
        rows = np.asarray(weights[head], np.float64)[looking.text.is_word]
        found = {name: _mean_weight(rows, places) for name, places in rules.items()}
        first = float(rows[:, seen.text.first].mean())
        yield HeadScores(weights.path, head, **found, first=first, entropy=_entropy(rows))


def _mean_weight(rows: Array, places: Array) -> float | None:
    """The mean over the rows that have such places of their weight there: (query, key), and whether a key is meant."""
    has_some = places.any(axis=1)
    return float((rows * places)[has_some].sum(axis=1).mean()) if has_some.any() else None


def _entropy(rows: Array) -> float | None:
    """The mean entropy of rows that sum to 1; None where some do not."""
    if not (np.abs(rows.sum(axis=1) - 1) < _NEARLY).all():
        return None
    logarithms = np.log(rows, where=rows > 0, out=np.zeros_like(rows))
    return abs(float((rows * logarithms).sum(axis=1).mean()))


# --- the rules


def same_token(ids: Array) -> Array:
    """Earlier copies of the query's token.

    >>> np.argwhere(same_token(np.array([5, 7, 5]))).tolist()
    [[2, 0]]
    """
    return np.tril(ids[:, None] == ids[None, :], k=-1)


def previous_token(ids: Array) -> Array:
    """The token before the query.

    >>> np.argwhere(previous_token(np.array([5, 7, 5]))).tolist()
    [[1, 0], [2, 1]]
    """
    return np.eye(len(ids), k=-1, dtype=bool)


def after_same_token(ids: Array) -> Array:
    """What followed earlier copies of the query's token, before the query itself.

    >>> np.argwhere(after_same_token(np.array([5, 7, 5]))).tolist()
    [[2, 1]]
    """
    shifted = np.zeros((len(ids), len(ids)), bool)
    shifted[:, 1:] = same_token(ids)[:, :-1]
    return np.tril(shifted, k=-1)


RULES: Mapping[str, Callable[[Array], Array]] = {
    "induction": after_same_token,
    "previous": previous_token,
    "same": same_token,
}
"""Which places of its own text a head would look at, from the ids of its tokens: (query, key)."""
