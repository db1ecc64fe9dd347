"""What a model reads, token by token: where each token comes from, and how it was made. Nothing is run for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from attn_explore.model.axes import Axis
from attn_explore.model.checkpoints.tokens.cut import Cut, Word
from attn_explore.model.checkpoints.tokens.spelling import BYTES
from attn_explore.model.dataclass import dataclass
from attn_explore.model.known import Known
from attn_explore.model.opened import Opened
from attn_explore.model.problems import Problem
from attn_explore.model.scenario.tokens import Reading, reading_stack, target_of, tokens_of

if TYPE_CHECKING:
    from attn_explore.model.checkpoints.tokenizing import Tokenizer


@dataclass(frozen=True, eq=False)
class TokensRead:
    """What a stack reads.

    labels      of the tokens, as they are shown
    words       where the tokens come from, in their order: what the steps of each begin with, and its ids
    texts       that were read, one behind the other; none where ids or words were given
    cuts        the same, cut; none where nobody knows how, as in a trace
    vocabulary  the rows of the embedding table
    tokenizer   of a checkpoint that is open
    """

    stack: str
    labels: tuple[str, ...]
    words: tuple[Word, ...]
    texts: tuple[str, ...]
    cuts: tuple[Cut, ...]
    vocabulary: Axis
    tokenizer: Tokenizer | None = None

    @property
    def ids(self) -> tuple[int, ...]:
        """The ids of all tokens."""
        return tuple(each for word in self.words for each in word.ids)

    def shown(self, piece: str) -> str:
        """A piece, as the file writes it, with its spaces and bytes to be seen."""
        return piece if self.tokenizer is None else self.tokenizer.vocabulary.spelling.label(piece)

    @property
    def is_in_bytes(self) -> bool:
        """Whether each letter of a piece is a byte."""
        return self.tokenizer is not None and self.tokenizer.vocabulary.spelling is BYTES

    def data(self, piece: str) -> bytes | None:
        """The bytes of text that a piece stands for, where that can be told."""
        data = None if self.tokenizer is None else self.tokenizer.vocabulary.spelling.data
        return None if data is None else data(piece)


@dataclass(frozen=True)
class ChatTemplate:
    """The chat template of a model, and the ids of the tokens in it that are found whole in a text."""

    text: str
    ids: tuple[int, ...]


def template_of(checkpoint: object) -> ChatTemplate | None:
    """The chat template of a checkpoint that is open; None where it has none, and of anything else."""
    if not isinstance(checkpoint, Opened) or checkpoint.tokenizer is None:
        return None
    from attn_explore.model.checkpoints.tokens.chat_template import chat_template, tokens_in

    files = checkpoint.checkpoint.files
    text = chat_template(files.path, files.settings if files.is_gguf else None)
    return None if text is None else ChatTemplate(text, tuple(tokens_in(text, checkpoint.tokenizer.vocabulary)))


def tokens_read(known: Known) -> tuple[TokensRead, ...]:
    """What each stack reads. Raises Problem for a scenario that reads no tokens.

    >>> from attn_explore.model.known import known_of
    >>> from attn_explore.model.scenario import parse_scenario
    >>> (read,) = tokens_read(known_of(parse_scenario("{input: {text: my dog and my cat}}")))
    >>> read.labels, read.ids
    (('my', 'dog', 'and', 'my', 'cat'), (0, 1, 2, 0, 3))
    """
    given = known.scenario.input
    if not known.readings or given.vectors is not None or given.target_vectors is not None:
        what = "this reads vectors, and no tokens" if known.readings else "this experiment reads no text"
        raise Problem(what, hint="take a scenario with a text, or a model")
    return tuple(_read_by(known, stack) for stack in known.readings)


def _read_by(known: Known, stack: str) -> TokensRead:
    scenario, reading = known.scenario, known.readings[stack]
    tokenizer = scenario.checkpoint.tokenizer if isinstance(scenario.checkpoint, Opened) else None
    texts = tuple(_texts(known, stack))
    if tokenizer is not None:
        cuts = list(map(tokenizer.cut, texts))
    else:
        cuts = list(_own_cuts(known, stack, texts)) if scenario.checkpoint is None else []
    ids = known.ids(stack)
    has_start = scenario.model.has_encoder and stack == "decoder" and scenario.input.target_ids is None
    words = tuple(_words(reading, ids, cuts, has_start=has_start))
    vocabulary = known.vocabularies[stack]
    return TokensRead(stack, reading.padded(), words, texts, tuple(cuts), vocabulary, tokenizer)


def _texts(known: Known, stack: str) -> Iterator[str]:
    """The texts that a stack reads, one behind the other."""
    given = known.scenario.input
    if given.text is not None and stack == reading_stack(known.scenario.model):
        yield given.text
    if given.target is not None and stack == "decoder":
        yield given.target


def _own_cuts(known: Known, stack: str, texts: Sequence[str]) -> Iterator[Cut]:
    """The texts of a scenario that has words of its own: they are split, and no more."""
    given, rows = known.scenario.input, known.rows[stack]
    split = {given.text: tokens_of(given), given.target: target_of(given) or ()}
    for text in texts:
        if all(each in rows for each in split[text]):  # labels are no words that a decoder reads
            words = tuple(Word("word", (each,), (rows[each],), each) for each in split[text])
            yield Cut(text, given.tokenizer, words)


def _words(reading: Reading, ids: Sequence[int], cuts: Sequence[Cut], *, has_start: bool) -> Iterator[Word]:
    """The words of all tokens that a stack reads; what no text accounts for was given, or fills up."""
    done = 0
    if has_start:
        yield Word("start", reading.padded()[:1], tuple(ids[:1]))
        done = 1
    for number, cut in enumerate(cuts):
        words = cut.words if not has_start and not number else _bare(cut)
        found = tuple(each for word in words for each in word.ids)
        if found == tuple(ids[done : done + len(found)]):
            yield from words
            done += len(found)
    fills = reading.padding()
    for place in range(done, len(ids)):
        yield Word("padding" if fills[place] else "given", (reading.padded()[place],), (ids[place],))


def _bare(cut: Cut) -> tuple[Word, ...]:
    """A target goes on with a text: nothing is put before and behind it."""
    return tuple(word for word in cut.words if word.kind != "around")
