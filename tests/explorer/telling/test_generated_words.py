"""What is told of a real model's generation, whose passes take keys and values over from each other."""

from __future__ import annotations

import numpy as np
import pytest

from attn_explore.explorer.drawing.blocks import as_text
from attn_explore.explorer.session.asked import Asked
from attn_explore.explorer.session.opening import find_source, pair, start
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.system.limits import Limits
from attn_explore.explorer.telling import tree_text, word_view
from attn_explore.explorer.telling.walk_through import walk_through_lines
from tests.checkpoints import FAMILIES

CHAPTER = "generated.2."
BLOCK = f"{CHAPTER}decoder.layers.1.self_attention"


def session_of(name: str, ids: tuple[int, ...] = (5, 7, 9)) -> Session:
    given = {"ids": list(ids), "max_new_tokens": 4}
    return start(find_source(str(FAMILIES / name), Asked(given=given)), Limits())


@pytest.mark.parametrize("name", ["gpt2", "llama", "t5"])
def test_the_new_word_asks_all_words_before_it(name: str) -> None:
    session = session_of(name)
    weights = session.run.trace[f"{BLOCK}.weights"]
    attention = word_view.attention_of(session.run.trace, weights)
    assert attention is not None
    assert (attention.keys.name, attention.values.name) == ("all_keys", "all_values")
    word = word_view.Word(1, 0, 2)
    keys = attention.cell(attention.keys, word, 1)
    assert keys[1] == 2
    told = "\n".join(as_text(word_view.word_blocks(attention, word, 100)))
    for label in weights.axes[-1].labels or ():
        assert label in told
    summed = np.einsum("k,kv->v", weights.array[1, 0], attention.values.array[1 if name != "llama" else 0])
    np.testing.assert_allclose(summed, attention.output.array[1, 0], rtol=1e-5)


def test_the_word_of_a_pass_is_told_though_its_candidates_were_forgotten() -> None:
    session = session_of("gpt2")
    trace = session.run.trace
    for step in trace.steps.values():
        step.forget()
    said = trace.tokens["decoder"] or ()
    expected = {f"generated.{place}": f"word {place + 1}: {said[3 + place]}" for place in (1, 2)}
    assert tree_text.chapters(session) == expected | {"generated.3": "word 4: …"}
    assert tree_text.beside_step(session, trace["candidates"]).endswith(said[3])


def test_the_walk_through_and_two_texts_side_by_side_go_through_every_pass() -> None:
    session = session_of("marian")
    told = "\n".join(walk_through_lines(session))
    for path, step in session.run.trace.steps.items():
        assert f"    {path}   " in told
        assert not step.is_planned
    both = pair(session_of("marian"), session_of("marian", (5, 8, 9)))
    told = "\n".join(walk_through_lines(both))
    assert f"    {CHAPTER}decoder.layers.0.cross_attention.k   " in told
