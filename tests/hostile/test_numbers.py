"""Numbers that are none, too large or too many, in scenarios and weights (rows B and C, and completion of names)."""

from __future__ import annotations

import io
import json
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from attn_explore.explorer.drawing.picture import Picture
from attn_explore.model.axes import Axis
from attn_explore.model.files.in_pieces import Described
from attn_explore.model.files.npz import Npz
from attn_explore.model.files.safetensors import read_safetensors, safetensors_bytes
from attn_explore.model.problems import Problem
from attn_explore.model.run import run
from attn_explore.model.scenario import parse_scenario
from tests.program import here, is_refusal, program


def refusal(act: Any) -> str:
    with pytest.raises(Problem) as refused:
        act()
    message = refused.value.render()
    assert is_refusal(message), message
    assert refused.value.exit_status == 2
    return message


# --- B: numbers in scenarios


@pytest.mark.parametrize("place", ["-1", "99", "1.5", "true", "x"])
def test_b8_a_place_that_there_is_not_is_refused_with_its_index(place: str) -> None:
    text = f"input: {{text: a b}}\nedits: [{{at: encoder.embedding, index: [{place}], set: 1}}]"
    assert "edits[0].index" in refusal(lambda: run(parse_scenario(text))) or place == "99"


@pytest.mark.parametrize("mask", ["3", "[[true]]", "{causal: [[1, 0]]}", "{causal: 2}", "{pad: 'no'}", "{shape: [1]}"])
def test_b9_a_mask_of_another_kind_is_refused(mask: str) -> None:
    assert "scenario:2:" in refusal(lambda: parse_scenario(f"input: {{text: a b}}\nmask: {mask}"))


@pytest.mark.filterwarnings("error")
def test_b10_a_row_with_nothing_to_see_has_weights_of_0_without_a_warning() -> None:
    trace = run(parse_scenario("input: {tokens: [<pad>, <pad>], pad_to: 3}"))
    weights = trace["encoder.layers.0.self_attention.weights"].array
    assert (weights == 0).all()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("score", ["1e4", "-1e4", "1e38", "-1e38"])
def test_b11_rows_of_softmax_sum_to_1_whatever_the_scores(score: str, dtype: str) -> None:
    edit = f"{{at: encoder.layers.0.self_attention.scaled_scores, index: [0, 0, 1], set: {score}}}"
    trace = run(parse_scenario(f"model: {{dtype: {dtype}}}\ninput: {{text: a b c}}\nedits: [{edit}]"))
    sums = trace["encoder.layers.0.self_attention.weights"].array.sum(-1)
    np.testing.assert_allclose(sums, 1, atol=1e-6)


def _with_a_bad_number(folder: Path, bad: float, name: str, place: tuple[int, ...], text: str) -> str:
    """A scenario whose weights file has a number that is none."""
    arrays = {key: value.array.copy() for key, value in run(parse_scenario(text)).parameters.items()}
    arrays[name][place] = bad
    described = [Described(key, array.dtype, array.shape) for key, array in arrays.items()]
    (folder / "w.safetensors").write_bytes(b"".join(safetensors_bytes(described, arrays.values(), {})))
    (folder / "s.yaml").write_text(f"{text}\nmodel: {{weights: {{file: w.safetensors}}}}")
    return str(folder / "s.yaml")


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_b12_what_stands_under_a_mask_is_told_where_it_began(
    bad: float, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = _with_a_bad_number(tmp_path, bad, "encoder.embedding_table", (2, 0), "input: {text: a b, pad_to: 3}")
    found = here(capsys, "run", "--plain", path)
    assert found.status == 0
    assert "Not every number is finite: first" in found.out
    assert "embedding_table" in found.out.partition("Not every number is finite")[2].partition("\n\n")[0]


@pytest.mark.parametrize(("bad", "sign"), [(np.nan, "NaN"), (np.inf, "∞"), (-np.inf, "∞")])
def test_b13_the_first_number_that_is_none_is_told_above_the_run(
    bad: float, sign: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = _with_a_bad_number(tmp_path, bad, "encoder.layers.0.ffn.w_1", (1, 2), "input: {text: a b}")
    found = here(capsys, "run", "--plain", path)
    assert found.status == 0
    assert f"Not every number is finite: first {sign} at" in found.out
    assert "encoder.layers.0.ffn.w_1" in found.out.partition("Not every number is finite")[2][:200]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "numbers",
    [[0.0] * 4, [3.0] * 4, [-0.0, 0.0, -0.0, 0.0], [5e-324] * 4, [1e-300, 1e300, 0, 1], [np.nan] * 4, [np.inf] * 4],
)
def test_b14_a_scale_of_colours_is_finite_whatever_the_numbers(numbers: list[float]) -> None:
    axes = (Axis("token", 2), Axis("d_model", 2))
    assert np.isfinite(Picture(np.array(numbers).reshape(2, 2), axes, None).end)


@pytest.mark.filterwarnings("error")
def test_b16_a_norm_of_a_constant_row_without_eps_is_finite_or_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "s.yaml").write_text(
        "model: {d_model: 2, heads: 1, norm_eps: 0, norm_placement: pre}\ninput: {vectors: [[1, 1], [2, 2]]}"
    )
    found = here(capsys, "run", "--plain", str(tmp_path / "s.yaml"))
    assert found.status == 2 or "Not every number is finite" in found.out or "NaN" not in found.out


