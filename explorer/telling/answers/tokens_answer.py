"""How a text became tokens, as a table and as JSON: a row for each step of a word, and for each token."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from attn_explore.explorer.drawing.answer_table import Spot
from attn_explore.explorer.drawing.numbers import counted, short_number
from attn_explore.explorer.telling.answers.answer import Answer, At, Cell, Row
from attn_explore.explorer.telling.answers.token_remarks import remarks
from attn_explore.explorer.telling.answers.tokens_said import said_of
from attn_explore.model.checkpoints.tokens.cut import Cut, Kind, Step, Word
from attn_explore.model.dataclass import dataclass
from attn_explore.model.looking.asked_token import token_text
from attn_explore.model.looking.tokens_read import ChatTemplate, TokensRead

_KINDS: dict[Kind, str] = {
    "word": "word",
    "whole": "special token",
    "around": "put by tokenizer",
    "start": "starts the decoder",
    "padding": "fills up",
    "given": "given",
}
_RANKED = ("BPE",)
"""The models that join by rank; others go by scores."""


def tokens_answer(reads: Sequence[TokensRead], template: ChatTemplate | None, *, is_brief: bool = False) -> Answer:
    """How the text became tokens; `is_brief`: only the tokens, without the steps that made them."""
    table = _Table(reads, is_brief)
    return Answer(
        "How was this text cut into tokens?",
        tuple(said_of(reads, template)),
        "pieces",
        "",
        tuple(table.columns),
        tuple(table.rows()),
    )


# --- the table


@dataclass(frozen=True)
class _Table:
    reads: Sequence[TokensRead]
    is_brief: bool

    @property
    def columns(self) -> Iterator[str]:
        yield "step" if self._has_steps else "from"
        if self._measure:
            yield self._measure
        yield "id"
        if self._has_bytes:
            yield "bytes"

    def rows(self) -> Iterator[Row]:
        for read in self.reads:
            place = 0
            for word in read.words:
                if not self.is_brief:
                    yield from self._steps(read, word)
                for number in range(len(word.ids)):
                    yield self._token(read, word, number, place + number)
                place += len(word.ids)

    @property
    def _measure(self) -> str:
        """What the numbers of the steps are; nothing where none has one."""
        words = [word for read in self.reads for word in read.words]
        has_numbers = not self.is_brief and any(step.number is not None for word in words for step in word.steps)
        if not has_numbers and not any(word.scores for word in words):
            return ""
        is_ranked = any(cut.model in _RANKED for read in self.reads for cut in read.cuts)
        return "rank" if is_ranked else "score"

    @property
    def _has_steps(self) -> bool:
        return not self.is_brief and any(word.steps for read in self.reads for word in read.words)

    @property
    def _has_bytes(self) -> bool:
        return any(read.data("") is not None for read in self.reads)

    def _steps(self, read: TokensRead, word: Word) -> Iterator[Row]:
        if word.steps or len(word.pieces) > 1:
            letters = "byte" if read.is_in_bytes else "letter"
            begins = counted(len(word.pieces), letters) if len(word.pieces) > 1 else "word"
            data = read.data("".join(word.pieces))
            yield Row(_label(read, word.pieces), self._cells(begins, None, None, data))
        for step in word.steps:
            made = " + ".join(map(read.shown, step.made))
            yield Row(_label(read, step.pieces), self._cells(made, step.number, None, None))

    def _token(self, read: TokensRead, word: Word, number: int, place: int) -> Row:
        score = word.scores[number] if word.scores else None
        came_from = _KINDS[word.kind] if word.kind != "word" or not self._has_steps else "token"
        data = read.data(word.tokens[number]) if word.kind == "word" else None
        cells = self._cells(came_from, score, word.ids[number], data)
        return Row(read.labels[place], cells, At(f"{read.stack}.embedding", (place, 0)))

    def _cells(self, step: str, number: float | None, token: int | None, data: bytes | None) -> tuple[Cell, ...]:
        found = [Cell(step)]
        if self._measure:
            found.append(Cell("") if number is None else Cell(short_number(number), number=number))
        found.append(Cell("") if token is None else Cell(str(token), number=token))
        if self._has_bytes:
            found.append(Cell("" if data is None else data.hex(" ").upper()))
        return tuple(found)


def _label(read: TokensRead, pieces: Sequence[str]) -> str:
    return " ".join(map(read.shown, pieces))


def spot_of_token(answer: Answer, stack: str, place: int) -> Spot | None:
    """Where the token at a place of the text stands in the table; None where it is none of the text."""
    wanted = At(f"{stack}.embedding", (place, 0))
    return next((Spot(number) for number, row in enumerate(answer.rows) if row.at == wanted), None)


# --- JSON


def tokens_data(reads: Sequence[TokensRead], template: ChatTemplate | None) -> dict[str, Any]:
    """The same as plain objects."""
    chat = None if template is None else _template_data(template, reads[0])
    return {"reads": list(map(_read_data, reads)), "chat_template": chat}


def _template_data(template: ChatTemplate, read: TokensRead) -> dict[str, Any]:
    tokens = [{"token": token_text(read.vocabulary, place), "id": place} for place in template.ids]
    return {"text": template.text, "tokens": tokens}


def _read_data(read: TokensRead) -> dict[str, Any]:
    origins = [(number, word) for number, word in enumerate(read.words) for _ in word.ids]
    return {
        "stack": read.stack,
        "texts": list(map(_cut_data, read.cuts)),
        "tokens": [
            {"token": token_text(read.vocabulary, place), "id": place, "from": word.kind, "word": number}
            for place, (number, word) in zip(read.ids, origins, strict=True)
        ],
        "words": [_word_data(read, word) for word in read.words],
        "remarks": remarks(read),
    }


def _cut_data(cut: Cut) -> dict[str, Any]:
    return {
        "text": cut.text,
        "normalisers": list(cut.normalisers),
        "normalised": cut.normalised,
        "splitters": list(cut.splitters),
        "model": cut.model,
    }


def _word_data(read: TokensRead, word: Word) -> dict[str, Any]:
    return {
        "text": word.source,
        "pieces": list(map(read.shown, word.pieces)),
        "steps": [_step_data(read, step) for step in word.steps],
        "scores": list(word.scores),
    }


def _step_data(read: TokensRead, step: Step) -> dict[str, Any]:
    made, pieces = (list(map(read.shown, each)) for each in (step.made, step.pieces))
    return {"made": made, "number": step.number, "pieces": pieces}
