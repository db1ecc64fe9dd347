"""From a scenario to a trace, and what a run would take before it is made."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attn_explore.model.config import ModelConfig
from attn_explore.model.memory import RECORD, Need, memory_needed
from attn_explore.model.run import plan, run
from attn_explore.model.scenario import Scenario, parse_scenario
from attn_explore.model.trace import Trace
from tests.building import configs, last

ATTENTION = "encoder.layers.0.self_attention"

MODELS = [
    "{}",
    "{layers: 3}",
    "{layers: 2, norm_order: pre, bias: true, heads: 2, d_v: 5, dtype: float32}",
    "{kind: attention, layers: 4, score: dot, position: none}",
    "{kind: attention, output_projection: false, heads: 2, d_model: 8}",
]
INPUTS = [
    "text: I love my dog",
    "text: dog dog dog",
    "text: I love, pad_to: 5",
    "tokens: [I, <pad>, dog, <pad>]",
    "text: <pad> dog, pad_to: 4",
    "vectors: [[1, 2, 3, 4, 5, 6], [6, 5, 4, 3, 2, 1]], pad_to: 3",
]


def scenario(model: str = "{}", given: str = "text: I love my dog", mask: str = "{}") -> Scenario:
    return parse_scenario(f"model: {model}\ninput: {{{given}}}\nmask: {mask}")


def ids(trace: Trace) -> list[int]:
    return list(map(int, trace["tokens"].array))


# --- tokens


def test_the_vocabulary_is_the_distinct_words_in_the_order_of_their_appearance() -> None:
    trace = run(scenario(given="text: the dog sees the cat"))
    assert trace["encoder.embedding_table"].axes[0].labels == ("the", "dog", "sees", "cat")
    assert ids(trace) == [0, 1, 2, 0, 3]
    assert trace["encoder.input"].axes[0].labels == ("the", "dog", "sees", "the", "cat")


def test_the_same_word_has_the_same_embedding_and_another_position() -> None:
    trace = run(scenario(given="text: the dog the"))
    embedding, x = trace["encoder.embedding"].array, trace["encoder.input"].array
    np.testing.assert_array_equal(embedding[0], embedding[2])
    assert not np.array_equal(x[0], x[2])


def test_padding_stands_at_the_end_and_is_hidden() -> None:
    trace = run(scenario(given="text: I love, pad_to: 4"))
    assert trace["encoder.input"].axes[0].labels == ("I", "love", "<pad>", "<pad>")
    np.testing.assert_array_equal(np.isneginf(trace[f"{ATTENTION}.mask"].array), [[False, False, True, True]] * 4)


# --- masks


@pytest.mark.parametrize(
    ("given", "mask", "hidden"),
    [
        ("text: a b", "{}", None),
        ("text: a b", "{causal: false, pad: false}", None),
        ("text: a b", "{causal: true}", [[0, 1], [0, 0]]),
        ("text: a b", "{pad: true}", [[0, 0], [0, 0]]),
        ("text: a, pad_to: 2", "{}", [[0, 1], [0, 1]]),
        ("text: a, pad_to: 2", "{pad: false}", None),
        ("text: a, pad_to: 2", "{pad: false, causal: true}", [[0, 1], [0, 0]]),
        ("text: <pad> b", "{causal: true}", [[1, 1], [1, 0]]),
    ],
)
def test_what_is_hidden_follows_from_the_input_unless_the_scenario_says_it(
    given: str, mask: str, hidden: list[list[int]] | None
) -> None:
    found = run(scenario(given=given, mask=mask)).steps.get(f"{ATTENTION}.mask")
    assert (found and np.isneginf(found.array).astype(int).tolist()) == hidden


# --- repeatability


def test_the_same_scenario_gives_the_same_bits() -> None:
    one, other = (run(scenario("{layers: 2}")) for _ in range(2))
    assert [value.array.tobytes() for value in one.steps.values()] == [
        value.array.tobytes() for value in other.steps.values()
    ]


def test_an_added_parameter_leaves_the_others_as_they_were() -> None:
    plain, larger = (run(scenario(model)) for model in ("{}", "{bias: true, layers: 2, norm_order: pre}"))
    for name, value in plain.parameters.items():
        np.testing.assert_array_equal(larger[name].array, value.array)


def test_a_listener_is_told_of_every_step() -> None:
    heard: list[str] = []
    trace = run(scenario(), on_step=lambda value: heard.append(value.path))
    assert heard == list(trace.steps)


def test_float32_is_float32_throughout() -> None:
    trace = run(scenario("{dtype: float32, norm_order: pre}", "text: a b, pad_to: 3"))
    assert {value.array.dtype for value in (*trace.parameters.values(), *trace.steps.values())} == {np.dtype("float32")}


def test_every_layer_has_parameters_of_its_own() -> None:
    trace = run(scenario("{layers: 2}"))
    first, second = (trace[f"encoder.layers.{i}.self_attention.w_q"].array for i in (0, 1))
    assert not np.isin(first, second).any()


def test_a_model_that_overflows_is_computed_to_its_end() -> None:
    assert last(run(scenario("{weights: {scale: 1.0e+200}}"))).shape == (4, 6)


# --- plans and memory


@pytest.mark.parametrize("model", MODELS)
def test_a_plan_has_the_records_of_the_run_and_no_numbers(model: str) -> None:
    if "output_projection" in model:
        model = model.replace("heads: 2", "heads: 2, d_v: 4")
    planned, computed = plan(scenario(model)), run(scenario(model))
    assert [(v.path, v.axes, v.dtype) for v in planned.steps.values()] == [
        (v.path, v.axes, v.dtype) for v in computed.steps.values()
    ]
    assert all(value.held is None for value in (*planned.steps.values(), *planned.parameters.values()))


def taken(trace: Trace) -> int:
    """The bytes of every array and record, and of the largest array once more: it is held twice when it is computed."""
    arrays = [value.array.nbytes for value in (*trace.parameters.values(), *trace.steps.values())]
    return sum(arrays) + max(arrays) + RECORD * len(arrays)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("given", INPUTS)
def test_the_memory_needed_is_what_the_run_takes(model: str, given: str) -> None:
    if "vectors" in given and "d_model" in model:
        model = model.replace("d_model: 8", "d_model: 6, d_v: 3")
    checked = scenario(model, given)
    assert memory_needed(checked).nbytes == taken(run(checked))


@given(config=configs(), layers=st.integers(1, 6), given=st.sampled_from(INPUTS[:-1]))
def test_the_memory_needed_is_what_any_model_takes(config: ModelConfig, layers: int, given: str) -> None:
    checked = replace(scenario(given=given), model=replace(config, layers=layers, encoder_layers=layers))
    assert memory_needed(checked).nbytes == taken(run(checked))


def test_the_largest_tensor_is_named_with_its_shape() -> None:
    need = memory_needed(scenario("{d_model: 50, heads: 1, d_ff: 2000, layers: 9}"))
    assert (need.largest, need.shape) == ("encoder.layers.0.ffn.w_1", (50, 2000))
    need = memory_needed(scenario(given="text: a, pad_to: 1000"))
    assert (need.largest, need.shape) == (f"{ATTENTION}.scores", (1, 1000, 1000))


@pytest.mark.parametrize("layers", [10**9, 10**30])
def test_any_number_of_layers_is_counted_at_once(layers: int) -> None:
    one, two, three, many = (memory_needed(scenario(f"{{layers: {n}}}")).nbytes for n in (1, 2, 3, layers))
    assert two - one == three - two
    assert many == one + (layers - 1) * (two - one)


@pytest.mark.parametrize("d_model", [10**9, 10**400])
def test_any_width_is_counted_at_once(d_model: int) -> None:
    need = memory_needed(scenario(f"{{d_model: {d_model}}}"))
    assert need.shape == (d_model, 4 * d_model)
    assert need.nbytes > 3 * 8 * 4 * d_model**2


@pytest.mark.parametrize("tokens", [10**12, 10**400])
def test_any_number_of_tokens_is_counted_at_once(tokens: int) -> None:
    need = memory_needed(scenario(given=f"text: a, pad_to: {tokens}"))
    assert need.shape == (1, tokens, tokens)
    assert need.nbytes > 5 * 8 * tokens**2


def test_what_is_needed_is_told_in_exact_whole_numbers() -> None:
    width, tokens, d_k = 10**17 + 1, 2, 3  # too wide for a float to be exact
    need = memory_needed(scenario(f"{{kind: attention, d_model: {width}, d_k: {d_k}}}", "text: a b"))
    parameters = tokens * width + 4 * width * d_k
    steps = 4 * tokens * width + 5 * tokens * d_k + 3 * tokens * tokens
    largest = width * d_k
    nbytes = 8 * (parameters + steps + largest) + 17 * RECORD
    assert need == Need(nbytes, f"{ATTENTION}.w_q", (width, d_k), 12)
