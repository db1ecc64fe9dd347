import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attn_explore.model.problems import Problem
from attn_explore.model.run import run
from attn_explore.model.scenario import Scenario, parse_scenario, read_scenario, scenario_from_dict
from attn_explore.model.scenario.document import Document
from attn_explore.model.scenario.source import ScenarioSource
from tests.parsing import TEXT, parse, refusal, second
from tests.program import environment

CHECKPOINT = "model: {weights: {checkpoint: gpt2}}\n"
WHOLE_FORMAT = (Path(__file__).parent.parent / "data" / "whole_format.yaml").read_text(encoding="utf-8")


def test_the_smallest_scenario_has_the_defaults_of_the_format():
    scenario = parse(TEXT)
    assert (scenario.title, scenario.difficulty, scenario.model.kind) == ("s", "beginner", "encoder")
    assert (scenario.model.d_model, scenario.model.d_k, scenario.model.d_ff) == (6, 6, 24)
    assert (scenario.model.weights.seed, scenario.model.weights.scale) == (7, 0.5)


def test_a_scenario_is_read_from_its_file(tmp_path):
    path = tmp_path / "dog.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode())
    scenario = read_scenario(path)
    assert scenario.title == "dog"
    assert scenario.source.folder == tmp_path


@pytest.mark.parametrize(
    ("section", "tokens"),
    [
        ("{text: I love  my dog}", ("I", "love", "my", "dog")),
        ("{text: 我 喜歡\u3000狗}", ("我", "喜歡", "狗")),
        ("{text: my dog, tokenizer: character}", tuple("mydog")),
        ("{tokens: [1, no, true, 1e-5, 010, '~', 2024-01-01]}", ("1", "no", "true", "1e-5", "010", "~", "2024-01-01")),
        ("{vectors: [[1, 2, 3, 4, 5, 6], [0, 0, 0, 0, 0, .5]]}", ("x0", "x1")),
    ],
)
def test_the_tokens_are_those_of_the_input(section, tokens):
    assert parse(f"input: {section}").tokens() == tokens


def test_the_length_counts_padding_without_building_it():
    assert parse(TEXT).length == 4
    assert parse("input: {text: I love, pad_to: 1000000000000000000000}").length == 10**21


def test_numbers_are_text_where_text_is_wanted():
    scenario = parse(TEXT + "title: 2024\nsummary: no")
    assert (scenario.title, scenario.summary) == ("2024", "no")


def test_a_whole_number_is_a_number_where_a_fraction_may_stand():
    assert parse(TEXT + "model: {temperature: 2, weights: {scale: 0}}").model.temperature == 2.0


def test_seeds_may_have_any_size():
    assert parse(TEXT + f"model: {{weights: {{seed: {2**200}}}}}").model.weights.seed == 2**200


def test_every_problem_is_told_at_once_in_the_order_of_the_file():
    message = refusal(TEXT + "title: []\nmodel:\n  n_head: 2\n  layers: 2.0\n  heads: 4\nmask: {pad: 1}")
    places = [line.split(":")[2:4] for line in message.splitlines() if line.startswith("error:")]
    assert places == [["2", "8"], ["4", "3"], ["5", "11"], ["6", "10"], ["7", "13"]]


def test_what_is_wrong_in_itself_is_not_compared_with_other_keys():
    assert refusal(TEXT + "model: {d_model: five, heads: 4}").count("error:") == 1


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("n_head: 2", "`heads` belongs under `model`"),
        ("model: {n_head: 2}", "did you mean `heads`?"),
        ("model: {num_layers: 2}", "did you mean `layers`?"),
        ("model: {d-model: 2}", "did you mean `d_model`?"),
        ("model: {temprature: 2}", "did you mean `temperature`?"),
        ("model: {seed: 2}", "`seed` belongs under `model.weights`"),
        ("model: {title: x}", "`title` belongs at the top level"),
        ("model: {xyz: 2}", "the keys here are kind, d_model"),
        ("edits: [{at: x, zeros: true}]", "did you mean `zero`?"),
        ("lesson: [{at: x, answer: {arg_max: key}}]", "did you mean `argmax`?"),
    ],
)
def test_an_unknown_key_names_the_one_that_was_meant(written, hint):
    message = refusal(TEXT + written)
    assert "unknown key" in message
    assert hint in message


