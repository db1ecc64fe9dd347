"""An edit that is being typed: which numbers it takes, what was typed so far, and how it is asked for."""

from __future__ import annotations

from dataclasses import dataclass, field

from explorer.arithmetic import Block, Piece, Role
from explorer.format import short_number
from explorer.session import Session
from explorer.what_if import ACTIONS, EditIndex, edit_from, scopes, told
from explorer.wrapping import wrapped
from model.explain import Index
from model.problems import Problem
from model.text import visible
from model.values import Value


@dataclass
class Editing:
    """An edit around a cell of `value`. `chosen` is the place in the list of what may be taken."""

    value: Value
    index: Index
    chosen: int = 0
    typed: str = ""
    refusal: str = ""
    scopes: dict[str, EditIndex] = field(init=False)

    def __post_init__(self) -> None:
        self.scopes = scopes(self.value, self.index)

    def choose(self, count: int) -> None:
        """Take more numbers, or fewer."""
        self.chosen = max(0, min(len(self.scopes) - 1, self.chosen + count))

    def apply(self, session: Session) -> str:
        """Make the edit, run again, and tell what was changed. Raises Problem when it is none."""
        edit = edit_from(self.value, list(self.scopes.values())[self.chosen], self.typed)
        if edit.swap and session.other is None:
            raise Problem("there is no other run to take numbers from", hint="`compare` in its file adds a second one")
        session.edit(edit)
        return told(edit, self.value)

    def blocks(self, room: int) -> list[Block]:
        """The list, what may be typed, what was, and what is wrong with it, in `room` cells."""
        found = []
        for place, name in enumerate(self.scopes):
            found.append(_line(f"{'●' if place == self.chosen else '○'} {name}", "name"))
        number = short_number(float(self.value.array[self.index]))
        found += [_line(line, "note") for line in wrapped(f"It is {number}. Type {ACTIONS}.", room)]
        found.append(_line(f"› {visible(self.typed)}▏", "result"))
        return [*found, *(_line(line, "label") for line in wrapped(visible(self.refusal), room))]


def _line(text: str, role: Role) -> Block:
    return Block(((Piece(text, role),),))
