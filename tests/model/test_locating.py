"""Models by path and by name: in the cache of Hugging Face, in Ollama, and what is said where there is none."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from attn_explore.model.checkpoints.hub_cache import hub_cache
from attn_explore.model.checkpoints.locating import Located, all_names, locate, locate_name
from attn_explore.model.checkpoints.ollama import ollama_folders
from attn_explore.model.problems import Problem
from tests.rights import no_rights, owned_folder
from tests.usual_places import COMMIT, DIGEST, MODEL, cached, empty_home, pulled

ADAPTER = "application/vnd.ollama.image.adapter"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    empty_home(tmp_path, monkeypatch)
    return tmp_path


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(Problem) as caught:
        act()
    assert caught.value.exit_status == 2
    return caught.value.render()


# --- paths


def test_a_path_goes_before_a_name(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cached("org/name")
    assert locate("org/name").path == cached_path("org/name")
    (home / "org" / "name").mkdir(parents=True)
    monkeypatch.chdir(home)
    assert locate("org/name") == Located("org/name", Path("org/name"))
    assert locate("~/org/name").path == home / "org" / "name"


def cached_path(name: str) -> Path:
    return hub_cache() / f"models--{name.replace('/', '--')}" / "snapshots" / COMMIT


# --- the cache of Hugging Face


def test_the_cache_is_where_its_own_programs_find_it(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert hub_cache() == home / ".cache/huggingface/hub"
    monkeypatch.setenv("XDG_CACHE_HOME", "/xdg")
    assert hub_cache() == Path("/xdg/huggingface/hub")
    monkeypatch.setenv("HF_HOME", "~/hf")
    assert hub_cache() == home / "hf" / "hub"
    monkeypatch.setenv("HF_HUB_CACHE", "/hub")
    assert hub_cache() == Path("/hub")


@pytest.mark.parametrize("name", ["HuggingFaceTB/SmolLM2-135M", "gpt2"])
def test_a_name_leads_to_the_snapshot_of_its_main_branch(name: str) -> None:
    snapshot = cached(name)
    (snapshot.parent / ("d" * 40)).mkdir()
    assert locate(name) == Located(name, snapshot)
    assert (locate(name).path / "config.json").read_text() == "{}"


def test_a_model_that_was_downloaded_by_its_commit_has_one_snapshot() -> None:
    snapshot = cached("org/name", ref=None)
    assert locate("org/name").path == snapshot
    (snapshot.parent / ("d" * 40)).mkdir()
    assert "the cache has no files of this model" in refused(lambda: locate("org/name"))


def test_a_download_that_was_only_begun_is_told_so() -> None:
    cached("org/name").parent.rename(hub_cache() / "elsewhere")
    assert "the cache has no files of this model" in refused(lambda: locate("org/name"))


@pytest.mark.parametrize("ref", ["../../../../etc", "/etc", "..", "", "a/b", "\x1b[31m", "x" * 500, "x" * 5000])
def test_a_branch_that_names_another_folder_is_refused(ref: str) -> None:
    cached("org/name", ref=ref)
    assert "\x1b" not in refused(lambda: locate("org/name"))


def test_a_name_may_be_its_end_where_no_other_ends_so() -> None:
    snapshot = cached("org/name")
    assert locate("name") == Located("org/name", snapshot)
    cached("other/name")
    message = refused(lambda: locate("name"))
    assert "several models are called name" in message
    assert "hint: write one of org/name, other/name" in message


# --- Ollama


def test_ollama_keeps_models_where_it_says(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ollama_folders() == [home / ".ollama/models"]
    monkeypatch.setenv("OLLAMA_MODELS", "/models")
    assert ollama_folders() == [Path("/models")]


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("smollm2:135m", "registry.ollama.ai/library/smollm2/135m"),
        ("smollm2", "registry.ollama.ai/library/smollm2/latest"),
        ("somebody/model:q4", "registry.ollama.ai/somebody/model/q4"),
        ("hf.co/org/Model-GGUF:Q4_K_M", "hf.co/org/Model-GGUF/Q4_K_M"),
    ],
)
def test_a_name_of_ollama_leads_to_the_blob_of_its_model(name: str, path: str) -> None:
    blob = pulled(path)
    assert locate(f"ollama:{name}") == Located(f"ollama:{name}", blob)
    assert locate(name).path == blob
    full = name if ":" in name else f"{name}:latest"
    assert all_names() == [f"ollama:{full}"]


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        ("", "1:1"),
        ("{", "1:"),
        ("[]", "this is no manifest of Ollama"),
        ({"layers": {}}, "this is no manifest of Ollama"),
        ({"layers": [1]}, "this is no manifest of Ollama"),
        ({"layers": []}, "names 0 GGUF files"),
        ({"layers": [{"mediaType": MODEL, "digest": f"sha256:{DIGEST}"}] * 2}, "names 2 GGUF files"),
        ({"layers": [{"mediaType": MODEL}]}, "does not say in which blob"),
        ({"layers": [{"mediaType": MODEL, "digest": 1}]}, "does not say in which blob"),
        ({"layers": [{"mediaType": MODEL, "digest": "sha256:../../../etc/passwd"}]}, "does not say in which blob"),
        ({"layers": [{"mediaType": ADAPTER, "digest": f"sha256:{DIGEST}"}]}, "adapters are not implemented"),
        ("[" * 1000, "1:"),
        (" " * 2**21, "at most 1,048,576 are read"),
    ],
)
def test_a_manifest_is_data_from_strangers(manifest: Any, said: str) -> None:
    pulled("registry.ollama.ai/library/m/latest", manifest)
    assert said in refused(lambda: locate("ollama:m"))


# --- what there is, and what not


def test_what_is_in_the_usual_places_is_listed_by_name() -> None:
    cached("org/b")
    cached("a")
    pulled("registry.ollama.ai/library/m/latest")
    for junk in ("models--", "models--x--y--z", "datasets--org--d", "version.txt", "models--\x1b[31m"):
        (hub_cache() / junk).mkdir()
    assert all_names() == ["a", "org/b", "ollama:m:latest"]


def test_a_place_that_may_not_be_read_is_as_if_it_were_empty() -> None:
    with owned_folder() as folder:
        cached("org/name", folder / "hub")
        (folder / "hub").chmod(0)
        with no_rights(), patch.dict(os.environ, HF_HUB_CACHE=str(folder / "hub"), OLLAMA_MODELS=str(folder / "hub")):
            assert all_names() == []
            assert "there is no model org/name" in refused(lambda: locate("org/name"))
        (folder / "hub").chmod(0o700)


def test_what_is_not_found_is_said_with_where_it_was_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    cached("org/smollm")
    message = refused(lambda: locate("org/smolm"))
    assert message.startswith("error: there is no model org/smolm\nhint: did you mean org/smollm? looked in ")
    assert "~/.cache/huggingface/hub (Hugging Face) and ~/.ollama/models (Ollama)" in message
    monkeypatch.setenv("HF_HUB_CACHE", "/hub")
    assert "/hub (Hugging Face)" in refused(lambda: locate("x"))


@pytest.mark.parametrize(
    "name",
    [
        "", " ", "../x", "/no/such", "a/../../b", "ollama:", "ollama:../x", "ollama:/etc/passwd", "a\0b", "\x1b[31m",
        "http://example.org/m", "x" * 5000, "org/name/more/parts", "~nobody/x",
    ],
)  # fmt: skip
def test_a_name_that_is_none_is_looked_for_nowhere_else(name: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "here").mkdir()
    monkeypatch.chdir(home / "here")
    message = refused(lambda: locate(name))
    assert "there is no model" in message
    assert "\x1b" not in message


def test_a_name_in_a_scenario_is_never_a_path(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home)
    (home / "here").mkdir()
    assert "there is no model here" in refused(lambda: locate_name("here"))
    assert "there is no model" in refused(lambda: locate_name(os.fspath(home)))