@pytest.mark.parametrize(
    ("written", "what"),
    [
        ("model: {layers: true}", "whole number, and this is the truth value true"),
        ("model: {layers: '2'}", "the text '2'\n"),
        ("model: {layers: '2'}", "hint: write 2 without quotes"),
        ("model: {layers: 2.0}", "hint: write 2"),
        ("model: {layers: [2]}", "this is a list"),
        ("model: {layers: null}", "no value (null)"),
        ("model:", "no value (null)"),
        ("model: 6", "`model` must be a mapping of keys, and this is the number 6"),
        ("model: {d_model: 0}", "must be above 0, and this is 0"),
        ("model: {temperature: 0}", "must be above 0, and this is 0"),
        ("model: {temperature: -1.5}", "this is -1.5"),
        ("model: {kind: encodr}", "did you mean `encoder`?"),
        ("model: {dtype: int8}", "it can be float64 or float32"),
        ("model: {bias: yes}", "did you mean `true`? It can be true or false"),
        ("mask: {causal: off}", "did you mean `false`? It can be auto, true or false"),
        ("mask: {causal: 1}", "it can be auto, true or false"),
        ("model: {classes: positive}", "must be a list"),
        ("edits: [{zero: true}]", "`edits[0].at` is missing"),
        ("edits: [{at: x, set: 1, zero: true}]", "an edit does one thing, and this has set and zero"),
        ("edits: [{at: x}]", "an edit does one thing, and this has none"),
        ("edits: [{at: x, swap: true}]", "there is no second run to take numbers from"),
        ("edits: [{at: x, index: [every], set: 1}]", "`edits[0].index[0]`"),
        ("edits: [{at: x, index: [-1], set: 1}]", "`edits[0].index[0]` must be at least 0"),
        ("lesson: [{at: x, focus: {query: [1]}}]", "must be text or a whole number"),
        ("experiment: {kind: softmax_saturation, logits: [1, x]}", "`experiment.logits[1]` must be a number"),
        ("experiment: {logits: [1]}", "`experiment.kind` is missing"),
        ("compare: {label: x}", "the second run is the same as the first"),
        ("compare: {edits: [{at: x, zeros: true}]}", "unknown key `compare.edits[0].zeros`"),
        ("lesson: [{at: x, answer: {argmax: key}}]", "an answer without a question"),
        ("lesson: [{at: x, ask: Which, answer: {}}]", "an answer says one thing, and this has none"),
        ("lesson: [{at: x, ask: Which, answer: {argmax: a, number: true}}]", "and this has argmax and number"),
        ("lesson: [{at: x, view: beside}]", "there is no second run to show (view beside)"),
    ],
)
def test_a_wrong_value_is_told_in_plain_words(written, what):
    assert what in refusal(TEXT + written)


@pytest.mark.parametrize(
    ("model", "what", "hint"),
    [
        ("{d_model: 10, heads: 4}", "d_model 10 is not divisible by 4 heads", "d_model 8 or 12; take heads 2 or 5"),
        ("{d_model: 2, heads: 4}", "not divisible", "take d_model 4"),
        ("{heads: 4, d_k: 2, kv_heads: 3}", "4 heads cannot share 3 kv_heads", "take kv_heads 2 or 4"),
        ("{kind: attention, residual: true}", "no residual", "leave `residual` out"),
        ("{heads: 2, d_k: 2, output_projection: false}", "are 4 wide side by side", "heads · d_v = 6"),
        ("{kind: attention, layers: 2, d_k: 2, output_projection: false}", "what follows reads", "heads · d_v = 6"),
        ("{decoder_layers: 2}", "kind encoder has no decoder", "leave `decoder_layers` out"),
        ("{weights: {file: a, checkpoint: b}}", "both `file` and `checkpoint`", "keep one"),
        ("{weights: {file: a, seed: 7}}", "`seed` draws parameters", "leave `seed` out"),
    ],
)
def test_keys_that_do_not_agree_are_told_with_both_values(model, what, hint):
    message = refusal(TEXT + f"model: {model}")
    assert what in message
    assert hint in message


@pytest.mark.parametrize(
    "model",
    [
        "{heads: 4, d_k: 5}",
        "{heads: 2, d_k: 3, output_projection: false}",
        "{kind: attention, heads: 2, d_k: 2, output_projection: false}",
        "{d_k: 2, output_projection: true}",
        "{kind: attention, layers: 2, encoder_layers: 1, d_k: 2, output_projection: false}",
        "{weights: {file: w.safetensors, set: {encoder.x: [1, 2]}}}",
        "{norm_order: pre, bias: true, dtype: float32, position: none, score: dot, attention_span: null}",
        "{encoder_layers: 3}",
    ],
)
def test_keys_that_agree_are_accepted(model):
    parse(TEXT + f"model: {model}")