# --- C: weights


def _file(entries: dict[str, Any], data: bytes = b"") -> bytes:
    text = json.dumps(entries).encode()
    return len(text).to_bytes(8, "little") + text + data


def _entry(shape: list[int], start: int = 0, end: int = 0, dtype: str = "F32") -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}


def _read(content: bytes, size: int = 1) -> dict[str, Any]:
    return dict(read_safetensors(content, "w", {"x": (Axis("d_model", size),)}))


@pytest.mark.parametrize("name", ["\x1b]0;x\x07", "a\nb", "[/]", "", "x" * 10_000, "../x", "\u202ex"])
def test_c8_a_name_of_a_tensor_is_shown_and_never_obeyed(name: str) -> None:
    message = refusal(lambda: _read(_file({name: _entry([1], 0, 4)}, bytes(4))))
    assert "the model has no such parameter" in message
    assert len(message) < 1000


def test_c9_a_hundred_axes_are_no_shape_of_ours_and_no_numbers_are_a_vector_without_any() -> None:
    assert "has the shape" in refusal(lambda: _read(_file({"x": _entry([1] * 100, 0, 4)}, bytes(4))))
    assert "has the shape" in refusal(lambda: _read(_file({"x": _entry([0, 10**12])})))
    assert "has the shape" in refusal(lambda: _read(_file({"x": _entry([], 0, 4)}, bytes(4))))
    assert _read(_file({"x": _entry([0])}), 0)["x"].shape == (0,)


@pytest.mark.parametrize("dtype", ["F8_E4M3", "F4", "I64", "C64", "BOOL", "U8", "F128", ""])
def test_c6_another_type_is_refused_with_what_to_convert_it_to(dtype: str) -> None:
    assert "convert it to F32 or F64" in refusal(lambda: _read(_file({"x": _entry([1], 0, 8, dtype)}, bytes(8))))


WRONG = {
    "a PyTorch pickle": b"\x80\x02}q\x00.",
    "PyTorch's zip": b"PK\x03\x04" + bytes(30),
    "gguf": b"GGUF\x03\0\0\0" + bytes(30),
    "a page": b"<!DOCTYPE html><html></html>",
    "git-lfs": b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 3\n",
    "an npy": b"\x93NUMPY\x01\0v\0{'descr': '<f8'",
}


@pytest.mark.parametrize("kind", WRONG)
def test_c19_a_file_of_another_kind_is_no_weights(kind: str, tmp_path: Path) -> None:
    (tmp_path / "w.safetensors").write_bytes(WRONG[kind])
    (tmp_path / "s.yaml").write_text("input: {text: a}\nmodel: {weights: {file: w.safetensors}}")
    found = program("run", "s.yaml", folder=tmp_path)
    assert found.returncode == 2
    assert "this is not a safetensors file" in found.stderr.decode()


def test_c12_a_file_of_a_terabyte_is_refused_by_its_size(tmp_path: Path) -> None:
    with (tmp_path / "w.safetensors").open("wb") as file:
        file.write(_file({"x": _entry([1], 0, 4)}, bytes(4)))
        file.truncate(2**40)
    (tmp_path / "s.yaml").write_text("input: {text: a}\nmodel: {weights: {file: w.safetensors}}")
    found = program("check", "s.yaml", folder=tmp_path)
    assert found.returncode == 2
    assert "1,099,511,627,776 bytes" in found.stderr.decode()


def _archive(members: int) -> bytes:
    sink = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(sink, "w") as archive:
        warnings.simplefilter("ignore")
        for place in range(members):
            archive.writestr(zipfile.ZipInfo(f"{place}.npy"), b"")
    return sink.getvalue()


def test_c17_a_hundred_thousand_members_are_listed_and_the_missing_one_is_told() -> None:
    archive = Npz(_archive(100_000), Path("t.npz"), 2**28)
    assert len(archive.keys) == 100_000
    assert "this array is missing" in refusal(lambda: archive["__trace__"])


# --- E4: completion


@pytest.mark.parametrize("words", ["run a", "run --step encoder", "show hostile.yaml --step ", "show \x1b]0;x\x07 x"])
def test_e4_completion_writes_nothing_that_a_terminal_obeys(words: str, tmp_path: Path) -> None:
    name = "hostile\x1b[31m\u202e.yaml"
    (tmp_path / name).write_text('input: {tokens: ["\\e]0;x\\a", "\\u202e"]}')
    for line in (words, words.replace("hostile.yaml", name)):
        found = program(
            folder=tmp_path,
            _ATTN_EXPLORE_COMPLETE="complete_bash",
            COMP_WORDS=f"attn-explore {line}",
            COMP_CWORD=str(len(line.split())),
        )
        assert all(part.isprintable() for part in found.stdout.decode().splitlines())
        assert b"Traceback" not in found.stderr
