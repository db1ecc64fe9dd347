"""Parameters that are set by hand or read from a file: everything that does not fit is said at once."""

from __future__ import annotations

import json
import math
import struct
import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save_file

from attn_explore.model.architecture import architecture_of
from attn_explore.model.axes import Axis, sizes
from attn_explore.model.config import ModelConfig, filled
from attn_explore.model.files.safetensors import LARGEST_HEADER, read_safetensors
from attn_explore.model.parameters import Shapes, parameter_axes
from attn_explore.model.prepared import prepare
from attn_explore.model.problems import Problem, Problems
from attn_explore.model.run import run
from attn_explore.model.scenario import Scenario, parse_scenario
from attn_explore.model.trace import Trace
from attn_explore.model.weights import parameters, weights_file
from tests.building import stacks_of

ATTENTION = "encoder.layers.0.self_attention"
SMALL = "kind: attention, d_model: 2, d_k: 3, d_v: 1"
SHAPES = {
    "encoder.embedding_table": (2, 2),
    f"{ATTENTION}.w_q": (2, 3),
    f"{ATTENTION}.w_k": (2, 3),
    f"{ATTENTION}.w_v": (2, 1),
    f"{ATTENTION}.w_o": (1, 2),
}
"""The parameters of a small model on two different words."""


def scenario(weights: str, folder: Path | None = None, model: str = SMALL, given: str = "text: I am") -> Scenario:
    return parse_scenario(f"model: {{{model}, weights: {{{weights}}}}}\ninput: {{{given}}}", "lesson.yaml", folder)


def numbers() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {name: rng.normal(size=shape) for name, shape in SHAPES.items()}


def read(content: bytes, file: str, shapes: Shapes) -> dict[str, np.ndarray]:
    return dict(read_safetensors(content, file, shapes))


def problems_of(action: Callable[[], object]) -> list[Problem]:
    with pytest.raises(Problem) as caught:
        action()
    return list(caught.value.problems) if isinstance(caught.value, Problems) else [caught.value]


# --- by hand


def test_a_parameter_set_by_hand_has_these_numbers_and_the_others_are_drawn() -> None:
    by_hand = run(scenario(f"set: {{{ATTENTION}.w_v: [[1.5], [-2]]}}"))
    drawn = run(scenario("seed: 7"))
    np.testing.assert_array_equal(by_hand[f"{ATTENTION}.w_v"].array, [[1.5], [-2]])
    for name in SHAPES.keys() - {f"{ATTENTION}.w_v"}:
        np.testing.assert_array_equal(by_hand[name].array, drawn[name].array)


def test_everything_set_by_hand_that_does_not_fit_is_said_at_once() -> None:
    wrong = f"set: {{{ATTENTION}.w_qq: [1], {ATTENTION}.w_v: [[1, 2]], {ATTENTION}.w_o: [[1, 2]]}}"
    first, second = problems_of(lambda: run(scenario(wrong)))
    assert (first.what, first.hint) == ("this model has no such parameter", f"did you mean {ATTENTION}.w_q?")
    assert second.what == f"{ATTENTION}.w_v has the shape 1 × 2"
    assert second.hint == "it must be 2 × 1 (d_model, head·d_v)"
    assert (first.line, second.line) == (1, 1)


def test_a_name_that_is_far_from_every_parameter_is_answered_with_the_parameters() -> None:
    (problem,) = problems_of(lambda: run(scenario("set: {zzz: [1]}")))
    assert problem.hint.startswith("its parameters are encoder.embedding_table, ")


def test_vectors_are_the_rows_of_the_embedding_table() -> None:
    trace = run(scenario("seed: 1", given="vectors: [[1, 2], [3, 4], [1, 2]]"))
    np.testing.assert_array_equal(trace["encoder.embedding"].array, [[1, 2], [3, 4], [1, 2]])


def test_padding_of_vectors_is_zeros() -> None:
    trace = run(scenario("seed: 1", given="vectors: [[1, 2]], pad_to: 3"))
    np.testing.assert_array_equal(trace["encoder.embedding"].array, [[1, 2], [0, 0], [0, 0]])


