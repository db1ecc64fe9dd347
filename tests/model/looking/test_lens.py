"""The lens: against transformers, against the run itself, and what it says of questions that have no answer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import load_file

from attn_explore.explorer.session.edits import run_with, take_edited
from attn_explore.explorer.session.search import only
from attn_explore.model.axes import Axis
from attn_explore.model.checkpoints.checkpoint import open_checkpoint
from attn_explore.model.diagram.reading_off import diagram_of
from attn_explore.model.explain import arithmetic
from attn_explore.model.looking.asked_token import token_meant, token_of_id
from attn_explore.model.looking.lens import last_whole_pass, lens
from attn_explore.model.opened import Opened
from attn_explore.model.problems import Problem
from attn_explore.model.recorder import Recorder
from attn_explore.model.scenario.document import Edit
from attn_explore.model.stream import heads_of, lens_steps, logits_at, stream_of
from attn_explore.model.trace import Trace
from tests.architectures import MODELS, some_run
from tests.checkpoints import DATA, FAMILIES, run_of, texts_of
from tests.opened import opened

EXPECTED = load_file(DATA / "lens.safetensors")


def with_probabilities(trace: Trace) -> Trace:
    """A run with the step that every whole run has behind its logits."""
    logits = trace.steps.get("capped_logits") or trace.steps.get("logits")
    if logits is not None:
        Recorder(trace).softmax("probabilities", logits, over="vocabulary")
    return trace


def family(name: str) -> Trace:
    return with_probabilities(run_of(open_checkpoint(FAMILIES / name), texts_of(FAMILIES / name), "float64"))


@pytest.mark.parametrize("name", sorted({key.partition("/")[0] for key in EXPECTED}))
def test_what_a_model_would_say_at_each_point_is_what_transformers_makes_of_its_states(name: str) -> None:
    wanted = {key.partition("/")[2]: x for key, x in EXPECTED.items() if key.startswith(f"{name}/")}
    read = texts_of(FAMILIES / name)
    is_word = np.array(read["target_ids" if "target_ids" in read else "attention_mask"]) != 0
    found = lens(family(name), wanted=7)
    assert {row.at.path.removesuffix("_norm") for row in found.rows} == set(wanted)
    for row in found.rows:
        x = wanted[row.at.path.removesuffix("_norm")]
        gap = np.abs(row.logits.array - x)[is_word].max()
        assert gap < 1e-9 * np.abs(x).max(), row.at.path
        assert (row.rank == (x > x[:, 7:8]).sum(axis=-1))[is_word].all()
        assert (row.likeliest == np.argsort(-x, axis=-1, kind="stable")[:, :5])[is_word].all()


HEADED = sorted(name for name, model in MODELS.items() if model.head == "vocabulary")


@pytest.mark.parametrize("name", HEADED)
def test_done_at_the_last_point_it_gives_the_logits_of_the_run_bit_for_bit(name: str) -> None:
    """There the run's own steps are shown; here they are made once more, as at any other point."""
    trace = some_run(MODELS[name])
    stream = stream_of(trace)
    again = lens_steps(trace, replace(stream, points=(*stream.points, stream.points[0])), stream.points[-1])
    assert stream.points[-1].name in ("residual", "norm")
    assert lens_steps(trace, stream, stream.points[-1]) == list(stream.tail)
    assert [step.path.rpartition(".")[2] for step in again][-1] == "probabilities"
    for step, own in zip(again, stream.tail, strict=True):
        np.testing.assert_array_equal(step.array, own.array)


