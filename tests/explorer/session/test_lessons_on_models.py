"""The lessons on real models, told on stand-ins of the same shape: narrow, with random numbers and few words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from attn_explore.explorer.app import ExplorerApp
from attn_explore.explorer.library.entries import Library, facts
from attn_explore.explorer.library.home import at_home
from attn_explore.explorer.session import stepping
from attn_explore.explorer.session.asked import Asked
from attn_explore.explorer.session.course import ON_MODELS, bundled, locate, on_models
from attn_explore.explorer.session.opening import find_source, start
from attn_explore.explorer.system.limits import Limits
from attn_explore.model.axes import Axis, sizes
from attn_explore.model.checkpoints.checkpoint import shapes_of
from attn_explore.model.checkpoints.families import FAMILIES
from attn_explore.model.checkpoints.families.family import Tensors
from attn_explore.model.checkpoints.settings import Settings
from attn_explore.model.files.stores import safetensors_store
from attn_explore.model.lesson import stops
from attn_explore.model.problems import Problem
from attn_explore.model.run import plan
from attn_explore.model.scenario import parse_scenario, read_scenario
from tests.standing import still
from tests.tokenizer_files import byte_level, folder_with, unigram, word_piece
from tests.usual_places import cached, empty_home

LAW = "the law will never be perfect , but its application should just"
BERT = {
    "model_type": "bert", "architectures": ["BertModel"], "hidden_size": 24, "num_hidden_layers": 6,
    "num_attention_heads": 12, "intermediate_size": 8, "hidden_act": "gelu", "max_position_embeddings": 20,
    "type_vocab_size": 2, "layer_norm_eps": 1e-12,
}  # fmt: skip
LLAMA = {
    "model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 522, "head_dim": 2,
    "num_hidden_layers": 30, "num_attention_heads": 9, "num_key_value_heads": 3, "intermediate_size": 8,
    "hidden_act": "silu", "max_position_embeddings": 20, "rms_norm_eps": 1e-5, "tie_word_embeddings": True,
}  # fmt: skip
T5 = {
    "model_type": "t5", "architectures": ["T5ForConditionalGeneration"], "d_model": 16, "d_kv": 2, "num_heads": 8,
    "d_ff": 8, "num_layers": 6, "num_decoder_layers": 6, "feed_forward_proj": "relu", "decoder_start_token_id": 0,
    "relative_attention_num_buckets": 32, "tie_word_embeddings": True, "eos_token_id": 1, "pad_token_id": 0,
}  # fmt: skip
MODULES = [{"type": "m.Transformer"}, {"type": "m.Pooling", "path": "1_Pooling"}, {"type": "m.Normalize"}]
FRANCE = ("The", *(f"Ġ{word}" for word in ("capital", "of", "France", "is", "Paris")))
VORLIN = ("or", "lin", "ĠD", "ask", "Ġsold", "Ġapples", "ĠV")
PIECES = ("▁translate", "▁English", "▁to", "▁German", ":", "▁The", "▁house", "▁is", "▁wonderful", ".", "▁Das", "▁Haus")
STAND_INS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "sentence-transformers/all-MiniLM-L6-v2": (BERT, word_piece(*LAW.split())),
    "HuggingFaceTB/SmolLM2-135M-Instruct": (
        LLAMA,
        byte_level(*FRANCE, *VORLIN),
    ),
    "google-t5/t5-small": (T5, unigram(*PIECES, "▁ist", "▁wunderbar")),
}


def stand_in(name: str) -> None:
    """Put a model into the cache that has the parts of the real one."""
    config, tokenizer = STAND_INS[name]
    words = tokenizer["model"]["vocab"]
    config = config | {"vocab_size": len(words) + len(tokenizer.get("added_tokens", ()))}
    folder = cached(name, config=json.dumps(config))
    folder_with(folder, tokenizer)
    family = FAMILIES[config["model_type"]]
    weights = folder / "model.safetensors"
    save_file({"nothing": np.zeros(1)}, weights)
    architecture = family.architecture(Settings(config, folder), Tensors(safetensors_store(weights), family.prefix))
    places, random = family.places(architecture), np.random.default_rng(1)
    tensors = {}
    for ours, axes in shapes_of(architecture, Axis("vocabulary", config["vocab_size"])).items():
        shape = sizes(axes)[::-1] if places[ours].turned else sizes(axes)
        tensors.setdefault(places[ours].tensors[-1], random.normal(size=shape).astype(np.float32))
    save_file(tensors, weights)
    if config["model_type"] == "bert":
        (folder / "modules.json").write_text(json.dumps(MODULES))
        (folder / "1_Pooling").mkdir()
        (folder / "1_Pooling" / "config.json").write_text('{"pooling_mode_mean_tokens": true}')


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    empty_home(tmp_path, monkeypatch)


@pytest.mark.parametrize("name", ON_MODELS)
def test_every_stop_is_there_and_every_question_has_an_answer(name: str) -> None:
    checkpoint = read_scenario(on_models()[name]).model.weights.checkpoint
    assert checkpoint is not None
    stand_in(checkpoint)
    session = start(find_source(name), Limits())
    stepping.follow_lesson(session)
    assert len(session.lesson.stops) >= 5
    for stop in session.lesson.stops:
        assert stop.say
        if stop.question is not None:
            assert np.isfinite(stop.question.number) if stop.question.kind == "number" else stop.question.right


@pytest.mark.parametrize("name", ON_MODELS)
def test_where_the_model_is_missing_it_is_said_how_to_get_it(name: str) -> None:
    with pytest.raises(Problem) as refused:
        start(find_source(name), Limits())
    checkpoint = read_scenario(on_models()[name]).model.weights.checkpoint
    assert f"there is no model {checkpoint}" in refused.value.what
    assert f"get it with `hf download {checkpoint}`" in refused.value.hint
    assert refused.value.line is not None


def test_the_names_are_those_of_the_files_and_none_of_the_course() -> None:
    folder = on_models()[ON_MODELS[0]].parent
    assert sorted(path.stem for path in folder.glob("*.yaml")) == sorted(ON_MODELS)
    assert not set(ON_MODELS) & set(bundled())
    assert all(locate(name) == path for name, path in on_models().items())


def test_the_library_has_the_lessons_and_the_models(tmp_path: Path) -> None:
    stand_in("google-t5/t5-small")
    groups = [entry.group for entry in Library(at_home(tmp_path, Limits())).entries]
    assert groups.count("On real models") == len(ON_MODELS)
    assert groups.count("Models of this machine") == 1


async def test_the_gallery_of_a_model_in_the_library_says_which_key_gives_it_a_text(tmp_path: Path) -> None:
    stand_in("google-t5/t5-small")
    app = ExplorerApp(lambda _: Library(at_home(tmp_path, Limits())), "the library")
    async with app.run_test() as pilot:
        await still(app)
        await pilot.press("end", "E")
        assert any("Enter asks for one" in note.message for note in app._notifications)


@pytest.mark.parametrize("name", ["google-t5/t5-small", "t5-small"])
def test_a_model_is_run_by_its_name_or_the_end_of_it(name: str) -> None:
    with pytest.raises(Problem, match=r"no scenario and no model of this name|there is no model"):
        find_source(name)
    stand_in("google-t5/t5-small")
    found = find_source(name, Asked(given={"text": "The house"}))
    assert found.name == "google-t5/t5-small"
    assert "candidates" in start(found, Limits()).run.trace.steps


@pytest.mark.parametrize("name", ON_MODELS)
def test_the_library_says_on_which_model_a_lesson_is_and_nothing_of_its_size(name: str) -> None:
    scenario = read_scenario(on_models()[name])
    assert list(facts(scenario)) == [f"on {scenario.model.weights.checkpoint}"]


def test_nobody_is_asked_to_choose_from_a_whole_vocabulary() -> None:
    words = " ".join(f"w{place}" for place in range(1001))
    lesson = "lesson: [{at: encoder.input, ask: Which, answer: {argmax: token}}]"
    scenario = parse_scenario(
        f"model: {{d_model: 2, weights: {{seed: 1}}}}\ninput: {{text: {words}}}\n{lesson}", "s.yaml"
    )

    with pytest.raises(Problem, match="nobody chooses from 1001 places along token"):
        stops(scenario, plan(scenario))