def test_vectors_and_a_table_by_hand_contradict_each_other() -> None:
    set_too = scenario("set: {encoder.embedding_table: [[1, 2]]}", given="vectors: [[1, 2]]")
    (problem,) = problems_of(lambda: run(set_too))
    assert problem.what == "`input.vectors` are the rows of this table already"


@pytest.mark.filterwarnings("error")
def test_a_number_too_large_for_float32_is_infinite_and_not_warned_of() -> None:
    trace = run(scenario(f"set: {{{ATTENTION}.w_v: [[1.0e+300], [1]]}}", model=f"{SMALL}, dtype: float32"))
    np.testing.assert_array_equal(trace[f"{ATTENTION}.w_v"].array, [[np.inf], [1]])


@pytest.mark.parametrize("from_file", [False, True])
def test_parameters_of_float32_are_not_all_in_memory_as_float64(tmp_path: Path, from_file: bool) -> None:
    config = filled(ModelConfig(d_model=64, layers=20, dtype="float32"))
    shapes = parameter_axes(architecture_of(config), stacks_of(config, 2, 2))
    save_file({name: np.zeros(sizes(axes)) for name, axes in shapes.items()}, tmp_path / "w.safetensors")
    weights = "file: w.safetensors" if from_file else "seed: 1"
    given = scenario(weights, tmp_path, "d_model: 64, layers: 20, dtype: float32")
    nbytes = sum(4 * math.prod(sizes(axes)) for axes in shapes.values())
    content = 2 * nbytes if from_file else 0  # the bytes of the file are float64
    tracemalloc.start()
    parameters(given, shapes, weights_file(given, 2**30))
    assert tracemalloc.get_traced_memory()[1] < 1.2 * nbytes + content
    tracemalloc.stop()


# --- from a file


def run_file(folder: Path, tensors: dict[str, np.ndarray], extra: str = "", **keys: str) -> Trace:
    save_file(tensors, folder / "w.safetensors")
    return run(scenario(f"file: w.safetensors{extra}", folder, **keys))


def test_a_file_gives_every_parameter(tmp_path: Path) -> None:
    trace = run_file(tmp_path, numbers())
    for name, array in numbers().items():
        np.testing.assert_array_equal(trace[name].array, array)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("model_dtype", ["float32", "float64"])
def test_the_numbers_of_a_file_are_converted_to_the_models_type(tmp_path: Path, dtype: type, model_dtype: str) -> None:
    tensors = {name: array.astype(dtype) for name, array in numbers().items()}
    trace = run_file(tmp_path, tensors, model=f"{SMALL}, dtype: {model_dtype}")
    for name, array in tensors.items():
        np.testing.assert_array_equal(trace[name].array, array.astype(model_dtype))
        assert trace[name].array.dtype == model_dtype


def test_a_parameter_by_hand_replaces_that_of_the_file(tmp_path: Path) -> None:
    trace = run_file(tmp_path, numbers(), f", set: {{{ATTENTION}.w_v: [[8], [9]]}}")
    np.testing.assert_array_equal(trace[f"{ATTENTION}.w_v"].array, [[8], [9]])
    np.testing.assert_array_equal(trace[f"{ATTENTION}.w_q"].array, numbers()[f"{ATTENTION}.w_q"])


def test_a_file_may_lack_what_is_set_by_hand_and_the_table_of_vectors(tmp_path: Path) -> None:
    tensors = {f"{ATTENTION}.{name}": numbers()[f"{ATTENTION}.{name}"] for name in ("w_q", "w_k", "w_o")}
    by_hand = f", set: {{{ATTENTION}.w_v: [[8], [9]]}}"
    trace = run_file(tmp_path, tensors, by_hand, given="vectors: [[1, 2], [3, 4]]")
    np.testing.assert_array_equal(trace["encoder.embedding"].array, [[1, 2], [3, 4]])


