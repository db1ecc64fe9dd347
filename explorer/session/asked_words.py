"""Which words made an output of a run, as somebody asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from attn_explore.explorer.session.asked_logit import place_after, wanted_token
from attn_explore.explorer.session.place import Cell
from attn_explore.model.axes import Axis
from attn_explore.model.dataclass import dataclass
from attn_explore.model.known import known_of
from attn_explore.model.looking.asked_place import usual_place
from attn_explore.model.looking.lens import last_whole_pass
from attn_explore.model.looking.one_output import Measure, Output
from attn_explore.model.looking.word_shares import STEPS, Words, words_of
from attn_explore.model.stream import stream_of
from attn_explore.model.values import Value

if TYPE_CHECKING:
    from attn_explore.explorer.session.session import Session


@dataclass(frozen=True)
class WhichWords:
    """What is asked: of which token, by its text or id, at which word, of its logit or its probability."""

    token: str | None = None
    token_id: int | None = None
    after: str | None = None
    measure: Measure = "logit"
    steps: int = STEPS


@dataclass(frozen=True, eq=False)
class WordsFound:
    """The answer: the logits, in the run, that it is of."""

    words: Words
    logits: Value
    foretells: bool

    @property
    def tokens(self) -> Axis | None:
        """The words at which something is said; None where that is of the whole text."""
        return self.logits.axes[0] if len(self.logits.axes) > 1 else None


def words_asked(session: Session, asked: WhichWords) -> WordsFound:
    """Which words made what is asked for; of a generation, in its last whole pass. Raises Problem for what cannot be.

    Its methods that need no other run are there; `words.go_on` makes the others.

    Without a token it is the likeliest one's, without a word that at the mask, or else at the last.
    """
    logits = stream_of(session.run.trace, last_whole_pass(session.run.trace)).logits
    place = place_after(logits, asked.after)
    if place is None and len(logits.axes) > 1:
        place = usual_place(session.run.trace, logits)
    token = wanted_token(session, logits.axes[-1], asked.token, asked.token_id)
    return _found(session, place, token, asked)


def words_at(session: Session, cell: Cell) -> WordsFound:
    """The same of the token and the word that a cell of the logits or the probabilities is of."""
    trace = session.run.trace
    logits, looked_at = stream_of(trace, last_whole_pass(trace)).logits, session.place.peek(cell.path)
    is_of_output = looked_at is not None and looked_at.names == logits.names
    place = None if len(logits.axes) == 1 else cell.index[0] if is_of_output else usual_place(trace, logits)
    is_probability = is_of_output and cell.path.endswith("probabilities")
    asked = WhichWords(measure="probability" if is_probability else "logit")
    return _found(session, place, cell.index[-1] if is_of_output else None, asked)


def _found(session: Session, place: int | None, token: int | None, asked: WhichWords) -> WordsFound:
    trace = session.run.trace
    chapter = last_whole_pass(trace)
    stream = stream_of(trace, chapter)
    logits = stream.logits
    if token is None:
        token = int(np.argmax(logits[() if place is None else (place, slice(None))]))
    output = Output(asked.measure, place, token)
    words = words_of(known_of(session.run.scenario), trace, output, asked.steps, chapter=chapter)
    return WordsFound(words, logits, stream.foretells)
