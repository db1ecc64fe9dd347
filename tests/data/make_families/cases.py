"""The tables of cases: each family, and how its checkpoints differ from each other on people's disks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gguf
import torch
import transformers as tf
from torch import Tensor

from tests.data.make_families import modules as m
from tests.data.make_families.folders import Case, Rewritten, Settings
from tests.data.make_families.gguf_files import GgufCase
from tests.data.make_families.recording import Found

SIZES: Settings = {
    "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 20, "vocab_size": 40,
    "max_position_embeddings": 32, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0,
}  # fmt: skip
GROUPED: Settings = SIZES | {"num_key_value_heads": 2}
WIDE_HEADS: Settings = GROUPED | {"head_dim": 6}
GPT2: Settings = {"n_embd": 12, "n_layer": 2, "n_head": 3, "vocab_size": 40, "n_positions": 24, "bos_token_id": 1,
                  "eos_token_id": 2, "pad_token_id": 0}  # fmt: skip
STACKS: Settings = {
    "d_model": 8, "encoder_layers": 2, "decoder_layers": 2, "encoder_attention_heads": 2,
    "decoder_attention_heads": 4, "encoder_ffn_dim": 14, "decoder_ffn_dim": 10, "vocab_size": 40,
    "max_position_embeddings": 24, "bos_token_id": 0, "eos_token_id": 2, "pad_token_id": 1,
    "decoder_start_token_id": 2,
}  # fmt: skip
T5: Settings = {
    "d_model": 8, "d_kv": 3, "d_ff": 12, "num_layers": 2, "num_heads": 2, "vocab_size": 40, "pad_token_id": 0,
    "eos_token_id": 1, "decoder_start_token_id": 0, "relative_attention_num_buckets": 8,
    "relative_attention_max_distance": 6,
}  # fmt: skip


def old(*gone: str, **put: Any) -> Rewritten:
    """config.json as transformers 4 wrote it: `torch_dtype`, no `rope_parameters`, other keys put or gone."""

    def rewritten(settings: Settings) -> Settings:
        kept = {key: value for key, value in settings.items() if key not in {"rope_parameters", "dtype", *gone}}
        return kept | {"torch_dtype": settings["dtype"], "transformers_version": "4.40.0"} | put

    return rewritten


def _llama(name: str, model: type, config: type, keys: Settings, rows: Any = m.LLAMA, **others: Any) -> Case:
    modules = m.decoder(rows, "model.", "self_attn", is_rotary=True)
    return Case(name=name, model=model, config=config, keys=keys, modules=modules, **others)


def _gpt2(name: str, keys: Settings, prefix: str = "transformer.", **others: Any) -> Case:
    model = tf.GPT2LMHeadModel if prefix else tf.GPT2Model
    modules = m.decoder(m.GPT2, prefix, "attn", is_rotary=False)
    return Case(name=name, model=model, config=tf.GPT2Config, keys=GPT2 | keys, modules=modules, **others)


def _bert(name: str, model: type, config: type, rows: Any, prefix: str, head: Any, **others: Any) -> Case:
    keys = SIZES | {"layer_norm_eps": 1e-5} | others.pop("keys", {})
    modules = m.encoder(rows, prefix, "", head)
    return Case(name=name, model=model, config=config, keys=keys, modules=modules, **others)


def _stacks(name: str, model: type, config: type, keys: Settings, rows: Any, is_post_norm: bool, **others: Any) -> Case:
    modules = m.two_stacks(rows, is_post_norm)
    keys = STACKS | keys
    return Case(name=name, model=model, config=config, keys=keys, modules=modules, target=4, tokens=5, **others)


def _t5(name: str, projection: str, **others: Any) -> Case:
    is_gated = projection.startswith("gated")
    stacks = {stack: (f"{stack}.", m.t5(stack == "decoder", is_gated)) for stack in ("encoder", "decoder")}
    modules = m.Modules(stacks, {}, top=())
    keys = T5 | {"feed_forward_proj": projection}
    return Case(name=name, model=tf.T5ForConditionalGeneration, config=tf.T5Config, keys=keys, modules=modules,
                tokens=8, target=6, spread=0.25, **others)  # fmt: skip


def sentence_embedding(folder: Path, found: Found, mask: Tensor) -> Found:
    """Write the folder of sentence-transformers, and add the mean of the words and that of length 1."""
    for name, content in {
        "modules.json": [
            {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
            {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
            {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"},
        ],
        "1_Pooling/config.json": {
            "word_embedding_dimension": 16, "pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True,
            "pooling_mode_max_tokens": False, "pooling_mode_mean_sqrt_len_tokens": False,
        },
    }.items():  # fmt: skip
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(json.dumps(content, indent=1) + "\n")
    words = found["encoder.layers.1.ffn.norm"] * mask.unsqueeze(-1).double()
    pooled = words.sum(0) / mask.sum()
    return found | {"pooled": pooled, "embedding": pooled / pooled.norm()}


POOLER = (("pooler", "pooled", m.of_text),)
TIED: Settings = {"tie_word_embeddings": True}
THETA: Settings = {"rope_parameters": {"rope_type": "default", "rope_theta": 50.0}}
LLAMA3 = {"rope_type": "llama3", "factor": 4.0, "low_freq_factor": 1.0, "high_freq_factor": 2.0,
          "original_max_position_embeddings": 16}  # fmt: skip
LOCAL = ["full_attention", "sliding_attention"]

CASES = (
    _gpt2("gpt2", {}),
    _gpt2("gpt2-padded-left", {"n_inner": 20}, pads=-3),
    _gpt2("gpt2-no-prefix", {"scale_attn_by_inverse_layer_idx": True, "activation_function": "relu"}, "",
          old=old("n_inner", "layer_norm_epsilon", "scale_attn_weights", "tie_word_embeddings")),
    _gpt2("gpt2-unscaled", {"scale_attn_weights": False}, spread=0.2, storage=torch.float16),
    Case(name="gpt-neo", model=tf.GPTNeoForCausalLM, config=tf.GPTNeoConfig,
         keys={"hidden_size": 12, "num_layers": 2, "num_heads": 2, "vocab_size": 40, "max_position_embeddings": 24,
               "attention_types": [[["global", "local"], 1]], "window_size": 3, "bos_token_id": 1, "eos_token_id": 2},
         modules=m.decoder(m.GPT_NEO, "transformer.", "attn.attention", is_rotary=False)),
    Case(name="gpt-j", model=tf.GPTJForCausalLM, config=tf.GPTJConfig,
         keys=GPT2 | {"n_embd": 18, "n_inner": 20, "rotary_dim": 4},
         modules=m.decoder(m.GPT_J, "transformer.", "attn", is_rotary=True)),
    Case(name="gpt-neox", model=tf.GPTNeoXForCausalLM, config=tf.GPTNeoXConfig,
         keys=SIZES | {"num_attention_heads": 2, "rope_parameters": {"rope_type": "default", "rope_theta": 60.0,
                                                                     "partial_rotary_factor": 0.5}},
         modules=m.decoder(m.GPT_NEOX, "gpt_neox.", "attention", is_rotary=True)),
    Case(name="gpt-neox-old", model=tf.GPTNeoXForCausalLM, config=tf.GPTNeoXConfig,
         keys=SIZES | {"num_attention_heads": 2, "use_parallel_residual": False, "hidden_act": "gelu_new"},
         modules=m.decoder(m.GPT_NEOX_IN_TURN, "gpt_neox.", "attention", is_rotary=True),
         old=old("attention_bias", rotary_pct=0.25, rotary_emb_base=300)),
    Case(name="opt", model=tf.OPTForCausalLM, config=tf.OPTConfig,
         keys=SIZES | {"ffn_dim": 20, "word_embed_proj_dim": 16, "pad_token_id": 1},
         modules=m.decoder(m.OPT, "model.decoder.", "self_attn", is_rotary=False), pads=-2),
    Case(name="opt-post-norm", model=tf.OPTForCausalLM, config=tf.OPTConfig,
         keys=SIZES | {"ffn_dim": 20, "word_embed_proj_dim": 10, "do_layer_norm_before": False},
         modules=m.decoder(m.OPT_POST_NORM, "model.decoder.", "self_attn", is_rotary=False)),
    Case(name="bloom", model=tf.BloomForCausalLM, config=tf.BloomConfig,
         keys={"hidden_size": 12, "n_layer": 2, "n_head": 3, "vocab_size": 40, "bos_token_id": 1, "eos_token_id": 2},
         modules=m.decoder(m.BLOOM, "transformer.", "self_attention", is_rotary=False)),
    Case(name="bloom-no-prefix", model=tf.BloomModel, config=tf.BloomConfig,
         keys={"hidden_size": 16, "n_layer": 2, "n_head": 4, "vocab_size": 40, "bos_token_id": 1, "eos_token_id": 2,
               "pad_token_id": 3},
         modules=m.decoder(m.BLOOM, "", "self_attention", is_rotary=False), pads=-2,
         old=old("hidden_size", n_embed=16)),
    Case(name="phi", model=tf.PhiForCausalLM, config=tf.PhiConfig, keys=GROUPED,
         modules=m.decoder(m.PHI, "model.", "self_attn", is_rotary=True)),
    Case(name="phi-old", model=tf.PhiForCausalLM, config=tf.PhiConfig,
         keys=SIZES | {"hidden_size": 20, "num_attention_heads": 2},
         modules=m.decoder(m.PHI, "model.", "self_attn", is_rotary=True),
         old=old("num_key_value_heads", rope_theta=200.0, partial_rotary_factor=0.4, rope_scaling=None)),
    _llama("phi3", tf.Phi3ForCausalLM, tf.Phi3Config, GROUPED, m.phi3(4, 2)),
    _llama("phi3-window", tf.Phi3ForCausalLM, tf.Phi3Config, SIZES | {"sliding_window": 3}, m.phi3(4, 4),
           old=old("num_key_value_heads", rope_theta=100.0, rope_scaling=None)),
    _llama("llama", tf.LlamaForCausalLM, tf.LlamaConfig, WIDE_HEADS | THETA),
    _llama("llama-old", tf.LlamaForCausalLM, tf.LlamaConfig, GROUPED | TIED,
           old=old("head_dim", "rms_norm_eps", "attention_bias", "mlp_bias", rope_theta=400.0,
                   rope_scaling={"type": "linear", "factor": 2.5})),
    _llama("llama-defaults", tf.LlamaForCausalLM, tf.LlamaConfig, SIZES, storage=torch.float16,
           old=old("num_key_value_heads", "head_dim", "rms_norm_eps", "hidden_act", "tie_word_embeddings",
                   "attention_bias", "mlp_bias", "pretraining_tp")),
    _llama("llama-3", tf.LlamaForCausalLM, tf.LlamaConfig,
           GROUPED | {"num_attention_heads": 2, "rope_parameters": LLAMA3 | {"rope_theta": 20.0}}, tokens=9),
    _llama("llama-3-old", tf.LlamaForCausalLM, tf.LlamaConfig, GROUPED, tokens=9,
           old=old(rope_theta=10.0, rope_scaling=LLAMA3)),
    _llama("llama-biased", tf.LlamaForCausalLM, tf.LlamaConfig,
           GROUPED | TIED | {"attention_bias": True, "mlp_bias": True},
           adds=(("lm_head.weight", "model.embed_tokens.weight"),)),
    _llama("llama-padded-left", tf.LlamaForCausalLM, tf.LlamaConfig, GROUPED, pads=-3,
           storage=torch.float32),
    _llama("mistral", tf.MistralForCausalLM, tf.MistralConfig, WIDE_HEADS | THETA | {"sliding_window": 3}),
    _llama("mistral-old", tf.MistralForCausalLM, tf.MistralConfig, GROUPED | {"sliding_window": None},
           old=old("head_dim", rope_theta=77.0)),
    _llama("qwen2", tf.Qwen2ForCausalLM, tf.Qwen2Config, GROUPED | TIED),
    _llama("qwen2-window", tf.Qwen2ForCausalLM, tf.Qwen2Config,
           GROUPED | {"use_sliding_window": True, "sliding_window": 3, "max_window_layers": 1},
           old=old("layer_types", rope_theta=500.0)),
    _llama("qwen3", tf.Qwen3ForCausalLM, tf.Qwen3Config, WIDE_HEADS | THETA, (*m.LLAMA, *m.NORMED_HEADS)),
    _llama("smollm3", tf.SmolLM3ForCausalLM, tf.SmolLM3Config, GROUPED | TIED | {"no_rope_layers": [0, 1]}),
    _llama("smollm3-old", tf.SmolLM3ForCausalLM, tf.SmolLM3Config, GROUPED | {"num_hidden_layers": 4},
           old=old("layer_types", "no_rope_layers", "no_rope_layer_interval", rope_theta=900.0), tokens=5),
    _llama("gemma", tf.GemmaForCausalLM, tf.GemmaConfig, WIDE_HEADS | {"hidden_size": 20}, m.GEMMA, gain=0.0,
           old=old(hidden_act="gelu", rope_theta=10000.0)),
    _llama("gemma2", tf.Gemma2ForCausalLM, tf.Gemma2Config,
           WIDE_HEADS | {"hidden_size": 12, "sliding_window": 3, "query_pre_attn_scalar": 10,
                         "attn_logit_softcapping": 2.0, "final_logit_softcapping": 3.0}, m.GEMMA2, gain=0.0),
    _llama("gemma2-old", tf.Gemma2ForCausalLM, tf.Gemma2Config, WIDE_HEADS | {"sliding_window": 2}, m.GEMMA2, gain=0.0,
           old=old("layer_types", "query_pre_attn_scalar", "final_logit_softcapping", "attn_logit_softcapping",
                   "tie_word_embeddings", rope_theta=10000.0)),
    _llama("gemma3", tf.Gemma3ForCausalLM, tf.Gemma3TextConfig,
           WIDE_HEADS | {"hidden_size": 12, "sliding_window": 3, "layer_types": LOCAL, "query_pre_attn_scalar": 9},
           (*m.GEMMA2, *m.NORMED_HEADS_TURNED), gain=0.0),
    _llama("gemma3-old", tf.Gemma3ForCausalLM, tf.Gemma3TextConfig,
           WIDE_HEADS | {"num_hidden_layers": 3, "sliding_window": 2}, (*m.GEMMA2, *m.NORMED_HEADS_TURNED), gain=0.0,
           tokens=5, old=old("layer_types", "_sliding_window_pattern", "tie_word_embeddings",
                             sliding_window_pattern=3, rope_theta=5000.0, rope_local_base_freq=30.0,
                             rope_scaling={"rope_type": "linear", "factor": 8.0})),
    _llama("olmo2", tf.Olmo2ForCausalLM, tf.Olmo2Config, GROUPED, m.OLMO2),
    _bert("bert", tf.BertForMaskedLM, tf.BertConfig, m.BERT, "bert.", m.BERT_HEAD, tokens=5, pads=1,
          segments=(0, 0, 0, 1, 1, 0)),
    _bert("bert-no-prefix", tf.BertModel, tf.BertConfig, m.BERT, "", POOLER,
          renamed=(("LayerNorm.weight", "LayerNorm.gamma"), ("LayerNorm.bias", "LayerNorm.beta")),
          old=old("layer_norm_eps", "hidden_act")),
    _bert("bert-sentence", tf.BertModel, tf.BertConfig, m.BERT, "", (), pads=3, finish=sentence_embedding),
    _bert("roberta", tf.RobertaForMaskedLM, tf.RobertaConfig, m.BERT, "roberta.", m.ROBERTA_HEAD, tokens=5, pads=1,
          keys={"pad_token_id": 1, "type_vocab_size": 1}),
    _bert("distilbert", tf.DistilBertForMaskedLM, tf.DistilBertConfig, m.DISTILBERT, "distilbert.",
          m.DISTILBERT_HEAD, pads=1, keys={"dim": 16, "n_layers": 2, "n_heads": 2, "hidden_dim": 20}),
    _bert("albert", tf.AlbertForMaskedLM, tf.AlbertConfig, m.ALBERT, "albert.", m.ALBERT_HEAD,
          keys={"embedding_size": 10, "num_hidden_layers": 3}),
    _bert("albert-gelu", tf.AlbertForMaskedLM, tf.AlbertConfig, m.ALBERT, "albert.", m.ALBERT_HEAD, pads=2,
          keys={"embedding_size": 10, "hidden_act": "gelu"}, old=old("num_hidden_groups", "inner_group_num")),
    _stacks("marian", tf.MarianMTModel, tf.MarianConfig, {"activation_function": "swish", "scale_embedding": True},
            m.MARIAN, True, pads=2),
    _stacks("marian-old", tf.MarianMTModel, tf.MarianConfig, {"activation_function": "gelu"}, m.MARIAN, True,
            spread=0.5,
            old=old("decoder_vocab_size", "share_encoder_decoder_embeddings", "scale_embedding",
                    "tie_word_embeddings")),
    _stacks("marian-own-tables", tf.MarianMTModel, tf.MarianConfig,
            {"activation_function": "relu", "share_encoder_decoder_embeddings": False, "tie_word_embeddings": False},
            m.MARIAN, True, old=old(static_position_embeddings=False),
            adds=tuple((f"model.{stack}.embed_positions.weight", (24, 8)) for stack in ("encoder", "decoder"))),
    _stacks("bart", tf.BartForConditionalGeneration, tf.BartConfig, {}, m.BART, True, pads=2),
    _stacks("m2m100", tf.M2M100ForConditionalGeneration, tf.M2M100Config, {"decoder_layers": 1}, m.M2M100, False,
            pads=2),
    _t5("t5", "relu", pads=1),
    _t5("t5-1.1", "gated-gelu"),
    _t5("t5-1.1-old", "gated-gelu", adds=(("lm_head.weight", "shared.weight"),),
        old=old("scale_decoder_outputs", "num_decoder_layers", "dense_act_fn",
                                            "is_gated_act", tie_word_embeddings=False)),
)  # fmt: skip

GGUF_CASES = (
    GgufCase(_llama("llama", tf.LlamaForCausalLM, tf.LlamaConfig, WIDE_HEADS | THETA), "llama"),
    GgufCase(
        _llama("llama-3", tf.LlamaForCausalLM, tf.LlamaConfig,
               GROUPED | TIED | {"hidden_size": 32, "intermediate_size": 32,
                                 "rope_parameters": LLAMA3 | {"rope_theta": 20.0}}, tokens=9),
        "llama", gguf.GGMLQuantizationType.Q8_0,
    ),
    GgufCase(_llama("qwen2", tf.Qwen2ForCausalLM, tf.Qwen2Config, GROUPED), "qwen2"),
    GgufCase(_llama("qwen3", tf.Qwen3ForCausalLM, tf.Qwen3Config, WIDE_HEADS | TIED | THETA), "qwen3"),
    GgufCase(_llama("gemma", tf.GemmaForCausalLM, tf.GemmaConfig, WIDE_HEADS, m.GEMMA, gain=0.0), "gemma"),
    GgufCase(
        _llama("gemma2", tf.Gemma2ForCausalLM, tf.Gemma2Config,
               WIDE_HEADS | {"sliding_window": 3, "query_pre_attn_scalar": 6, "attn_logit_softcapping": 2.0,
                             "final_logit_softcapping": 3.0}, m.GEMMA2, gain=0.0),
        "gemma2",
    ),
    GgufCase(
        _llama("gemma3", tf.Gemma3ForCausalLM, tf.Gemma3TextConfig,
               WIDE_HEADS | {"num_hidden_layers": 6, "sliding_window": 3, "query_pre_attn_scalar": 6,
                             "hidden_size": 8, "intermediate_size": 12}, m.GEMMA2, gain=0.0),
        "gemma3",
    ),
    GgufCase(_gpt2("gpt2", {}), "gpt2"),
    GgufCase(_llama("phi3", tf.Phi3ForCausalLM, tf.Phi3Config, GROUPED | {"sliding_window": 4}, m.phi3(4, 2)), "phi3"),
)  # fmt: skip
"""What llama.cpp does not write down is as it takes it: scores of Gemma 2 and 3 by the width of a head."""