def test_everything_in_a_file_that_does_not_fit_is_said_at_once(tmp_path: Path) -> None:
    tensors: dict[str, np.ndarray] = numbers()
    del tensors["encoder.embedding_table"]
    tensors[f"{ATTENTION}.w_q"] = np.ones((3, 2))
    tensors[f"{ATTENTION}.w_k"] = np.ones((2, 2))
    tensors[f"{ATTENTION}.w_v"] = np.ones((2, 1), np.int64)
    tensors[f"{ATTENTION}.w_oo"] = np.ones(1)
    tensors["quite.another"] = np.ones(1)
    found = {
        problem.place: (problem.what, problem.hint) for problem in problems_of(lambda: run_file(tmp_path, tensors))
    }
    assert found == {
        "tensor 'encoder.embedding_table'": ("is missing; it must be 2 × 2 (vocabulary, d_model)", ""),
        f"tensor '{ATTENTION}.w_q'": (
            "has the shape 3 × 2 (is it transposed?); it must be 2 × 3 (d_model, head·d_k)", ""
        ),
        f"tensor '{ATTENTION}.w_k'": ("has the shape 2 × 2; it must be 2 × 3 (d_model, head·d_k)", ""),
        f"tensor '{ATTENTION}.w_v'": (
            "has the type I64: convert it to F32 or F64; it must be 2 × 1 (d_model, head·d_v)", ""
        ),
        f"tensor '{ATTENTION}.w_oo'": ("the model has no such parameter", f"did you mean {ATTENTION}.w_o?"),
        "tensor 'quite.another'": ("the model has no such parameter", ""),
    }  # fmt: skip


def test_problems_of_a_file_come_in_the_order_of_the_model_and_then_of_the_file() -> None:
    content = safetensors({f"extra.{i}": ("F32", [1], b"\0" * 4) for i in (3, 1, 2, 0)})
    found = problems_of(lambda: read(content, "w", {"a": (Axis("token", 1),), "b": (Axis("token", 1),)}))
    assert [problem.place for problem in found] == [
        "tensor 'a'", "tensor 'b'", "tensor 'extra.3'", "tensor 'extra.1'", "tensor 'extra.2'", "tensor 'extra.0'",
    ]  # fmt: skip


def test_the_first_number_of_a_file_that_is_none_is_said_with_its_place(tmp_path: Path) -> None:
    arrays = numbers()
    arrays[f"{ATTENTION}.w_k"][1, 2] = np.nan
    arrays[f"{ATTENTION}.w_v"][0, 0] = -np.inf
    save_file(arrays, tmp_path / "w.safetensors")
    said = f"w.safetensors: {ATTENTION}.w_k[1, head 0 · 2] is NaN, and 1 more of its numbers are not finite"
    assert remarks(scenario("file: w.safetensors", tmp_path)) == (said,)


def remarks(scenario: Scenario) -> tuple[str, ...]:
    prepared = prepare(scenario)
    return prepared.remarks(prepared.arrays)


def test_nothing_is_said_of_numbers_that_are_all_finite(tmp_path: Path) -> None:
    save_file(numbers(), tmp_path / "w.safetensors")
    assert remarks(scenario("file: w.safetensors", tmp_path)) == ()


