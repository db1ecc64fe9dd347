"""An edit that is being typed: which numbers it takes, what was typed so far, and how it is asked for."""

from __future__ import annotations

from dataclasses import field

from attn_explore.explorer.drawing.blocks import Block, Piece, Role, Row, flowing
from attn_explore.explorer.drawing.numbers import short_number
from attn_explore.explorer.drawing.wrapping import wrapped
from attn_explore.explorer.session.edits import Change, NewWord
from attn_explore.explorer.session.what_if import EditIndex, actions, edit_from, edit_text, scopes
from attn_explore.model.dataclass import dataclass
from attn_explore.model.explain import Index
from attn_explore.model.problems import Problem
from attn_explore.model.text import visible
from attn_explore.model.values import Value


@dataclass
class EditLine:
    """An edit around a cell of `value`; `word` is the word of the input that stands in its row, where one does.
    `has_other`: there is a run to swap numbers with.

    `chosen` is the place in the list of what may be taken, which ends with that word.
    """

    value: Value
    index: Index
    word: str = ""
    has_other: bool = False
    chosen: int = 0
    typed: str = ""
    refusal: str = ""
    scopes: dict[str, EditIndex] = field(init=False)
    names: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self.scopes = scopes(self.value, self.index)
        self.names = [*self.scopes, *([f"the word itself: {visible(self.word)}"] if self.word else [])]

    @property
    def is_word(self) -> bool:
        """Whether the word is taken, and not a number."""
        return self.chosen == len(self.scopes)

    def choose(self, count: int) -> None:
        """Take more numbers, or fewer."""
        self.refusal = ""
        self.chosen = max(0, min(len(self.names) - 1, self.chosen + count))

    def type(self, line: str) -> None:
        """Have another line typed; what was wrong with the one before is past."""
        self.typed, self.refusal = line, ""

    def change(self) -> Change:
        """What is meant by what was typed. Raises Problem when it is none."""
        if self.is_word:
            word = self.typed.strip()
            if not word:
                raise Problem("a word has at least one character", hint="type another word")
            return NewWord(self.index[0], word)
        edit = edit_from(self.value, list(self.scopes.values())[self.chosen], self.typed, self.has_other)
        if edit.swap and not self.has_other:
            raise Problem(
                "there is no other run to take numbers from", shell_hint="`compare` in its file adds a second one"
            )
        return edit

    def text_of(self, change: Change) -> str:
        """A change in one line."""
        if isinstance(change, NewWord):
            return f"{visible(self.word)} → {visible(change.word)}"
        return edit_text(change, self.value)

    def blocks(self, room: int) -> list[Block]:
        """What was typed, what may be typed or what is wrong with it, and the list, in `room` cells."""
        return [
            _line(f"› {visible(self.typed)}▏", "result"),
            *(_line(line, "wrong" if self.refusal else "note") for line in wrapped(visible(self._said), room)),
            *flowing(map(self._choice, range(len(self.names))), room),
        ]

    @property
    def _said(self) -> str:
        if self.refusal:
            return self.refusal
        if self.is_word:
            return "Type another word."
        number = short_number(float(self.value[self.index]))
        return f"It is {number}. Type {actions(self.value, self.has_other)}."

    def _choice(self, place: int) -> Row:
        return (Piece(f"{'●' if place == self.chosen else '○'} {self.names[place]}  ", "name"),)


def _line(text: str, role: Role) -> Block:
    return Block(((Piece(text, role),),))
