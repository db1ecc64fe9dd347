"""Every variant of one attention, as runs."""

from __future__ import annotations

import numpy as np
import pytest

from attn_explore.explorer.session.gallery import Gallery, cell_of, compared, gallery_of, opened
from attn_explore.explorer.session.reopening import VARIANT, command, left_out
from attn_explore.model.gallery import variants_of
from attn_explore.model.problems import Problem
from tests.explorer.conftest import session_of

BLOCK = "encoder.layers.0.self_attention"


@pytest.fixture(scope="module")
def gallery() -> Gallery:
    return gallery_of(session_of("gallery"))


def test_every_variant_of_the_gallery_s_own_scenario_runs(gallery: Gallery) -> None:
    assert [each.variant for each in gallery.hung] == list(variants_of(gallery.base.run.scenario))
    assert [each.refused for each in gallery.hung if each not in gallery.shown] == []


def test_those_are_its_own_that_have_the_same_steps_and_numbers(gallery: Gallery) -> None:
    own = [each.variant.name for each in gallery.hung if each.is_own]
    assert own == ["scaled_dot", "softmax", "no_mask", "all_words", "no_position", "1_head"]


def test_what_cannot_be_is_refused_with_the_reason() -> None:
    hung = gallery_of(session_of("single-head")).hung  # its W_Q is written out, for one head
    refused = {each.variant.name: each.refused for each in hung if each.session is None}
    assert set(refused) == {"padding", "2_heads", "4_heads", "grouped", "multi_query"}
    assert f"{BLOCK}.w_q has the shape 4 × 2" in refused["2_heads"]


def test_without_attention_there_is_no_gallery() -> None:
    with pytest.raises(Problem, match="there is none here"):
        gallery_of(session_of("softmax-saturation"))


def test_the_cell_is_that_of_the_step_that_is_looked_at() -> None:
    session = session_of("encoder-layer")
    session.place.show(session.run.trace[f"{BLOCK}.scores"], (1, 2, 3))
    assert cell_of(gallery_of(session)) == (1, 2, 3)
    session.place.show(session.run.trace["encoder.embedding"], (2, 0))
    assert cell_of(gallery_of(session)) == (0, 0, 0)


def test_a_variant_opens_at_the_cell_and_two_are_compared_under_their_names(gallery: Gallery) -> None:
    relu, hardmax = gallery.named("relu"), gallery.named("hardmax")
    assert relu
    assert hardmax
    session = compared(gallery, relu, hardmax, (0, 1, 2))
    other = session.other
    assert other
    assert (session.label, other.label) == ("relu", "hardmax")
    assert (session.place.value.path, session.place.index) == (f"{BLOCK}.weights", (0, 1, 2))
    assert np.array_equal(other.run.trace[f"{BLOCK}.scores"].array, session.run.trace[f"{BLOCK}.scores"].array)
    assert opened(gallery, relu, (0, 9, 9)).other is None
    assert session.place.index == (0, 3, 3)


def test_the_command_that_opens_a_variant_again_opens_the_gallery(gallery: Gallery) -> None:
    hung = gallery.named("causal")
    assert hung
    session = opened(gallery, hung, (0, 1, 0))
    assert command(session, "word").split()[:2] == ["attn-explore", "gallery"]
    assert command(session).endswith(f"--at {BLOCK}.weights")
    assert left_out(session) == VARIANT