@pytest.mark.parametrize(
    "name", ["../w.safetensors", "/etc/passwd", "~/w.safetensors", "link.safetensors", "sub/../../w"]
)
def test_a_file_outside_the_scenarios_folder_is_not_read(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "lesson"
    (folder / "sub").mkdir(parents=True)
    save_file(numbers(), tmp_path / "w.safetensors")
    (folder / "link.safetensors").symlink_to(tmp_path / "w.safetensors")
    (problem,) = problems_of(lambda: run(scenario(f'file: "{name}"', folder)))
    assert "outside the scenario's folder" in problem.what
    assert (problem.path, problem.line) == ("lesson.yaml", 1)


def test_a_file_in_an_allowed_folder_is_read(tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "lesson", tmp_path / "weights"
    folder.mkdir()
    elsewhere.mkdir()
    save_file(numbers(), elsewhere / "w.safetensors")
    trace = run(scenario("file: ../weights/w.safetensors", folder), allowed=[elsewhere])
    np.testing.assert_array_equal(trace[f"{ATTENTION}.w_q"].array, numbers()[f"{ATTENTION}.w_q"])


def test_a_file_that_is_larger_than_the_limit_is_not_read(tmp_path: Path) -> None:
    save_file(numbers(), tmp_path / "w.safetensors")
    (problem,) = problems_of(lambda: run(scenario("file: w.safetensors", tmp_path), weights_limit=100))
    assert "at most 100 are read" in problem.what


def test_a_file_that_is_not_there_is_said_where_it_is_named(tmp_path: Path) -> None:
    (problem,) = problems_of(lambda: run(scenario("file: nowhere.safetensors", tmp_path)))
    assert "there is no such file" in problem.what
    assert problem.line == 1


# --- the bytes of a safetensors file

Tensors = dict[str, tuple[str, list[int], bytes]]


def safetensors(tensors: Tensors) -> bytes:
    """A file of tensors given as type, shape and bytes."""
    header: dict[str, Any] = {}
    end = 0
    for name, (dtype, shape, raw) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [end, end := end + len(raw)]}
    return with_header(json.dumps(header).encode(), b"".join(raw for _, _, raw in tensors.values()))


def with_header(header: bytes, data: bytes = b"") -> bytes:
    return struct.pack("<Q", len(header)) + header + data


def vector(length: int) -> Shapes:
    return {"x": (Axis("d_model", length),)}


def decoded(dtype: str, raw: bytes, length: int) -> np.ndarray:
    return read(safetensors({"x": (dtype, [length], raw)}), "w", vector(length))["x"]


@pytest.mark.parametrize(
    ("dtype", "bits", "expected"),
    [
        ("BF16", 0x3F80, 1.0),
        ("BF16", 0x4049, 3.140625),
        ("BF16", 0xFF80, -math.inf),
        ("BF16", 0x0001, 2.0**-133),
        ("BF16", 0x7F7F, (2 - 2.0**-7) * 2.0**127),
        ("F16", 0x3C00, 1.0),
        ("F16", 0x7C00, math.inf),
        ("F16", 0x0001, 2.0**-24),
        ("F32", 0x3F800000, 1.0),
        ("F32", 0x00000001, 2.0**-149),
        ("F64", 0x3FF0000000000000, 1.0),
        ("F64", 0x0000000000000001, 5e-324),
    ],
)
def test_bits_are_decoded_to_the_number_that_they_stand_for(dtype: str, bits: int, expected: float) -> None:
    raw = bits.to_bytes({"BF16": 2, "F16": 2, "F32": 4, "F64": 8}[dtype], "little")
    assert decoded(dtype, raw, 1)[0] == expected


@pytest.mark.parametrize(("dtype", "raw"), [("BF16", b"\xc0\x7f"), ("BF16", b"\x81\x7f"), ("F16", b"\x00\x7e")])
def test_bits_of_a_nan_are_decoded_to_a_nan(dtype: str, raw: bytes) -> None:
    assert np.isnan(decoded(dtype, raw, 1)[0])


@pytest.mark.parametrize(("dtype", "raw"), [("BF16", b"\x00\x80"), ("F16", b"\x00\x80"), ("F32", b"\0\0\0\x80")])
def test_minus_zero_keeps_its_sign(dtype: str, raw: bytes) -> None:
    number = decoded(dtype, raw, 1)[0]
    assert number == 0
    assert np.signbit(number)


@pytest.mark.filterwarnings("error")
def test_a_signalling_nan_is_not_warned_of(tmp_path: Path) -> None:
    tensors: Tensors = {name: ("F64", list(shape), bytes(8 * math.prod(shape))) for name, shape in SHAPES.items()}
    tensors[f"{ATTENTION}.w_v"] = ("BF16", [2, 1], b"\x81\x7f\x00\x00")
    (tmp_path / "w.safetensors").write_bytes(safetensors(tensors))
    trace = run(scenario("file: w.safetensors", tmp_path))
    assert np.isnan(trace[f"{ATTENTION}.w_v"].array[0, 0])


def entry(**changes: object) -> bytes:
    return json.dumps({"x": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]} | changes}).encode()


