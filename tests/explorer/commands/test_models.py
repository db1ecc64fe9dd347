"""The models of this machine: what there is, whether it fits, and where was looked where there is nothing."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import gguf
import numpy as np
import pytest
from safetensors.numpy import save_file

from attn_explore.explorer.drawing.numbers import size_text
from attn_explore.explorer.telling.models_list import count_text
from attn_explore.model.checkpoints.summary import need_of
from attn_explore.model.files.stores import safetensors_store
from attn_explore.model.keeping import LIMIT
from tests.program import Ended, here
from tests.usual_places import cached, empty_home, pulled

Run = Callable[..., Ended]

FAMILIES = Path(__file__).parents[2] / "data" / "families"


@pytest.fixture
def attn(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run `models` in this process, in a home without models."""
    empty_home(tmp_path, monkeypatch)
    monkeypatch.chdir(tmp_path)
    return partial(here, capsys, "models")


def gpt2(folder: Path) -> None:
    """Put a small GPT-2 into a folder of the cache."""
    (folder / "config.json").unlink()
    for name in ("config.json", "model.safetensors"):
        shutil.copy(FAMILIES / "gpt2" / name, folder)


def in_quarters(path: Path) -> None:
    """Write a GGUF file of a family that is not implemented, most of it in Q8_0."""
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = gguf.GGUFWriter(path, "mamba")
    writer.add_tensor("norm", np.ones(64, np.float32))
    writer.add_tensor("w", np.zeros((1000, 34), np.uint8), raw_dtype=gguf.GGMLQuantizationType.Q8_0)
    writer.add_tensor("ids", np.arange(9, dtype=np.int32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


@pytest.fixture
def some(attn: Run) -> Run:
    gpt2(cached("org/small"))
    shutil.copy(FAMILIES / "gguf-llama" / "model.gguf", pulled("registry.ollama.ai/library/smollm2/135m"))
    return attn


def test_every_model_is_a_line(some: Run) -> None:
    found = some("--memory-limit", "1GiB")
    assert (found.status, found.err) == (0, "")
    assert found.out.splitlines() == [
        "name                 family  parameters  stored as  on disk   can be run",
        "org/small            GPT-2   4.6K        BF16       11.3 KiB  yes",
        "ollama:smollm2:135m  Llama   5.6K        BF16, F32  12.8 KiB  yes",
    ]


def test_for_other_programs_it_is_json(some: Run) -> None:
    found, other = json.loads(some("--json", "--memory-limit", "1GiB").out)
    path = Path(".cache/huggingface/hub/models--org--small/snapshots", "a" * 40).absolute()
    sizes = [tensor.size for tensor in safetensors_store(FAMILIES / "gpt2" / "model.safetensors").tensors.values()]
    assert found == {
        "name": "org/small",
        "family": "GPT-2",
        "parameters": sum(sizes),
        "storage": ["BF16"],
        "bytes": (path / "model.safetensors").stat().st_size,
        "memory_needed": 4 * sum(sizes) + 2 * 4 * max(sizes),
        "fits": True,
        "path": str(path),
    }
    assert (other["name"], other["family"], other["storage"]) == ("ollama:smollm2:135m", "Llama", ["BF16", "F32"])


def test_a_family_that_is_not_implemented_is_listed_with_the_reason(attn: Run) -> None:
    in_quarters(pulled("registry.ollama.ai/library/m/latest"))
    line = attn().out.splitlines()[1]
    assert line.startswith("ollama:m:latest  mamba   32K         Q8_0, F32  ")
    assert "no: `general.architecture`: " in line
    assert "is not implemented" in line
    (found,) = json.loads(attn("--json").out)
    assert (found["family"], found["parameters"]) == ("mamba", 32_064)
    assert "is not implemented" in found["problem"]


def test_what_does_not_fit_says_what_it_takes(some: Run) -> None:
    need = [each["memory_needed"] for each in json.loads(some("--json").out)]
    assert f"  no: it takes {size_text(need[0])} of 9.7 KiB" in some("--memory-limit", "10kB").out
    assert [each["fits"] for each in json.loads(some("--json", "--memory-limit", str(need[0])).out)] == [True, False]
    assert need[0] < need[1]


def test_a_large_model_takes_what_is_kept_and_its_largest_tensors() -> None:
    assert need_of([30_000_000] * 50 + [500_000_000]) == LIMIT + 2 * 500_000_000


def test_several_files_of_one_name_are_named_by_their_paths(attn: Run) -> None:
    folder = cached("org/many")
    (folder / "config.json").unlink()
    for name in ("a.gguf", "b.gguf"):
        in_quarters(folder / name)
    names = [each["name"] for each in json.loads(attn("--json").out)]
    assert names == [str(folder / "a.gguf"), str(folder / "b.gguf")]


def test_a_model_that_cannot_be_opened_says_why_and_keeps_nothing_from_the_others(some: Run) -> None:
    cached("org/half", ref="0" * 40).parent.rename(Path("elsewhere"))
    cached("org/without-weights", config='{"model_type": "bert"}')
    cached("org/\x1b[31m", config="{}")
    found = some()
    assert found.status == 0
    assert len(found.out.splitlines()) == 5
    lines = found.out.splitlines()[-2:]
    assert lines[0].startswith("org/half cannot be opened: ")
    assert lines[0].endswith("models--org--half: the cache has no files of this model")
    assert lines[1].startswith("org/without-weights cannot be opened: ")
    assert lines[1].endswith(": there is no model.safetensors in this folder")
    broken = [each for each in json.loads(some("--json").out) if "problem" in each]
    assert [each["name"] for each in broken] == ["org/half", "org/without-weights"]


def test_what_a_file_calls_itself_is_shown_and_not_obeyed(attn: Run) -> None:
    folder = cached("org/strange", config=json.dumps({"model_type": "\x1b]0;x\x07[bold]" + "y" * 500}))
    save_file({"w": np.zeros(1, np.float32)}, folder / "model.safetensors")
    out = attn().out
    assert "␛]0;x␇[bold]" in out
    assert "\x1b" not in out
    assert max(map(len, out.splitlines())) < 200


def test_where_there_is_nothing_it_is_said_where_was_looked_and_how_to_get_one(attn: Run) -> None:
    found = attn()
    assert (found.status, found.out) == (0, "")
    first, second, third = found.err.splitlines()
    assert first == "there are no models in ~/.cache/huggingface/hub (Hugging Face), ~/.ollama/models (Ollama)"
    assert "`hf download HuggingFaceTB/SmolLM2-135M` or `ollama pull smollm2:135m`" in second
    assert "a folder or a .gguf file anywhere is named by its path" in third
    assert json.loads(attn("--json").out) == []


def test_nothing_is_read_of_the_numbers(some: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("attn_explore.model.files.stores.TensorStore.read", lambda *_: pytest.fail("a tensor was read"))
    for name in [name for name in sys.modules if name.partition(".")[0] == "gguf"]:
        monkeypatch.delitem(sys.modules, name)
    assert some().status == 0
    assert "gguf" not in sys.modules


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0"), (999, "999"), (1000, "1.0K"), (134_515_008, "135M"), (7_241_732_096, "7.2B"), (70_553_706_496, "71B")],
)
def test_counts_are_written_in_few_characters(count: int, text: str) -> None:
    assert count_text(count) == text
