"""All heads of a model, scored where each score can be had: on a text, and on made-up tokens that are said twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

import numpy as np

from attn_explore.model.dataclass import dataclass
from attn_explore.model.looking.attribution import Attribution, Number
from attn_explore.model.looking.head_scores import LOGIT, OF_REPEATS, SCORES, HeadScores, head_scores
from attn_explore.model.looking.lens import last_whole_pass
from attn_explore.model.looking.said_twice import Drawing
from attn_explore.model.looking.text_read import Text, text_of
from attn_explore.model.passes import in_first_pass
from attn_explore.model.trace import Listener, Trace

TEXT, MADE_UP = "text", "made_up"


@dataclass(frozen=True)
class HeadAtlas:
    """The scores of every head, and what they are of.

    text      what the first stack read, where a text was read
    made_up   the tokens that were drawn and said twice, with what begins and ends a text; and how they were drawn
    number    the logit that the heads of the text add to, where one was asked for
    """

    heads: tuple[HeadScores, ...]
    text: Text | None
    made_up: Text | None
    drawing: Drawing
    number: Number | None = None

    @property
    def scores(self) -> tuple[str, ...]:
        """The scores that there are."""
        return SCORES if self.number is None else (*SCORES, LOGIT)

    @property
    def made(self) -> int:
        """How many tokens were made up: those that stand twice in what the first stack read."""
        if self.made_up is None:
            return 0
        _, times = np.unique(self.made_up.ids, return_counts=True)
        return int(np.count_nonzero(times == 2))

    @property
    def measured_on(self) -> Mapping[str, str]:
        """What each score is of: where there are both, those that need a token twice are of the made-up ones."""
        if self.text is None or self.made_up is None:
            return dict.fromkeys(SCORES, TEXT if self.made_up is None else MADE_UP)
        return {name: MADE_UP if name in OF_REPEATS else TEXT for name in SCORES}

    def by(self, score: str) -> list[HeadScores]:
        """The heads that have a score, the largest first."""
        found = [head for head in self.heads if getattr(head, score) is not None]
        return sorted(found, key=lambda head: float(getattr(head, score)), reverse=True)


def head_atlas(text: Trace | None, made_up: Trace | None, drawing: Drawing, on_step: Listener | None) -> HeadAtlas:
    """The scores of the heads of a run over a text and of one over made-up tokens; one of the two is enough.

    Of a generation whose passes each read all words, the last one is scored.
    """
    chapter = "" if text is None else last_whole_pass(text)
    own = None if text is None else list(head_scores(text, on_step, chapter))
    twice = None if made_up is None else list(head_scores(made_up, on_step))
    heads = twice if own is None else own if twice is None else _together(own, twice)
    return HeadAtlas(tuple(heads or ()), _first_text(text, chapter), _first_text(made_up), drawing)


def with_logit(atlas: HeadAtlas, found: Attribution) -> HeadAtlas:
    """The same with what each head adds to a logit of the text."""
    adds = {(term.at.path, term.head): term.value for term in found.terms if term.kind == "head"}
    heads = (replace(each, logit=adds.get((f"{each.block}.head_output", each.head))) for each in atlas.heads)
    return replace(atlas, heads=tuple(heads), number=found.of)


def _together(own: Iterable[HeadScores], twice: Iterable[HeadScores]) -> Iterator[HeadScores]:
    """The scores of a text, but where a token has to come twice."""
    of_repeats = {(each.path, each.head): {name: getattr(each, name) for name in OF_REPEATS} for each in twice}
    yield from (replace(each, **of_repeats[in_first_pass(each.path), each.head]) for each in own)


def _first_text(trace: Trace | None, chapter: str = "") -> Text | None:
    """What the first stack of a run read, where it read something."""
    if trace is None or not trace.tokens:
        return None
    is_of_encoder = "encoder" in trace.tokens
    return text_of(trace, "encoder" if is_of_encoder else "decoder", "" if is_of_encoder else chapter)