@pytest.mark.parametrize(
    ("written", "what"),
    [
        ("title: no input", "a scenario needs an input"),
        ("input: {}", "a scenario needs an input"),
        ("input: {text: a, tokens: [a]}", "given as text and tokens"),
        ("input: {text: '  '}", "no tokens in `input.text`"),
        ("input: {tokens: []}", "no tokens in `input.tokens`"),
        ("input: {tokens: [a, '']}", "an empty token"),
        ("input: {tokens: [a, null]}", "`input.tokens[1]` has no value"),
        ("input: {vectors: [[1, 2], [1]]}", "`input.vectors[1]` has 1 numbers, and the first beside it has 2"),
        ("input: {vectors: [[1, x]]}", "`input.vectors[0][1]` must be a number"),
        ("input: {vectors: [[1, 2]]}", "have 2 numbers, and d_model is 6"),
        ("input: {text: a b c, pad_to: 2}", "cannot pad to 2: there are 3 tokens"),
        ("input: {text: a, target: b, target_tokens: [b]}", "given as target and target_tokens"),
    ],
)
def test_an_input_that_cannot_be_run_is_told(written, what):
    assert what in refusal(written)


@pytest.mark.parametrize(
    ("numbers", "path", "what"),
    [
        ("3", "w", "must be a list of numbers"),
        ("[]", "w", "is an empty list"),
        ("[1, x]", "w[1]", "must be a number"),
        ("[1, true]", "w[1]", "must be a number"),
        ("[1, null]", "w[1]", "must be a number"),
        ("[1, .inf]", "w[1]", "must be finite"),
        ("[1, 1e999]", "w[1]", "must be finite"),
        ("[[1, 2], [3]]", "w[1]", "has 1 numbers, and the first beside it has 2"),
        ("[[1], 2]", "w[1]", "must be a list"),
        ("[[[[1]]]]", "w", "must be a list of numbers, nested at most 3 deep"),
    ],
)
def test_numbers_by_hand_tell_where_they_are_no_array(numbers, path, what):
    message = refusal(TEXT + f"model: {{weights: {{set: {{w: {numbers}}}}}}}")
    assert f"`model.weights.set.{path}` {what}" in message


def test_the_second_run_of_a_comparison_is_checked_as_a_scenario():
    message = refusal(TEXT + "compare:\n  model:\n    heads: 4\n    score: dott")
    assert "3:" not in message.splitlines()[0]
    assert "s.yaml:4:12: d_model 6 is not divisible by 4 heads" in message
    assert "s.yaml:5:12: `model.score` cannot be the text 'dott'" in message


def test_a_second_run_may_have_other_input_masks_and_edits():
    text = "input: {text: a b}\nedits: [{at: encoder.input, zero: true}]\n"
    padded = second(text + "compare: {input: {pad_to: 4}, mask: {pad: false}}")
    assert (padded.tokens(), padded.input.pad_to, padded.mask.pad) == (("a", "b"), 4, False)
    assert [edit.zero for edit in padded.edits] == [True]
    assert second(text + "compare: {edits: []}").edits == ()
    assert second(text + "compare: {input: {tokens: [b, a]}}").tokens() == ("b", "a")


def test_a_fault_of_an_edit_of_the_second_run_is_told_once():
    assert refusal(TEXT + "compare: {edits: [{at: encoder.input}]}").count("error:") == 1


def test_a_vocabulary_keeps_the_rows_of_its_words():
    scenario = parse("input: {text: b c, vocabulary: [a, b]}")
    table = run(scenario).parameters["encoder.embedding_table"]
    assert table.axes[0].labels == ("a", "b", "c")
    np.testing.assert_array_equal(table.array[:2], run(parse("input: {text: a b}"))["encoder.embedding_table"].array)


@pytest.mark.parametrize(
    ("written", "what"),
    [
        ("input: {text: a, vocabulary: [a, b, a]}", "the word a stands twice"),
        ("input: {text: a, vocabulary: ['']}", "an empty word"),
        ("model: {d_model: 1}\ninput: {vectors: [[1]], vocabulary: [a]}", "there is no table for a vocabulary"),
    ],
)
def test_a_vocabulary_that_cannot_be_is_refused(written, what):
    assert what in refusal(written)


def test_faults_of_the_first_run_are_not_told_again_for_the_second():
    assert refusal(TEXT + "model: {heads: 4}\ncompare: {model: {score: dot}}").count("error:") == 1


