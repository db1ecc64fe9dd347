"""At which word a model is asked what it says, where nobody names one: the same in every question."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from attn_explore.explorer.session.asked_words import WhichWords, words_asked
from attn_explore.explorer.session.opening import Source, pair, start
from attn_explore.explorer.session.patched import WhatToPatch, patched
from attn_explore.explorer.session.place import Place
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.session.through_lens import Through, said_at, through_lens
from attn_explore.explorer.session.who_wrote import WhoWrote, who_wrote
from attn_explore.explorer.system.limits import Limits
from attn_explore.explorer.telling.answers.lens_answer import lens_answer
from attn_explore.explorer.telling.answers.patch_answer import patch_answer
from attn_explore.model.looking.asked_place import usual_place
from attn_explore.model.looking.attribution import attribution
from attn_explore.model.looking.lens import lens
from attn_explore.model.opened import opened, scenario_of
from attn_explore.model.run import run
from attn_explore.model.scenario import parse_scenario
from tests.checkpoints import FAMILIES

READ = pytest.mark.parametrize(
    ("read", "place", "word"),
    [
        ("tokens: [I, '[MASK]', my, dog]", 1, "[MASK]"),
        ("tokens: [I, love, dog], pad_to: 5", 2, "dog"),
        ("tokens: [I, love, dog]", 2, "dog"),
    ],
)


def over(read: str) -> Session:
    words = "[I, love, my, dog, cat, '[MASK]']"
    model = f"{{kind: encoder, layers: 1, d_model: 8, heads: 2, head: tokens, classes: {words}}}"
    scenario = parse_scenario(f"{{model: {model}, input: {{vocabulary: {words}, {read}}}}}")
    return start(Source("asked", Path("asked.yaml"), scenario), Limits(2**30))


@READ
def test_each_question_is_asked_at_the_mask_or_at_the_last_word(read: str, place: int, word: str) -> None:
    session = over(read)
    both = pair(session, over(read.replace("I,", "cat,")))
    assert who_wrote(session, WhoWrote()).of.index[0] == place
    assert words_asked(session, WhichWords()).words.output.place == place
    patches = patched(both, WhatToPatch(token_id=0, against_id=1))
    assert patches.said.place == place
    assert f"the logit of I less that of love, at {word}: " in " ".join(patch_answer(patches).said)


@READ
def test_a_token_is_ranked_there_and_the_sentence_says_where(read: str, place: int, word: str) -> None:
    session = over(read)
    found = through_lens(session, Through(token="dog"))
    answer = lens_answer(found)
    *_, rank, _ = answer.rows[-1].cells
    ranks = found.rows[-1].rank
    assert ranks is not None
    assert rank.number == ranks[place]
    there = "the last token" if place == session.run.trace["logits"].shape[0] - 1 else word
    assert f" at {there}; 0 is the likeliest." in " ".join(answer.said)


@READ
def test_a_question_that_is_asked_elsewhere_is_of_the_likeliest_there(read: str, place: int, word: str) -> None:
    session = over(read)
    logits = session.run.trace["logits"].array
    assert said_at(session, session.place.cell) == np.argmax(logits[place])


def test_where_every_word_can_be_said_one_stands_there_at_first() -> None:
    read = "vocabulary: [I, love, '[MASK]'], tokens: [I, '[MASK]', love]"
    trace = run(parse_scenario(f"{{model: {{kind: encoder, d_model: 8, head: vocabulary}}, input: {{{read}}}}}"))
    assert Place(trace).index_in(trace["logits"]) == (1, np.argmax(trace["logits"].array[1]))


def test_padding_is_no_word_whatever_a_tokenizer_calls_it() -> None:
    folder = FAMILIES / "bert"
    trace = run(scenario_of("bert", opened(folder), {"ids": [5, 6, 7], "pad_to": 6}))
    assert trace["logits"].axes[0].label(5) == "0"
    assert usual_place(trace, trace["logits"]) == lens(trace).place == 2
    assert attribution(trace).of.index[0] == 2
