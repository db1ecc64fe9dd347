"""A generation of a real model whose words come one after the other: at every moment it is a run of so many words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from attn_explore.explorer.session import saving
from attn_explore.explorer.session.asked import Asked
from attn_explore.explorer.session.growing import take_longer, words_asked
from attn_explore.explorer.session.opening import find_source, start
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.system.counter import Counter
from attn_explore.explorer.system.limits import Limits
from attn_explore.model.traces.reading import read_trace
from attn_explore.model.traces.wanted import Wanted

FAMILIES = Path(__file__).parents[2] / "data" / "families"


def opened(most: int, name: str = "gpt2", *, grows: bool = True) -> Session:
    """A small model that reads two tokens and chooses so many."""
    given = {"ids": [1, 2], "max_new_tokens": most}
    return start(find_source(str(FAMILIES / name), Asked(given=given)), Limits(), grows=grows)


def grown(session: Session, words: int) -> Session:
    while session.run.growing is not None and words_asked(session.run.trace) < words:
        take_longer(session, session.run.growing.longer(session.run, Counter()))
    return session


def test_nothing_is_computed_before_the_first_word_is_chosen() -> None:
    session = opened(4)
    assert not [path for path, step in session.run.trace.steps.items() if step.held is not None]
    assert session.run.trace.tokens["decoder"] is not None
    assert len(session.run.trace.tokens["decoder"]) == 2


@pytest.mark.parametrize("words", [1, 2, 3, 4])
def test_what_there_is_of_it_is_the_run_of_so_many_words(words: int) -> None:
    session, whole = grown(opened(4), words), opened(words, grows=False)
    assert (session.run.growing is None) is (words == 4)
    assert session.run.scenario.input == whole.run.scenario.input
    assert session.run.trace.tokens == whole.run.trace.tokens
    assert list(session.run.trace.steps) == list(whole.run.trace.steps)
    for path, step in whole.run.trace.steps.items():
        np.testing.assert_array_equal(session.run.trace[path].array, step.array, err_msg=path)


def test_the_numbers_that_were_looked_at_are_the_same_ones_when_a_word_has_come() -> None:
    session = opened(3)
    value = session.place.value
    grown(session, 2)
    assert session.place.value is value


def test_what_was_stopped_goes_on_where_it_was() -> None:
    class StoppedError(Exception):
        pass

    def stop(_: Counter) -> None:
        raise StoppedError

    session = opened(3)
    assert session.run.growing is not None
    with pytest.raises(StoppedError):
        session.run.growing.longer(session.run, Counter(tell=stop))
    assert list(grown(session, 3).run.trace.steps) == list(opened(3, grows=False).run.trace.steps)


def test_what_there_is_can_be_exported_and_saved(tmp_path: Path) -> None:
    session = grown(opened(4), 2)
    saving.export(session, tmp_path / "run.npz", Wanted())
    scenario, trace = read_trace(tmp_path / "run.npz", Limits().nbytes)
    assert list(trace.steps) == list(session.run.trace.steps)
    assert scenario.input.max_new_tokens == 2
    saving.save(session, tmp_path / "run.yaml")
    assert "max_new_tokens: 2" in (tmp_path / "run.yaml").read_text()
