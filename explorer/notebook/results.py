"""What each view of a run finds: small records of numbers and tensors with named axes, each with a table of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from attn_explore.explorer.notebook.tensor import Value
from attn_explore.model.dataclass import dataclass

if TYPE_CHECKING:
    from attn_explore.explorer.notebook.recorded import Trace
    from attn_explore.explorer.telling.answers.answer import Answer

PRINTED = 100
"""Cells of a line of a table that is printed."""


@dataclass(frozen=True, eq=False)
class Told:
    """How a result is told: the table of the command of the same name, and what it gives with `--json`."""

    answer: Callable[[], Answer]
    data: Callable[[], dict[str, Any]]


@dataclass(frozen=True, eq=False, repr=False)
class Result:
    """What a view found. `print` gives the table that the command of the same name prints; a notebook shows it."""

    _told: Told

    def as_dict(self) -> dict[str, Any]:
        """The same as plain objects: what the command gives with `--json`, as `attn-explore schema` has it.

        >>> import attn_explore
        >>> attn_explore.run("translate").attribute("狗", after="我的").as_dict()["terms"][0]["head"]
        0
        """
        return self._told.data()

    def __repr__(self) -> str:
        answer = self._told.answer()
        return f"{type(self).__name__}({len(answer.rows)} rows × {len(answer.columns)} columns: {answer.title})"

    def __str__(self) -> str:
        from attn_explore.explorer.telling.answers.answer_lines import answer_lines

        return "\n".join(answer_lines(self._told.answer(), PRINTED))

    def _repr_html_(self) -> str:
        from attn_explore.explorer.notebook.result_html import answer_html

        return answer_html(self._told.answer())


@dataclass(frozen=True, eq=False, repr=False)
class Lens(Result):
    """What the model would say at each point where its residual stream changes (logit lens; nostalgebraist 2020).

    at           the paths of the points, in order
    words        the likeliest words: (point, token, place)
    probability  their probabilities: point, token, place
    rank         how many tokens are likelier than the one that was asked for: point, token; None where none was
    logit        its logit: point, token

    Where a model says one thing of the whole text, there is no axis `token`.
    """

    at: tuple[str, ...]
    words: NDArray[np.str_]
    probability: Value
    rank: Value | None
    logit: Value | None


@dataclass(frozen=True, eq=False, repr=False)
class Attribution(Result):
    """Who wrote a logit, or the difference of two: everything that was added to the stream, the largest first.

    value      the logit as the run has it
    adds       what each has added: writer
    kinds      what each writer is: `embedding`, `head`, `network`, `bias` or `other`
    remainder  what all of them lack of the logit: the rounding of the run
    """

    value: float
    adds: Value
    kinds: tuple[str, ...]
    remainder: float
    _opened: Callable[[str], Value]

    def opened(self, writer: str | int) -> Value:
        """What a head took from each token (key), or each neuron of a network added (d_ff): together what it adds.

        `writer` is a place along the axis of `adds`. Raises Problem for a writer that adds one number alone.

        >>> import attn_explore
        >>> head = attn_explore.run("translate").attribute("狗", after="我的").opened("0 cross-head 0")
        >>> head.labels("key"), head.labels("key")[head.array.argmax()]
        (('I', 'love', 'my', 'dog'), 'dog')
        """
        return self._opened(str(writer))


@dataclass(frozen=True, eq=False, repr=False)
class Heads(Result):
    """What each head of attention does: how much of its weight goes where a rule says.

    scores       the scores: score, layer, head; NaN where a rule names no place, or a layer has fewer heads
    at           the paths of the attention weights, along `layer`
    measured_on  of what each score is: the `text`, or `made_up` tokens that are said twice
    """

    scores: Value
    at: tuple[str, ...]
    measured_on: Mapping[str, str]


@dataclass(frozen=True, eq=False, repr=False)
class Why(Result):
    """Why a head looks from one token to another: the score as a sum over what wrote the query and what wrote the key.

    value      the score, before any mask; `weight` is what became of it
    pairs      what each pair of writers adds: of_query, of_key
    query      what each writer of the query adds, with the whole key: of_query
    key        what each writer of the key adds, with the whole query: of_key
    columns    what each column of q and k adds: d_k
    bias       what is added for where the two tokens stand
    remainder  what all of it lacks of the score: the rounding of the run
    favours    the words of the vocabulary that gain most by what the head takes from there
    against    those that lose most
    """

    value: float
    weight: float
    pairs: Value
    query: Value
    key: Value
    columns: Value
    bias: float
    remainder: float
    favours: tuple[str, ...]
    against: tuple[str, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Patching(Result):
    """How much of what one run says comes back where something of it is put into the run over another text.

    exact      how much comes back, from 0 to 1, in a run with the patch: point, and token or head
    estimate   the same as the gradient estimates it
    at         the paths of what was put in, along `point`
    clean      the difference of the two logits in the run that the patches are from
    corrupted  the same in the run that they are put into
    token      the word whose logit is measured, less that of `against`
    """

    exact: Value
    estimate: Value
    at: tuple[str, ...]
    clean: float
    corrupted: float
    token: str
    against: str


@dataclass(frozen=True, eq=False, repr=False)
class Words(Result):
    """Which words made an output, by four methods that disagree: each answers another question.

    value     the output: a logit, or a probability
    shares    what each method gives to each word, by stacks: token, method; NaN where a word cannot be left out
    baseline  the output with embeddings of zero, from which the integrated gradients begin
    error     what these lack of what the output gained since: too few steps
    """

    value: float
    shares: Mapping[str, Value]
    baseline: float
    error: float


@dataclass(frozen=True, eq=False, repr=False)
class Neurons(Result):
    """The strongest neurons of a feed-forward network at a token, the strongest first.

    at          the path of their activations
    numbers     which neurons they are
    activation  what each is at the token: neuron
    length      how long what it adds to the stream is: neuron
    favours     the words that its output row adds most to; empty where the model has no head
    against     the words that it takes most from
    fires_on    the words of the text on which its activation is largest by size
    """

    at: str
    numbers: tuple[int, ...]
    activation: Value
    length: Value
    favours: tuple[tuple[str, ...], ...]
    against: tuple[tuple[str, ...], ...]
    fires_on: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, eq=False, repr=False)
class Generation(Result):
    """How each word of a generation was chosen.

    words        the words, in order
    probability  how likely the model itself held each: place
    chance       what the steps of the sampler made of that: place
    steps        what the sampler made of the logits for each word, in order, each a tensor: by their names
    instead      the words of the other future, where one was asked for
    run          the run that reads these words, whose `explain` knows the steps, too: `candidates.chances[e]`; its
                 `edited` chooses the likeliest words again
    """

    words: tuple[str, ...]
    probability: Value
    chance: Value
    steps: tuple[Mapping[str, Value], ...]
    instead: tuple[str, ...]
    run: Trace
