"""Edits made at once, as a screen makes them in two parts: the run by its worker, and then the session takes it."""

from attn_explore.explorer.session import edits
from attn_explore.explorer.session.session import Session
from attn_explore.model.scenario.document import Edit


def edit(session: Session, change: Edit) -> None:
    """Run again with one more edit."""
    edits.take_edited(session, edits.run_with(session, change))


def edit_word(session: Session, place: int, word: str) -> None:
    """Run again with another word of the input."""
    edits.take_edited(session, edits.run_with(session, edits.NewWord(place, word)))


def drop_edits(session: Session) -> None:
    """Run again without any edit."""
    edits.take_edited(session, edits.run_without_edits(session))