DAMAGED = {
    "nothing": b"",
    "only a length": struct.pack("<Q", 2),
    "not a header": with_header(b"[1, 2]    ", b"\0" * 4),
    "a pickle": b"\x80\x04\x95\x10\0\0\0\0\0\0\0}\x94.",
    "a zip": b"PK\x03\x04" + b"\0" * 40,
    "a length beyond the end": struct.pack("<Q", 10**6) + b"{}" + b"\0" * 20,
    "a length of 2**64 - 1": struct.pack("<Q", 2**64 - 1) + entry() + b"\0" * 4,
    "a header of more than is read": with_header(b"{" + b" " * LARGEST_HEADER + b"}"),
    "a header that ends too soon": with_header(entry()[:-1], b"\0" * 4),
    "a header that is not UTF-8": with_header(b'{"\xff": 1}'),
    "a header nested without end": with_header(b'{"a":' * 100_000),
    "an entry that is no mapping": with_header(b'{"x": [1]}'),
    "an entry that is text": with_header(b'{"x": "F32"}'),
    "no shape": with_header(b'{"x": {"dtype": "F32", "data_offsets": [0, 4]}}', b"\0" * 4),
    "a shape that is text": with_header(entry(shape="1"), b"\0" * 4),
    "a shape that is a number": with_header(entry(shape=1), b"\0" * 4),
    "a negative size": with_header(entry(shape=[-1]), b"\0" * 4),
    "a size that is true": with_header(entry(shape=[True]), b"\0" * 4),
    "a size with a fraction": with_header(entry(shape=[1.0]), b"\0" * 4),
    "an infinite size": with_header(entry(shape=[math.inf]), b"\0" * 4),
    "a size of many digits": with_header(b'{"x": {"shape": [' + b"9" * 5000 + b"]}}"),
    "one offset": with_header(entry(data_offsets=[4]), b"\0" * 4),
    "three offsets": with_header(entry(data_offsets=[0, 2, 4]), b"\0" * 4),
    "a negative offset": with_header(entry(data_offsets=[-4, 0]), b"\0" * 4),
    "an end before the start": with_header(entry(data_offsets=[4, 0]), b"\0" * 4),
    "a gap before the data": with_header(entry(data_offsets=[1, 5]), b"\0" * 5),
    "bytes after the data": with_header(entry(), b"\0" * 5),
    "data that is cut off": with_header(entry(), b"\0" * 3),
    "fewer bytes than the shape needs": with_header(entry(shape=[1], data_offsets=[0, 3]), b"\0" * 3),
    "a name that stands twice": with_header(entry()[:-1] + b", " + entry()[1:], b"\0" * 4),
    "tensors that overlap": with_header(
        b'{"x": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]},'
        b' "y": {"dtype": "F32", "shape": [1], "data_offsets": [2, 6]}}',
        b"\0" * 6,
    ),
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_file_is_a_problem_and_not_an_error(content: bytes) -> None:
    (problem,) = problems_of(lambda: read(content, "w.safetensors", vector(1)))
    assert problem.path == "w.safetensors"
    assert len(problem.render()) < 400


def test_metadata_of_a_file_is_not_a_tensor() -> None:
    header = entry()[:-1] + b', "__metadata__": {"format": "np"}}'
    np.testing.assert_array_equal(read(with_header(header, b"\0" * 4), "w", vector(1))["x"], [0])


@given(st.binary(max_size=60), st.booleans())
def test_no_bytes_whatever_raise_anything_but_a_problem(content: bytes, framed: bool) -> None:
    with pytest.raises(Problem):
        read(with_header(b"{" + content) if framed else content, "w", vector(1))


@given(st.integers(0, 200), st.integers(0, 255))
def test_a_file_with_one_byte_changed_is_read_or_is_a_problem(place: int, byte: int) -> None:
    content = bytearray(safetensors({"x": ("F32", [2], b"\0" * 8)}))
    content[place % len(content)] = byte
    with suppress(Problem):
        assert read(bytes(content), "w", vector(2))["x"].shape == (2,)


def test_what_a_file_is_called_in_a_message_cannot_move_the_cursor() -> None:
    content = safetensors({"\x1b[2Jx": ("F32", [1], b"\0" * 4)})
    with pytest.raises(Problem) as caught:
        read(content, "w", vector(1))
    assert "\x1b" not in caught.value.render()


def test_the_shapes_in_these_tests_are_those_of_the_model() -> None:
    model = architecture_of(scenario("seed: 1").model)
    axes = parameter_axes(model, stacks_of(model, 2, 2))
    assert {name: tuple(axis.size for axis in each) for name, each in axes.items()} == SHAPES
