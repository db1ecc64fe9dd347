from dataclasses import FrozenInstanceError, fields

import pytest

from attn_explore.model.config import InputConfig, MaskConfig, ModelConfig, WeightsConfig, filled


def keys(kind):
    return " ".join(field.name for field in fields(kind))


def test_the_sections_have_the_keys_of_the_format_in_its_order():
    assert keys(ModelConfig) == (
        "kind d_model heads kv_heads d_k d_v layers encoder_layers decoder_layers d_ff score weighting temperature "
        "position feed_forward norm norm_order final_norm norm_eps activation residual output_projection bias "
        "ffn_bias head_bias attention_span head classes dtype weights"
    )
    assert keys(WeightsConfig) == "seed scale file checkpoint set rounded"
    assert keys(InputConfig) == (
        "text tokens vectors ids vocabulary tokenizer pad_to "
        "target target_tokens target_vectors target_ids max_new_tokens"
    )
    assert keys(MaskConfig) == "causal pad"


def test_defaults_that_depend_on_other_keys_are_filled_in():
    model = filled(ModelConfig(d_model=8, heads=2, layers=3))
    assert (model.kv_heads, model.d_k, model.d_v, model.d_ff) == (2, 4, 4, 32)
    assert (model.encoder_layers, model.decoder_layers, model.residual) == (3, 3, True)


def test_what_is_given_is_not_filled_over():
    given = ModelConfig(d_model=8, heads=2, kv_heads=1, d_k=3, d_v=5, d_ff=7, encoder_layers=2, residual=False)
    assert filled(given) == filled(filled(given))
    assert filled(given).d_v == 5
    assert filled(given).residual is False


def test_d_v_follows_a_given_d_k():
    assert filled(ModelConfig(d_model=6, heads=4, d_k=5)).d_v == 5


def test_attention_alone_has_no_residual():
    assert filled(ModelConfig(kind="attention")).residual is False


def test_a_model_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        ModelConfig().heads = 2  # type: ignore[misc]  # which is what is tried


def test_parameters_are_drawn_unless_a_file_gives_them():
    assert WeightsConfig().are_drawn
    assert not WeightsConfig(file="w.safetensors").are_drawn
    assert not WeightsConfig(checkpoint="gpt2").are_drawn
