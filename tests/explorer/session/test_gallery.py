"""Every variant of one attention, as runs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from attn_explore.explorer.session.asked import Asked
from attn_explore.explorer.session.edits import run_with
from attn_explore.explorer.session.gallery import Gallery, cell_of, compared, gallery_of, opened
from attn_explore.explorer.session.opening import find_source, start
from attn_explore.explorer.session.other_text import with_text
from attn_explore.explorer.session.reopening import VARIANT, command, left_out
from attn_explore.explorer.session.saving import save
from attn_explore.explorer.system.limits import Limits
from attn_explore.explorer.telling.provenance import provenance
from attn_explore.model.gallery import variants_of
from attn_explore.model.problems import Problem
from attn_explore.model.run import run
from attn_explore.model.scenario.document import Edit
from tests.explorer.conftest import session_of

FAMILIES = Path(__file__).parents[2] / "data" / "families"
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


def test_of_a_trace_that_lacks_steps_there_is_no_gallery() -> None:
    session = session_of("i-love-my-dog")
    session.run.trace.left_out = 3
    with pytest.raises(Problem, match="exported without some"):
        gallery_of(session)


def test_the_cell_is_that_of_the_step_that_is_looked_at() -> None:
    session = session_of("encoder-layer")
    session.place.show(session.run.trace[f"{BLOCK}.scores"], (1, 2, 3))
    assert cell_of(gallery_of(session)) == (1, 2, 3)
    session.place.show(session.run.trace["encoder.embedding"], (2, 0))
    assert cell_of(gallery_of(session)) == (0, 0, 0)


def test_where_the_future_is_masked_the_cell_is_of_the_last_query_which_sees_all() -> None:
    session = session_of("causal-mask")
    session.place.show(session.place.steps[0], (0, 0))
    gallery = gallery_of(session)
    queries = session.run.trace[f"{gallery.block}.weights"].shape[1]
    assert cell_of(gallery) == (0, queries - 1, 0)


def test_at_a_gradient_it_is_of_the_attention_that_the_gradient_is_by() -> None:
    session = session_of("where-gradients-flow")
    session.place.show(session.run.trace[f"grad.{BLOCK}.weights"], (0, 2, 1))
    gallery = gallery_of(session)
    assert (gallery.block, cell_of(gallery)) == (BLOCK, (0, 2, 1))
    assert gallery.shown


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


def test_all_variants_together_take_no_more_memory_than_there_may_be() -> None:
    base = session_of("gallery")
    hung = gallery_of(base, limits=Limits(8 * base.run.trace.nbytes)).hung
    assert 1 <= len([each for each in hung if each.session]) < 8
    assert "limit" in hung[-1].refused


def test_of_each_run_only_what_hangs_is_kept_and_the_rest_comes_back_with_its_bits() -> None:
    gallery = gallery_of(session_of("gallery"))
    for hung in gallery.shown:
        assert hung.session is not None
        trace = hung.session.run.trace
        assert [path for path, step in trace.steps.items() if step.held is not None] == [f"{BLOCK}.weights"]
        session = hung.session
    again = run(session.run.scenario)
    assert all(np.array_equal(step.array, again[path].array) for path, step in trace.steps.items())


def test_a_parameter_that_a_trained_model_has_not_is_named() -> None:
    refused = {each.variant.name: each.refused for each in gallery_of(session_of("translate")).hung}
    assert "w_score_q" in refused["additive"]


# --- over the queries and keys of a real model


def of_a_model(name: str) -> Gallery:
    source = find_source(str(FAMILIES / name), Asked(given={"ids": [1, 2, 3, 4]}))
    return gallery_of(start(source, Limits()))


def test_of_a_real_model_hangs_what_its_queries_and_keys_allow() -> None:
    gallery = of_a_model("llama")
    own = [each.variant.name for each in gallery.hung if each.is_own]
    assert own == ["scaled_dot", "softmax", "causal", "all_words", "rotary", "grouped"]
    refused = {each.variant.name for each in gallery.hung if each.session is None}
    assert {"additive", "general", "padding", "sinusoidal", "learned", "1_head"} <= refused
    assert {"dot", "cosine", "sparsemax", "no_mask", "1_neighbour", "no_position", "alibi"}.isdisjoint(refused)


def test_positions_that_are_in_the_embeddings_cannot_be_taken_out_again() -> None:
    refused = {each.variant.name: each.refused for each in of_a_model("gpt2").hung}
    assert (
        refused["no_position"]
        == "its Q and K were made with learned positions, and these are not those it was trained with"
    )
    assert refused["learned"] == ""


def test_a_part_of_a_model_is_not_changed_saved_or_read_anew(tmp_path: Path) -> None:
    gallery = of_a_model("llama")
    hung = gallery.named("relu")
    assert hung
    session = opened(gallery, hung, (0, 1, 0))
    assert provenance(session, session.run.trace[f"{gallery.block}.v"]) == "as the whole run of the model has it"
    edit = Edit(at=f"{gallery.block}.scores", index=(0, 0, 0), set=1.0)
    for change in (
        lambda: run_with(session, edit),
        lambda: save(session, tmp_path / "a.yaml"),
        lambda: with_text(session, "a b"),
    ):
        with pytest.raises(Problem, match="one attention of a model"):
            change()


@pytest.mark.parametrize("name", ["t5", "llama", "bart"])
def test_in_every_pass_of_a_generation_the_own_picture_has_the_model_s_numbers(name: str) -> None:
    source = find_source(str(FAMILIES / name), Asked(given={"ids": [1, 2, 3, 4], "max_new_tokens": 4}))
    session = start(source, Limits())
    for path in [path for path in session.run.trace.steps if path.endswith("attention.weights")]:
        session.place.show(session.run.trace[path])
        own = {each.variant.family for each in gallery_of(session).hung if each.is_own}
        assert {"scores", "weightings", "masks", "spans", "positions"} <= own, path
