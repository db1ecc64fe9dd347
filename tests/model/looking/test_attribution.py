"""Who wrote a logit: the parts add up in every kind of model, and each is what its writer wrote, and nothing else."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attn_explore.explorer.session.who_wrote import WhoWrote, opened_term, term_name, who_wrote
from attn_explore.model.checkpoints.checkpoint import open_checkpoint
from attn_explore.model.looking.attribution import attribution, opened
from attn_explore.model.looking.written import Written
from attn_explore.model.problems import Problem
from attn_explore.model.run import run
from attn_explore.model.scenario import parse_scenario
from tests.architectures import MODELS, VOCABULARY, some_run
from tests.building import SEEDS
from tests.checkpoints import DATA, FAMILIES, run_of, texts_of
from tests.opened import opened as bundled

HEADED = sorted(name for name, model in MODELS.items() if model.head == "vocabulary")


@pytest.mark.parametrize("name", HEADED)
def test_the_parts_of_a_logit_add_up_in_every_kind_of_model(name: str) -> None:
    trace = some_run(MODELS[name])
    for place in (0, 2):
        found = attribution(trace, token=1, against=2, place=place)
        logits = trace.steps["logits"].array
        assert found.of.value == logits[place, 1] - logits[place, 2]
        assert abs(found.remainder) < 1e-9 * max(1.0, *(abs(term.value) for term in found.terms))


@pytest.mark.parametrize("name", HEADED)
def test_every_head_and_every_network_of_the_stream_is_a_term(name: str) -> None:
    model = MODELS[name]
    own = model.of("decoder" if model.has_decoder else "encoder")
    attentions = 2 if model.has_decoder and model.has_encoder else 1
    terms = attribution(some_run(model), token=0).terms
    assert sum(term.kind == "head" for term in terms) == 2 * attentions * own.heads
    assert sum(term.kind == "network" for term in terms) == 2
    assert len({term_name(term) for term in terms}) == len(terms)


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(HEADED), SEEDS, st.integers(0, VOCABULARY - 1))
def test_a_term_opens_into_parts_that_add_up_to_it(name: str, seed: int, token: int) -> None:
    for term in attribution(some_run(MODELS[name], seed % 1000), token).terms:
        made = opened(term)
        assert (made is not None) == (term.kind in ("head", "network"))
        if made is not None:
            assert made.values.sum() == pytest.approx(term.value, rel=1e-9, abs=1e-9)
            assert made.values.shape == (made.axis.size,)


@pytest.mark.parametrize("name", ["names", "translate", "induction-head", "reverse", "sentiment", "label-each-word"])
def test_the_parts_add_up_in_the_models_of_the_course(name: str) -> None:
    found = who_wrote(bundled(name).session(), WhoWrote())
    assert abs(found.remainder) < 1e-5
    assert found.of.value == pytest.approx(found.total(), abs=1e-5)


def test_what_an_edit_adds_to_the_stream_is_a_term() -> None:
    path = "decoder.layers.0.self_attention.residual"
    model = "{kind: decoder, norm_order: pre, head: vocabulary}"
    edit = f"[{{at: {path}, index: [2, 1], set: 5.0}}]"
    trace = run(parse_scenario(f"{{model: {model}, input: {{text: I love my dog}}, edits: {edit}}}"))
    found = attribution(trace, token=1, place=2)
    assert abs(found.remainder) < 1e-9
    assert [term.kind for term in found.terms if term.at.path == path] == ["other"]


def test_a_term_is_named_in_short_and_a_name_that_is_none_is_refused() -> None:
    found = who_wrote(bundled("translate").session(), WhoWrote(token="狗", against="貓", after="我的"))
    assert term_name(found.terms[0]) == "0.cross.0"
    assert opened_term(found, "0.cross.0").axis.name == "key"
    assert opened_term(found, "0.ffn").axis.name == "d_ff"
    with pytest.raises(Problem, match=r"there is no term 7\.1"):
        opened_term(found, "7.1")
    with pytest.raises(Problem, match="is one number"):
        opened_term(found, "head.b")
    with pytest.raises(Problem) as of_no_term:
        opened_term(found, "embedding")
    assert str(of_no_term.value.hint) == "take one of 0.cross.0, 0.ffn, 0.0"


def test_a_model_that_says_one_thing_of_a_text_has_no_place_after_which() -> None:
    with pytest.raises(Problem, match="one thing of the whole text"):
        who_wrote(bundled("sentiment").session(), WhoWrote(after="0"))


REFERENCE = json.loads((DATA / "attribution.json").read_text())


@pytest.mark.parametrize("name", REFERENCE["terms"])
def test_what_each_writer_adds_is_what_autograd_finds_where_the_scales_are_held(name: str) -> None:
    wanted, asked = REFERENCE["terms"][name], REFERENCE["asked"]
    trace = run_of(open_checkpoint(FAMILIES / name), texts_of(FAMILIES / name), "float64")
    found = attribution(trace, asked["token"], asked["against"], place=asked["place"])
    assert found.of.value == pytest.approx(wanted.pop("value"), abs=1e-9)
    terms = {_key(term): term.value for term in found.terms if term.kind != "bias"}
    assert terms == {path: pytest.approx(part, abs=1e-9) for path, part in wanted.items()}


def _key(term: Written) -> str:
    block = term.at.path.rpartition(".")[0]
    return {"head": f"{block}.{term.head}", "network": block}.get(term.kind, term.at.path)
