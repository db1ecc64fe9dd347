"""How the tokens of a word were made: worked out here, and true only where it ends in the tokens that there are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import accumulate, pairwise
from math import inf
from typing import Any

from attn_explore.model.checkpoints.tokens.cut import Step, Word
from attn_explore.model.checkpoints.tokens.joining import Cost, joins
from attn_explore.model.dataclass import dataclass

METASPACE = "▁"
"""What tokens have for a space, in files that have been SentencePiece's."""
Model = Mapping[str, Any]
"""`model` of a tokenizer.json that the tokenizers package has read."""
Made = tuple[tuple[str, ...], tuple[Step, ...], tuple[float, ...]]
"""What a word began with, its steps, and the scores of its tokens."""


MOST_LETTERS = 128
"""Letters of a word whose steps are listed; each step lists all pieces of the word."""


@dataclass(frozen=True)
class Tokens:
    """The tokens of a word, as the file writes them, with their ids; `source` is what stands in the text there."""

    tokens: tuple[str, ...]
    ids: tuple[int, ...]
    source: str

    def made_by(self, maker: Callable[[Tokens], Made]) -> Word:
        """The word with its steps, where they lead to its tokens; without them where they do not."""
        if sum(map(len, self.tokens)) <= MOST_LETTERS:
            pieces, steps, scores = maker(self)
            found = Word("word", pieces, self.ids, self.source, steps, scores)
            if found.tokens == self.tokens:
                return found
        return Word("word", self.tokens, self.ids, self.source, is_made=False)

    @property
    def at_spaces(self) -> Iterator[Tokens]:
        """The same in words, each of which begins with `▁`, where a text is not cut into words before."""
        begins = [place for place, token in enumerate(self.tokens) if not place or token.startswith(METASPACE)]
        for begin, end in pairwise((*begins, len(self.tokens))):
            tokens, is_all = self.tokens[begin:end], end - begin == len(self.tokens)
            source = self.source if is_all else "".join(tokens).replace(METASPACE, " ").strip()
            yield Tokens(tokens, self.ids[begin:end], source)


def maker_of(model: Model) -> Callable[[Tokens], Made]:
    """What works out how the tokens of a word were made."""
    return {"BPE": _of_merges, "WordPiece": _of_longest, "Unigram": _of_scores}.get(kind_of(model), _plain)(model)


def kind_of(model: Model) -> str:
    """Its type; where the file does not say it, what its parts are those of."""
    said = model.get("type")
    if isinstance(said, str):
        return said
    if "merges" in model:
        return "BPE"
    return "Unigram" if isinstance(model.get("vocab"), list) else "WordLevel"


def joined_steps(letters: Sequence[str], cost: Cost, number: Callable[[float], float]) -> tuple[Step, ...]:
    """A step for each pair that is joined; its number is made of what joining it costs."""
    symbols = list(letters)
    return tuple(
        Step(tuple(filter(None, symbols)), (join.left, join.right), number(join.cost)) for join in joins(symbols, cost)
    )


# --- BPE


def _of_merges(model: Model) -> Callable[[Tokens], Made]:
    ranks = {pair: rank for rank, pair in enumerate(map(_pair, model["merges"]))}
    return partial(_merged, model, lambda left, right: ranks.get((left, right)))


def _pair(merge: str | Sequence[str]) -> tuple[str, str]:
    left, right = merge.split(" ") if isinstance(merge, str) else merge
    return left, right


def _merged(model: Model, cost: Cost, word: Tokens) -> Made:
    if model.get("ignore_merges") and len(word.tokens) == 1:
        return word.tokens, (), ()  # a word that is a token is taken whole
    letters = tuple(letter for token in word.tokens for letter in _letters(model, token))
    return letters, joined_steps(letters, cost, int), ()


def _letters(model: Model, token: str) -> Iterator[str]:
    """The letters of a token; one for what is unknown, and for a byte, stands alone."""
    is_byte = model.get("byte_fallback") and len(token) == len("<0x00>") and token.startswith("<0x")
    if token == model.get("unk_token") or is_byte:
        yield token
        return
    suffix = model.get("end_of_word_suffix") or ""
    bare = token.removesuffix(suffix)
    yield from bare[:-1]
    yield bare[-1:] + token[len(bare) :]


# --- WordPiece


def _of_longest(model: Model) -> Callable[[Tokens], Made]:
    return partial(_longest_first, model["vocab"], model.get("continuing_subword_prefix", "##"))


def _longest_first(vocab: Mapping[str, int], prefix: str, word: Tokens) -> Made:
    """From the left, the longest piece that is a token is taken off, again and again."""
    first, *others = word.tokens
    rest = "".join((first, *(token.removeprefix(prefix) for token in others)))
    begun, taken, steps = rest, list[str](), list[Step]()
    while rest not in vocab:
        end = next((end for end in range(len(rest) - 1, len(prefix) if taken else 0, -1) if rest[:end] in vocab), 0)
        if not end:
            break  # it is [UNK], whole
        taken.append(rest[:end])
        rest = prefix + rest[end:]
        steps.append(Step((*taken, rest), (taken[-1],)))
    return (begun,), tuple(steps), ()


# --- SentencePiece with probabilities


def _of_scores(model: Model) -> Callable[[Tokens], Made]:
    scores = dict(model["vocab"])
    return partial(_best, scores, max(map(len, scores), default=0))


def _best(scores: Mapping[str, float], longest: int, word: Tokens) -> Made:
    """Of all ways to cut a word into pieces the one with the largest sum of scores (Kudo 2018), piece by piece."""
    text = "".join(word.tokens)
    pieces = _best_pieces(scores, longest, text)
    ends = accumulate(map(len, pieces))
    steps = (
        Step((*pieces[: count + 1], *([text[end:]] if end < len(text) else ())), (piece,), scores[piece])
        for count, (piece, end) in enumerate(zip(pieces, ends, strict=True))
    )
    return (text,), tuple(steps) if len(pieces) > 1 else (), tuple(map(scores.__getitem__, pieces))


def _best_pieces(scores: Mapping[str, float], longest: int, text: str) -> list[str]:
    """Nothing, where a letter is no piece."""
    best, last = [0.0], [""]
    for end in range(1, len(text) + 1):
        pieces = [piece for begin in range(max(0, end - longest), end) if (piece := text[begin:end]) in scores]
        sums = [best[end - len(piece)] + scores[piece] for piece in pieces]
        best.append(max(sums, default=-inf))
        last.append(pieces[sums.index(best[end])] if sums else "")
    pieces, end = [], len(text)
    while end and last[end]:
        pieces.append(last[end])
        end -= len(last[end])
    return [] if end else pieces[::-1]


# --- whole words


def _plain(_: Model) -> Callable[[Tokens], Made]:
    return lambda word: (word.tokens, (), ())
