"""Settings of checkpoints: read strictly, and what decides and is not understood is refused by name."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save_file

from attn_explore.model.axes import Array
from attn_explore.model.checkpoints.checkpoint import checkpoint_of, open_checkpoint
from attn_explore.model.checkpoints.model_files import open_files
from attn_explore.model.checkpoints.settings import Settings
from attn_explore.model.files.stores import safetensors_store
from attn_explore.model.problems import Problem
from tests.checkpoints import FAMILIES, REFERENCES, run_of, texts_of

HERE = Path("config.json")


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(Problem) as caught:
        act()
    assert caught.value.exit_status == 2
    return caught.value.render()


def copy_of(name: str, folder: Path, **others: Any) -> Path:
    """A copy of a reference with other settings; `...` takes one away."""
    copied = Path(shutil.copytree(FAMILIES / name, folder / name))
    config = copied / "config.json"
    if others:
        found = json.loads(config.read_text()) | others
        config.write_text(json.dumps({key: value for key, value in found.items() if value is not ...}))
    return copied


def with_tensors(folder: Path, change: Callable[[dict[str, Array]], dict[str, Array]]) -> Path:
    """The same with other tensors, as float32."""
    store = safetensors_store(folder / "model.safetensors")
    save_file(change({name: store.read(name) for name in store.tensors}), store.path)
    return folder


# --- reading


@pytest.mark.parametrize("value", ["12", 1.5, 0, -3, True, [12], 2.0])
def test_a_size_is_a_whole_number(value: object) -> None:
    message = refused(lambda: Settings({"n_layer": value}, HERE).size("n_layer"))
    assert message == f"error: config.json: `n_layer`: {json.dumps(value)} is not a whole number from 1"


@pytest.mark.parametrize(
    ("method", "value", "wanted"),
    [
        ("flag", 1, "true or false"),
        ("text", 7, "a text"),
        ("number", "1e-5", "a number above 0"),
        ("number", 0, "a number above 0"),
        ("number", True, "a number above 0"),
        ("texts", "GPT2", "a list of texts"),
        ("texts", [1], "a list of texts"),
        ("whole", -1, "a whole number from 0"),
    ],
)
def test_other_settings_have_their_type(method: str, value: object, wanted: str) -> None:
    read = Settings({"key": value}, HERE)
    assert f"{json.dumps(value)} is not {wanted}" in refused(lambda: getattr(read, method)("key"))


def test_a_setting_that_must_be_there_is_missed_by_name() -> None:
    message = refused(lambda: Settings({}, HERE).size("hidden_size", "n_embd"))
    assert message == "error: config.json: `hidden_size`: is missing\nhint: it is a whole number from 1"


def test_null_is_as_if_nothing_stood_there() -> None:
    assert Settings({"n_inner": None}, HERE).size("n_inner", default=5) == 5


def test_the_first_of_several_names_counts() -> None:
    assert Settings({"n_embd": 3, "hidden_size": 4}, HERE).size("hidden_size", "n_embd") == 4


def test_more_layers_than_any_model_has_are_refused_before_anything_is_made_of_them() -> None:
    read = Settings({"n_layer": 10**9}, HERE)
    assert "1,000,000,000 layers are more than any model has" in refused(lambda: read.count("n_layer"))


LAYERS = [
    (family.name, key)
    for family in sorted(FAMILIES.iterdir())
    if (family / "config.json").exists()
    for key in json.loads((family / "config.json").read_text())
    if key in ("n_layer", "num_layers", "num_hidden_layers", "num_decoder_layers", "encoder_layers", "decoder_layers")
]


@pytest.mark.parametrize(("name", "key"), LAYERS)
def test_whichever_key_says_so_there_are_not_a_billion_layers(name: str, key: str, tmp_path: Path) -> None:
    folder = copy_of(name, tmp_path, **{key: 10**9})
    if name in ("bart", "m2m100", "marian", "marian-old") and key == "num_hidden_layers":
        assert open_checkpoint(folder).parameters  # what counts are the layers of each stack
        return
    assert "1,000,000,000 layers are more than any model has" in refused(lambda: open_checkpoint(folder).parameters)


def test_a_place_inside_another_table_has_both_names() -> None:
    inner = Settings({"rope_scaling": {"factor": "two"}}, HERE).inside("rope_scaling")
    assert inner is not None
    assert "`rope_scaling.factor`" in refused(lambda: inner.number("factor"))


@pytest.mark.parametrize("value", [2.0, True, "yes", [1], {"a": 1}])
@pytest.mark.parametrize("key", ["logit_scale", "attn_qk_norm", "num_experts", "residual_multiplier", "window_pattern"])
def test_a_setting_that_decides_and_was_not_asked_for_is_refused(key: str, value: object) -> None:
    read = Settings({key: value}, HERE)
    message = refused(read.refuse_unread)
    assert f"`{key}`: {json.dumps(value)}: what this setting does is not implemented" in message
    read.raw(key)
    read.refuse_unread()


@pytest.mark.parametrize("value", [None, False, 0, 1, [], {}])
def test_a_setting_that_switches_nothing_on_is_not_refused(value: object) -> None:
    Settings({"logit_scale": value}, HERE).refuse_unread()


# --- real files have more settings than decide


REAL: dict[str, dict[str, Any]] = {
    "gpt2": {"n_ctx": 1024, "embd_pdrop": 0.1, "summary_activation": None, "summary_first_dropout": 0.1,
             "summary_proj_to_labels": True, "summary_type": "cls_index", "summary_use_proj": True,
             "task_specific_params": {"text-generation": {"do_sample": True, "max_length": 50}}},
    "gpt-neo": {"gradient_checkpointing": False, "summary_type": "cls_index", "tokenizer_class": "GPT2Tokenizer"},
    "gpt-j": {"rotary": True, "scale_attn_weights": True, "attn_pdrop": 0.0, "gradient_checkpointing": False},
    "gpt-neox": {"attention_dropout": 0.0, "hidden_dropout": 0.0, "classifier_dropout": 0.1},
    "opt": {"activation_dropout": 0.0, "prefix": "</s>", "layerdrop": 0.0, "_remove_final_layer_norm": False},
    "bloom": {"attention_softmax_in_fp32": True, "bias_dropout_fusion": True, "masked_softmax_fusion": True,
              "offset_alibi": 100, "seq_length": 2048, "skip_bias_add": True, "skip_bias_add_qkv": False},
    "phi": {"embd_pdrop": 0.0, "resid_pdrop": 0.1, "qk_layernorm": False},
    "phi3": {"auto_map": {"AutoConfig": "configuration_phi3.Phi3Config"}, "original_max_position_embeddings": 4096},
    "llama": {"pretraining_tp": 1, "is_llama_config": True, "rope_interleaved": False, "rope_scaling": None,
              "transformers.js_config": {"kv_cache_dtype": {"fp16": "float16"}}, "_name_or_path": "x"},
    "qwen2": {"max_window_layers": 21, "sliding_window": 32768, "use_mrope": False},
    "gemma2": {"cache_implementation": "hybrid", "hidden_act": "gelu_pytorch_tanh"},
    "bert": {"gradient_checkpointing": False, "position_embedding_type": "absolute", "classifier_dropout": None,
             "directionality": "bidi", "pooler_fc_size": 768, "pooler_num_attention_heads": 12,
             "pooler_num_fc_layers": 3, "pooler_size_per_head": 128, "pooler_type": "first_token_transform"},
    "distilbert": {"tie_weights_": True, "sinusoidal_pos_embds": False, "qa_dropout": 0.1},
    "albert": {"down_scale_factor": 1, "gap_size": 0, "net_structure_type": 0, "num_memory_blocks": 0,
               "layers_to_keep": [], "eos_token_ids": 0, "pruned_heads": {}},
    "marian": {"add_bias_logits": False, "add_final_layer_norm": False, "classif_dropout": 0.0,
               "extra_pos_embeddings": 58101, "force_bos_token_to_be_generated": False, "normalize_before": False,
               "normalize_embedding": False, "static_position_embeddings": True, "bad_words_ids": [[58100]]},
    "bart": {"add_bias_logits": False, "add_final_layer_norm": False, "normalize_before": False,
             "normalize_embedding": True, "static_position_embeddings": False, "no_repeat_ngram_size": 3},
    "t5": {"n_positions": 512, "output_past": True, "dense_act_fn": "relu", "is_gated_act": False},
}  # fmt: skip


@pytest.mark.parametrize("name", REAL)
def test_what_real_files_say_besides_is_no_hindrance(name: str, tmp_path: Path) -> None:
    before = open_checkpoint(FAMILIES / name).architecture
    assert open_checkpoint(copy_of(name, tmp_path, **REAL[name])).architecture == before


# --- what is not implemented

YARN = {"rope_type": "yarn", "factor": 4.0, "rope_theta": 10000.0}
NOT_THERE = [
    ("gpt2", {"activation_function": "quick_gelu"}, "`activation_function`: \"quick_gelu\" is not implemented"),
    ("gpt2", {"add_cross_attention": True}, "`add_cross_attention`: true is not implemented"),
    ("gpt2", {"architectures": ["GPT2ForSequenceClassification"]}, "`architectures`"),
    ("gpt2", {"model_type": "gpt3"}, "hint: implemented: gpt2"),
    ("gpt2", {"quantization_config": {"bits": 4}}, "`quantization_config`"),
    ("gpt2", {"n_head": 5}, "`n_head`: 5 heads do not divide a width of 12"),
    ("gpt-neo", {"attention_types": [[["global", "strided"], 1]]}, "`attention_types`"),
    ("gpt-neo", {"attention_types": "global"}, "`attention_types`: is not understood"),
    ("gpt-neo", {"attention_types": [[["global"], 10**9]], "attention_layers": None}, "3 kinds for 2"),
    ("gpt-j", {"rotary": False}, "`rotary`: false is not implemented"),
    ("opt", {"layer_norm_elementwise_affine": False}, "`layer_norm_elementwise_affine`: false is not implemented"),
    ("bloom", {"apply_residual_connection_post_layernorm": True}, "`apply_residual_connection_post_layernorm`"),
    ("phi", {"qk_layernorm": True}, "`qk_layernorm`: true is not implemented"),
    ("phi3", {"rope_parameters": ..., "rope_scaling": {"type": "longrope"}}, "`rope_scaling.type`: \"longrope\""),
    ("llama", {"rope_parameters": YARN}, "`rope_parameters.rope_type`: \"yarn\" is not implemented"),
    ("llama", {"rope_scaling": {"type": "dynamic", "factor": 2.0}}, "`rope_scaling.type`: \"dynamic\" is not"),
    ("llama", {"rope_parameters": {"rope_type": "default", "mrope_section": [2]}}, "`rope_parameters.mrope_section`"),
    ("llama", {"num_key_value_heads": 3}, "config.json: 4 heads cannot share 3 heads of keys and values evenly"),
    ("llama", {"partial_rotary_factor": 0.5}, "config.json: rotary positions turn pairs of columns, and 3 is odd"),
    ("gpt-j", {"rotary_dim": 100}, "config.json: rotary positions cannot turn 100 of 6 columns"),
    ("t5", {"relative_attention_max_distance": 4}, "config.json: the distance 4 has a bucket of its own"),
    ("llama", {"rope_interleaved": True}, "`rope_interleaved`: true is not implemented"),
    ("llama", {"hidden_act": "relu2"}, "`hidden_act`: \"relu2\" is not implemented"),
    ("llama", {"num_local_experts": 8}, "`num_local_experts`: 8"),
    ("mistral", {"sliding_window": "all"}, "`sliding_window`: \"all\" is not a whole number"),
    ("qwen2", {"layer_types": ["full_attention", "linear_attention"]}, "`layer_types`"),
    ("qwen2", {"layer_types": ["full_attention"]}, "`layer_types`: 1 kinds for 2 layers"),
    ("gemma3", {"attn_logit_softcapping": 50.0}, "`attn_logit_softcapping`: 50.0 is not implemented"),
    ("gemma2", {"use_bidirectional_attention": True}, "`use_bidirectional_attention`: true is not implemented"),
    ("bert", {"position_embedding_type": "relative_key"}, "`position_embedding_type`: \"relative_key\""),
    ("bert", {"is_decoder": True}, "`is_decoder`: true is not implemented"),
    ("albert", {"num_hidden_groups": 2}, "`num_hidden_groups`: 2 is not implemented"),
    ("marian", {"decoder_vocab_size": 41}, "`decoder_vocab_size`: 41 is not implemented"),
    ("phi", {"rope_parameters": {"partial_rotary_factor": 0.25, "rope_theta": 9.0}}, "columns, and 1 is odd"),
    ("llama-3", {"rope_parameters": {"rope_type": "llama3", "factor": 2, "low_freq_factor": 2, "high_freq_factor": 2}},
     "cannot be slow below 2 and fast above 2"),
    ("m2m100", {"pad_token_id": 2**40}, "are more than any model has"),
    ("t5", {"feed_forward_proj": "gated-elu"}, "`feed_forward_proj`: \"gated-elu\" is not implemented"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "others", "said"), NOT_THERE)
def test_what_is_not_implemented_is_refused_by_name(
    name: str, others: dict[str, Any], said: str, tmp_path: Path
) -> None:
    assert said in refused(lambda: open_checkpoint(copy_of(name, tmp_path, **others)).parameters)


# --- tensors that do not fit


def test_everything_that_does_not_fit_is_said_at_once(tmp_path: Path) -> None:
    def spoiled(tensors: dict[str, Array]) -> dict[str, Array]:
        tensors["transformer.h.1.mlp.c_fc.weight"] = tensors["transformer.h.1.mlp.c_fc.weight"].T.copy()
        tensors["transformer.h.0.ln_1.weight"] = tensors["transformer.h.0.ln_1.weight"][:3]
        tensors["transformer.h.1.lora_A.weight"] = tensors.pop("transformer.ln_f.bias")
        return tensors

    folder = with_tensors(copy_of("gpt2", tmp_path), spoiled)
    message = refused(lambda: open_checkpoint(folder).parameters)
    assert "tensor 'transformer.h.0.ln_1.weight': has the shape 3; it must be 12" in message
    assert "has the shape 48 × 12 (is it transposed?); it must be 12 × 48" in message
    assert "tensor 'transformer.ln_f.bias': is missing; it must be 12" in message
    assert "tensor 'transformer.h.1.lora_A.weight': this model has no such parameter" in message


def test_a_fused_matrix_of_another_shape_is_said_once_for_what_it_is(tmp_path: Path) -> None:
    folder = copy_of("gpt-neox", tmp_path, num_attention_heads=4)
    assert open_checkpoint(folder).parameters  # the same shape, with other heads
    folder = copy_of("phi3", tmp_path, num_key_value_heads=1)
    message = refused(lambda: open_checkpoint(folder).parameters)
    assert "tensor 'model.layers.0.self_attn.qkv_proj.weight': has the shape 32 × 16; it must be 24 × 16" in message


def test_tensors_that_are_no_parameters_do_not_matter(tmp_path: Path) -> None:
    def more(tensors: dict[str, Array]) -> dict[str, Array]:
        some = next(iter(tensors.values()))
        names = ("transformer.h.0.attn.bias", "transformer.h.1.attn.masked_bias", "lm_head.weight")
        return tensors | dict.fromkeys(names[:2], some) | {names[2]: tensors["transformer.wte.weight"]}

    assert (
        open_checkpoint(with_tensors(copy_of("gpt2", tmp_path), more)).parameters["head.w"].tensor == "lm_head.weight"
    )


def test_a_file_of_another_family_is_missed_by_its_tensors(tmp_path: Path) -> None:
    message = refused(lambda: open_checkpoint(copy_of("gpt-neo", tmp_path, model_type="gptj")).parameters)
    assert "is missing" in message


# --- whatever stands there

HOSTILE = (
    None, True, False, 0, 1, 2, 3, 16, -1, 0.5, -0.5, 10**6, 10**30, 1e300, "", "x", "silu", [], [1], ["a"], [0, 1], {},
    {"rope_type": "llama3", "factor": 1, "low_freq_factor": 2, "high_freq_factor": 2}, {"partial_rotary_factor": 3.0},
    {"rope_type": "linear", "factor": 1e-300}, ["full_attention", "sliding_attention"], [[["global"], 2]], [[1, 2]],
)  # fmt: skip


@settings(max_examples=120)
@given(st.sampled_from(REFERENCES), st.integers(0, 2**16), st.sampled_from(HOSTILE))
def test_a_setting_is_refused_or_the_model_runs(name: str, place: int, value: object) -> None:
    files = open_files(FAMILIES / name)
    kind = files.settings.get("general.architecture", "")
    keys = [key for key in files.settings if key.startswith(f"{kind}." if kind else "")]
    changed = {**files.settings, keys[place % len(keys)]: value}
    try:
        checkpoint = checkpoint_of(replace(files, settings=changed))
        assert run_of(checkpoint, texts_of(FAMILIES / name), "float32").steps
    except Problem:
        pass