@pytest.mark.parametrize("name", HEADED)
def test_several_points_made_together_are_those_that_are_made_alone(name: str) -> None:
    trace = some_run(MODELS[name])
    stream = stream_of(trace)
    together = logits_at(trace, stream, stream.points).array
    alone = [lens_steps(trace, stream, point)[-2].array for point in stream.points]
    np.testing.assert_allclose(together, np.stack(alone), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", HEADED)
def test_every_change_of_the_stream_is_a_point_and_what_is_normalised_is_not_again(name: str) -> None:
    model = MODELS[name]
    stream = stream_of(some_run(model))
    each = {"no": 3 if model.has_encoder and model.has_decoder else 2}.get(model.parallel, 1)
    assert len(stream.points) == 1 + 2 * each
    ends = {point.name for point in stream.points[1:]}
    assert ends == ({"norm"} if model.norm_order == "post" and model.block_norms == "one" else {"residual"})
    assert any(step.name == "final_norm" for step in stream.tail) == model.of(stream.stack[:-1]).final_norm


@pytest.mark.parametrize("name", ["gpt2", "llama", "t5", "albert"])
def test_what_the_heads_write_is_together_what_the_attention_writes(name: str) -> None:
    trace = some_run(MODELS[name])
    stream = stream_of(trace)
    for heads in heads_of(trace, stream):
        written = lens_steps(trace, stream, heads)[0]
        output = trace.steps[f"{heads.path.rpartition('.')[0]}.output"]
        bias = output.operands[2].array if len(output.operands) > 2 else 0
        assert written.names == ("head", "token", "d_model")
        np.testing.assert_allclose(written.array.sum(axis=0) + bias, output.array, atol=1e-12)


def test_each_head_has_a_row_of_its_own() -> None:
    found = lens(some_run(MODELS["gpt2"]), heads=True, wanted=2, top=2)
    heads = [row for row in found.rows if row.head is not None]
    assert [(row.at.path.split(".")[2], row.head) for row in heads] == [("0", 0), ("0", 1), ("1", 0), ("1", 1)]
    for row in heads:
        own = row.logits.array[row.head]
        np.testing.assert_array_equal(row.logit, own[:, 2])
        np.testing.assert_array_equal(row.chances[:, 0], row.probabilities.array[row.head].max(axis=-1))


def test_a_norm_on_what_a_block_adds_is_known() -> None:
    known = {name for name in HEADED if stream_of(some_run(MODELS[name])).norms_blocks}
    assert known == {name for name in HEADED if MODELS[name].block_norms != "one"}


def test_a_model_without_a_head_says_what_would_be_right() -> None:
    with pytest.raises(Problem, match="no head") as caught:
        lens(some_run(MODELS["minilm"]))
    assert "masked words" in caught.value.hint


def test_a_step_of_the_lens_is_found_by_its_name_and_stands_behind_its_point() -> None:
    session = opened("induction-head").session()
    step = only(session, "lens.decoder.layers.0.self_attention.residual.logits")
    assert step.path == "lens.decoder.layers.0.self_attention.residual.logits"
    paths = [value.path for value in session.place.steps]
    assert paths.index(step.path) == paths.index("decoder.layers.0.self_attention.residual") + 1
    assert only(session, "logits").path == "logits"
    session.place.show(step)
    assert session.place.toggle()
    assert step.path not in [value.path for value in session.place.steps]
    assert session.place.value.path == "decoder.layers.0.self_attention.residual"


def test_a_number_of_the_lens_has_an_arithmetic_that_comes_to_it() -> None:
    session = opened("names").session()
    step = only(session, "lens.decoder.input.logits")
    found = arithmetic(step, (1, 2))
    assert found.evaluate.number(found.expression) == pytest.approx(float(step.array[1, 2]), abs=1e-6)


def test_what_an_edit_changes_is_seen_through_the_lens() -> None:
    session = opened("translate").session()
    path = "decoder.layers.0.cross_attention.output"
    take_edited(session, run_with(session, Edit(at=path, zero=True)))
    before, after = (
        session.run.effect_on(only(session, f"lens.{point}.logits"))
        for point in ("decoder.layers.0.self_attention.norm", "decoder.layers.0.cross_attention.norm")
    )
    assert before is None
    assert after is not None
    assert after.max() > 1


WORDS = Axis("vocabulary", 4, ("Paris", "␣Paris", "the", "␣Rome"))


def test_a_token_is_named_by_its_text_with_its_space_or_by_its_id() -> None:
    assert token_meant(WORDS, " Paris") == 1
    assert token_meant(WORDS, "Paris") == 0
    assert token_meant(WORDS, "Rome") == 3
    assert token_of_id(WORDS, 2) == 2
    with pytest.raises(Problem, match="there is no token 4"):
        token_of_id(WORDS, 4)
    with pytest.raises(Problem, match="“Pariss” is no token") as caught:
        token_meant(WORDS, "Pariss")
    assert caught.value.hint == "did you mean Paris?"


def test_of_a_text_that_is_several_tokens_the_pieces_are_named() -> None:
    model = Opened(open_checkpoint(DATA / "golden" / "gpt2-tiny"))
    assert model.tokenizer is not None
    with pytest.raises(Problem, match="is no token of this model") as caught:
        token_meant(model.vocabulary, " love dog", model.tokenizer)
    assert "tokens, " in caught.value.hint


def test_of_a_generation_the_last_pass_is_looked_at() -> None:
    trace = opened("translate").trace
    chapter = last_whole_pass(trace)
    assert chapter.startswith("generated.")
    found = lens(trace, chapter=chapter)
    assert found.rows[0].at.path == f"{chapter}decoder.input"
    assert found.ids[1:] == tuple(trace.generated[:-1])


def test_the_steps_of_a_lesson_on_the_lens_stand_among_the_others_and_light_the_box_of_their_point() -> None:
    session = opened("logit-lens").session()
    stop = session.lesson.stops[2]
    assert stop.value.path == "lens.decoder.input.probabilities"
    assert stop.value in session.place.steps
    diagram = diagram_of(session.run.trace)
    assert diagram.box_of(stop.value.path) is diagram.box_of("decoder.input") is not None