@pytest.mark.parametrize(
    ("written", "what"),
    [
        ("input: {ids: [1, 2]}", "`ids` are rows of a checkpoint's table, and there is none"),
        ("input: {text: a, target_ids: [1]}", "`target_ids` are rows of a checkpoint's table"),
        ("input: {text: a, tokenizer: checkpoint}", "there is no checkpoint whose tokenizer it could be"),
        (f"{CHECKPOINT}input: {{tokens: [a]}}", "a checkpoint reads texts and ids, and no `tokens`"),
        (f"{CHECKPOINT}input: {{text: a, target_vectors: [[1]]}}", "and no `target_vectors`"),
        (f"{CHECKPOINT}input: {{text: a, vocabulary: [b]}}", "and no `vocabulary`"),
        (f"{CHECKPOINT}input: {{text: a, tokenizer: character}}", "goes through the checkpoint's tokenizer"),
        (f"{CHECKPOINT}input: {{text: a, ids: [1]}}", "the input is given as text and ids"),
        (f"{CHECKPOINT}input: {{text: a}}\nexperiment: {{kind: training, data: copy}}", "is not trained here"),
    ],
)
def test_a_checkpoint_reads_texts_and_ids_and_nothing_else_does_read_ids(written, what):
    assert what in refusal(written)


def test_the_whole_format_is_understood():
    assert parse(WHOLE_FORMAT).title == "I love my dog"


models = st.builds(
    "{{kind: {}, d_model: {}, heads: {}, d_k: {}, layers: {}, temperature: {}, bias: {}}}".format,
    st.sampled_from(["attention", "encoder"]),
    *[st.integers(1, 9)] * 4,
    st.floats(1e-3, 1e3),
    st.sampled_from(["true", "false"]),
)
inputs = st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=5), min_size=1, max_size=5)


@given(models, inputs, st.integers(0, 2**70))
def test_a_scenario_survives_being_written_into_a_trace(model, tokens, seed):
    text = f"model: {model}\ninput: {{tokens: {json.dumps(tokens)}, pad_to: {len(tokens) + 2}}}\nmask: {{pad: true}}\n"
    scenario = parse(text)
    assert scenario.tokens() == tuple(tokens)
    echoed = json.loads(json.dumps(scenario.as_dict()))
    assert scenario_from_dict(echoed) == scenario
    assert scenario_from_dict(echoed).as_dict() == echoed
    assert parse(scenario.as_yaml()) == scenario


def test_a_scenario_with_a_weights_file_is_echoed_without_seed():
    scenario = parse(TEXT + "model: {weights: {file: w.npz, set: {a: [[1, 2]]}}}")
    assert scenario.as_dict()["model"]["weights"] == {"file": "w.npz", "set": {"a": [[1.0, 2.0]]}}
    assert scenario_from_dict(scenario.as_dict()) == scenario


def test_plain_data_is_refused_by_key_path():
    with pytest.raises(Problem) as caught:
        scenario_from_dict({"model": {"heads": 0}, "input": {"text": "a"}}, "trace.json")
    assert caught.value.render().startswith("error: trace.json: model.heads: ")


def test_later_checks_can_place_their_problems():
    scenario = parse(TEXT + "model:\n  weights:\n    set:\n      w: [1]\n")
    path = ("model", "weights", "set", "w")
    assert scenario.problem_at(path, "no such parameter").where == "s.yaml:5:10"
    assert scenario.problem_at(path, "no such parameter", at_key=True).where == "s.yaml:5:7"


def test_a_file_named_by_a_scenario_is_read_from_its_folder(tmp_path):
    (tmp_path / "w.npz").write_bytes(b"numbers")
    text = TEXT + "model: {weights: {file: w.npz}}"
    path = ("model", "weights", "file")
    assert parse_scenario(text, "s.yaml", tmp_path).read_file(path, 100) == b"numbers"
    with pytest.raises(Problem, match=r"s\.yaml:2:25: w\.npz: .*at most 3"):
        parse_scenario(text, "s.yaml", tmp_path).read_file(path, 3)
    with pytest.raises(Problem, match="not opened"):
        parse(text).read_file(path, 100)


def test_a_scenario_is_its_document_with_a_source():
    scenario = parse(TEXT)
    assert issubclass(Scenario, Document)
    assert replace(scenario, source=ScenarioSource("elsewhere.yaml", {})) == scenario


def test_reading_a_scenario_needs_neither_numpy_nor_until_then_pydantic():
    program = (
        "import sys, attn_explore.model.scenario as m; assert 'pydantic' not in sys.modules;"
        "m.parse_scenario('input: {text: a}'); assert 'numpy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True, env=environment())
