"""Runs as a notebook has them: what is run, what is found in it, and what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import attn_explore
from attn_explore import Problem, Trace
from attn_explore.explorer.session.course import bundled
from tests.opened import opened


@pytest.fixture(scope="module")
def translator() -> Trace:
    return attn_explore.run("translate")


def test_a_run_holds_what_the_program_computes() -> None:
    trace, reference = attn_explore.run("i-love-my-dog"), opened("i-love-my-dog").trace
    assert list(trace.steps) == [step.path for step in trace] == list(reference.steps)
    assert list(trace.parameters) == list(reference.parameters)
    for path, step in reference.steps.items():
        np.testing.assert_array_equal(trace[path], step.array)


def test_a_scenario_is_named_by_its_name_its_file_or_what_it_says() -> None:
    path = bundled()["multi-head"]
    named = attn_explore.run("multi-head")
    for other in (attn_explore.run(path), attn_explore.run(str(path)), attn_explore.run(named.scenario)):
        np.testing.assert_array_equal(other["concat"], named["concat"])


def test_another_text_and_its_gradients_are_asked_for_as_on_a_command_line() -> None:
    trace = attn_explore.run("translate", "my cat", gradients="logits[<s>, 貓]", max_new_tokens=2)
    assert trace.tokens["encoder"] == ("my", "cat")
    assert trace["grad.encoder.embedding"].shape == trace["encoder.embedding"].shape


def test_what_was_exported_is_read_again_bit_for_bit(translator: Trace, tmp_path: Path) -> None:
    found = attn_explore.load(translator.export(tmp_path / "trace.safetensors"))
    assert list(found.steps) == list(translator.steps)
    for step in found:
        np.testing.assert_array_equal(step, translator[step.path])
    np.testing.assert_array_equal(found.lens("狗").rank, translator.lens("狗").rank)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (lambda: attn_explore.run("i-love-my-dgo"), "there is no scenario and no model of this name"),
        (lambda: attn_explore.run({"modell": {}}), "unknown key `modell`"),
        (
            lambda: attn_explore.run("i-love-my-dog", 5),  # type: ignore[arg-type]
            "text is a string: not int",
        ),
        (lambda: attn_explore.run("i-love-my-dog", rounded="q2"), "cannot be the text 'q2'"),
        (lambda: attn_explore.run("i-love-my-dog", memory_limit="lots"), "lots is no size"),
        (lambda: attn_explore.run("wide", memory_limit=1000), "limit 1000 bytes"),
        (lambda: attn_explore.load("nowhere.json"), "there is no such file"),
        (lambda: attn_explore.load(bundled()["wide"]), "this is no exported trace"),
        (lambda: attn_explore.run("i-love-my-dog").lens(), "this model has no head"),
        (lambda: attn_explore.run("translate").lens("dogma"), "“dogma” is no token of this model"),
        (lambda: attn_explore.run("i-love-my-dog").why("weights"), "0 indices for 2 axes"),
        (lambda: attn_explore.run("names").generate(top_p=2), "top_p is a probability above 0, at most 1: not 2"),
        (lambda: attn_explore.run("i-love-my-dog").edited({"scores": "doubled"}), "doubled is no edit"),
    ],
)
def test_what_cannot_be_had_is_a_problem_with_one_message(asked: Callable[[], object], message: str) -> None:
    with pytest.raises(Problem) as caught:
        asked()
    assert message in str(caught.value)


def test_edits_change_what_follows_and_leave_the_run_alone() -> None:
    trace = attn_explore.run("multi-head")
    before = trace["weights"].array.copy()
    edited = trace.edited({"scores[head 1, dog, the]": "knock out", "encoder.embedding[quick]": 0.5})
    assert edited["weights"]["head 1", "dog", "the"] == 0
    assert set(edited["embedding"]["quick"].array) == {0.5}
    np.testing.assert_array_equal(trace["weights"], before)
    assert edited.edited({"embedding[quick]": "zero"})["weights"]["head 1", "dog", "the"] == 0


def test_a_lens_has_the_numbers_of_the_command(translator: Trace) -> None:
    lens = translator.lens("狗", top=3)
    rows = lens.as_dict()["rows"]
    assert lens.at == tuple(row["at"] for row in rows)
    assert lens.rank is not None
    assert lens.logit is not None
    np.testing.assert_array_equal(lens.rank, [row["rank"] for row in rows])
    np.testing.assert_array_equal(lens.logit, [row["logit"] for row in rows])
    top = [[[(word["token"], word["probability"]) for word in token] for token in row["top"]] for row in rows]
    assert [[[word for word, _ in token] for token in row] for row in top] == lens.words.tolist()
    np.testing.assert_array_equal(lens.probability, [[[chance for _, chance in token] for token in row] for row in top])


def test_a_lens_of_heads_has_a_row_for_each_of_them() -> None:
    labels = attn_explore.run("induction-head").lens(heads=True).probability.labels("point")
    assert labels == ("input", "0 head 0", "0 attention", "1 head 0", "1 attention")


def test_an_attribution_adds_up_and_its_writers_do(translator: Trace) -> None:
    found = translator.attribute("狗", against="貓", after="我的")
    logits = next(step for step in reversed(list(translator)) if step.path.endswith("logits"))
    assert found.value == pytest.approx(logits["我的", "狗"] - logits["我的", "貓"], abs=1e-9)
    assert found.adds.array.sum() + found.remainder == pytest.approx(found.value, abs=1e-9)
    head = found.opened("0 cross-head 0")
    assert head.labels("key") == ("I", "love", "my", "dog")
    assert head.array.sum() == pytest.approx(found.adds["0 cross-head 0"], rel=1e-6)
    assert found.kinds[found.adds.labels("writer").index("0 cross-head 0")] == "head"


def test_the_scores_of_heads_are_by_score_layer_and_head() -> None:
    heads = attn_explore.run("induction-head").heads()
    for each in heads.as_dict()["heads"]:
        for score in heads.scores.labels("score"):
            assert heads.scores[score, each["layer"], each["head"]] == each[score]


def test_a_score_is_the_sum_over_its_pairs() -> None:
    why = attn_explore.run("i-love-my-dog").why("A[love, dog]")
    assert why.pairs.array.sum() + why.bias + why.remainder == pytest.approx(why.value, abs=1e-9)
    np.testing.assert_allclose(why.query, why.pairs.array.sum(axis=1))
    np.testing.assert_allclose(why.columns.array.sum(), why.pairs.array.sum())
    assert why.weight == attn_explore.run("i-love-my-dog")["A"]["love", "dog"]


def test_a_patch_into_a_text_is_one_into_the_run_over_it() -> None:
    trace = attn_explore.run("patching")
    by_text, by_run = trace.patch("c h j l k e d h", "heads"), trace.patch(trace.other or trace, "heads")
    np.testing.assert_array_equal(by_text.exact, by_run.exact)
    assert by_text.exact.axes == ("point", "head")
    assert np.isnan(trace.patch("c h j l k e d h", estimate=True).exact).any()


def test_words_have_the_shares_of_every_method(translator: Trace) -> None:
    words = translator.words("狗", after="我的")
    for each in words.as_dict()["words"]:
        shares = words.shares[each["stack"]]
        assert shares[each["place"], "rollout"] == each["rollout"]
        assert shares[each["place"], "integrated"] == each["integrated_gradients"]
    whole = sum(np.nansum(shares[:, "integrated"]) for shares in words.shares.values())
    assert words.value - words.baseline - whole == pytest.approx(words.error)


def test_neurons_are_the_strongest_of_their_network(translator: Trace) -> None:
    found = translator.neurons("decoder.layers.0", token=0, top=3)
    hidden = translator[found.at]
    assert [hidden[0, number] for number in found.numbers] == found.activation.array.tolist()
    assert found.activation[f"neuron {found.numbers[0]}"] == hidden[0, found.numbers[0]]


def test_a_run_and_a_view_say_in_a_line_what_they_are_and_print_what_the_command_prints(translator: Trace) -> None:
    assert repr(translator).count("\n") == 0
    lens = translator.lens("狗")
    assert repr(lens) == "Lens(4 rows × 7 columns: What would the model say here?)"
    assert "0 cross-attention" in str(lens)
    assert "0 cross-attention" in lens._repr_html_()
    assert str(translator.attribute()).startswith("Who wrote this logit?")


def test_a_generation_has_the_words_of_the_run_or_those_that_a_sampler_draws() -> None:
    trace = attn_explore.run("names")
    plain = trace.generate()
    assert ("<s>", "k", "i", "l", *plain.words) == trace.tokens["decoder"]
    np.testing.assert_array_equal(plain.chance, plain.probability)
    drawn = trace.generate(temperature=0.8, top_k=3, seed=1, instead={1: "a"})
    assert drawn.words[0] == drawn.instead[0]
    assert drawn.instead[1] == "a"
    steps = drawn.steps[0]
    np.testing.assert_allclose(steps["temperature"], steps["logits"].array / 0.8)
    assert np.isfinite(steps["top_k"]).sum() == 3
    assert steps["chances"][drawn.words[0]] == drawn.chance[0]
    assert f"chances[{drawn.words[0]}] = e^(top_k[" in drawn.run.explain(f"candidates.chances[{drawn.words[0]}]")
    assert drawn.as_dict()["sampler"] == {
        "repetition_penalty": 1.0,
        "temperature": 0.8,
        "top_k": 3,
        "top_p": 1.0,
        "seed": 1,
    }


@pytest.mark.parametrize(("view", "title"), [("tokenized", "How was this text cut"), ("cache", "What does the cache")])
def test_other_views_print_what_their_commands_print(view: str, title: str, translator: Trace) -> None:
    assert str(getattr(translator, view)()).startswith(title)


def test_the_bits_of_a_number_and_its_rounding_are_those_of_the_commands(translator: Trace) -> None:
    w_q = translator["decoder.layers.0.self_attention.w_q"]
    assert translator.bits(f"{w_q.path}[0, 0]").as_dict()["value"] == w_q[0, 0]
    rounded, steps = attn_explore.run("translate", rounded="int8"), translator.rounding("int8").as_dict()["steps"]
    first = next(step for step in steps if step["relative"] > 0)
    gap = rounded[first["at"]].array.astype(float) - translator[first["at"]].array
    assert first["relative"] == pytest.approx(np.linalg.norm(gap) / np.linalg.norm(translator[first["at"]]), rel=1e-5)
