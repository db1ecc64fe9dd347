"""What is said of edits."""

from __future__ import annotations

import pytest

from attn_explore.explorer.session import edits
from attn_explore.model.scenario import Scenario
from tests.explorer.conftest import session_of


def test_whether_words_were_changed_is_known_without_splitting_the_same_text_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each key asks for it; a text may be long."""
    session, asked, tokens = session_of("i-love-my-dog"), [], Scenario.tokens
    monkeypatch.setattr(Scenario, "tokens", lambda scenario: asked.append(scenario) or tokens(scenario))
    assert not edits.is_edited(session)
    assert not asked
