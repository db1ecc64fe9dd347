"""The models of this machine: what there is, whether it fits, and where was looked where there is nothing."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import gguf
import numpy as np
import pytest
from safetensors.numpy import save_file

from attn_explore.explorer.telling.models_list import count_text
from attn_explore.model.keeping import LIMIT
from tests.program import Ended, here
from tests.usual_places import cached, empty_home, pulled

Run = Callable[..., Ended]


@pytest.fixture
def attn(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run `models` in this process, in a home without models."""
    empty_home(tmp_path, monkeypatch)
    monkeypatch.chdir(tmp_path)
    return partial(here, capsys, "models")


def gguf_at(path: Path, kind: str = "llama") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = gguf.GGUFWriter(path, kind)
    writer.add_tensor("norm", np.ones(64, np.float32))
    writer.add_tensor("w", np.zeros((1000, 34), np.uint8), raw_dtype=gguf.GGMLQuantizationType.Q8_0)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


@pytest.fixture
def some(attn: Run) -> Run:
    folder = cached("org/small", config='{"model_type": "gpt2"}')
    save_file({"w": np.zeros((300, 50), np.float16), "mask": np.ones(9, bool)}, folder / "model.safetensors")
    gguf_at(pulled("registry.ollama.ai/library/smollm2/135m"))
    return attn


def test_every_model_is_a_line(some: Run) -> None:
    found = some("--memory-limit", "1GiB")
    assert (found.status, found.err) == (0, "")
    size = Path(".ollama/models/blobs").glob("*").__next__().stat().st_size
    assert found.out.splitlines() == [
        "name                 family  parameters  stored as  on disk   fits",
        "org/small            gpt2    15K         F16        29.4 KiB  yes",
        f"ollama:smollm2:135m  llama   32K         Q8_0, F32  {size / 1024 - 0.05:.1f} KiB  yes",
    ]


def test_for_other_programs_it_is_json(some: Run) -> None:
    found = json.loads(some("--json", "--memory-limit", "1GiB").out)
    path = str(Path(".cache/huggingface/hub/models--org--small/snapshots", "a" * 40).absolute())
    assert found[0] == {
        "name": "org/small",
        "family": "gpt2",
        "parameters": 15_000,
        "storage": ["F16"],
        "bytes": (Path(path) / "model.safetensors").stat().st_size,
        "memory_needed": LIMIT + 60_000,
        "fits": True,
        "path": path,
    }
    assert (found[1]["name"], found[1]["parameters"]) == ("ollama:smollm2:135m", 32_064)
    assert found[1]["memory_needed"] == LIMIT + 4 * 32_000


def test_what_does_not_fit_says_what_it_takes(some: Run) -> None:
    out = some("--memory-limit", "100MiB").out
    assert "  no: a run takes 256.0 MiB of 100.0 MiB" in out
    assert [each["fits"] for each in json.loads(some("--json", "--memory-limit", "100MiB").out)] == [False, False]


def test_several_files_of_one_name_are_named_by_their_paths(attn: Run) -> None:
    folder = cached("org/many")
    (folder / "config.json").unlink()
    for name in ("a.gguf", "b.gguf"):
        gguf_at(folder / name, "qwen2")
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
