"""OPT: positions count from 2, pads do not count; the 350m model is post-norm, with narrow embeddings."""

from __future__ import annotations

from attn_explore.model.architecture import Architecture
from attn_explore.model.checkpoints.families.family import Family, Tensors
from attn_explore.model.checkpoints.families.understood import activation, architecture, biases, head, width_of_head
from attn_explore.model.checkpoints.settings import Settings
from attn_explore.model.checkpoints.tables import Places, in_layers, linear, matrix, norm, table


def _architecture(settings: Settings, _tensors: Tensors) -> Architecture:
    settings.expect("layer_norm_elementwise_affine", True)
    d_model, heads = settings.size("hidden_size"), settings.size("num_attention_heads")
    is_pre_norm = settings.flag("do_layer_norm_before", default=True)
    width = settings.size("word_embed_proj_dim", default=d_model)
    is_narrow = width != d_model
    return architecture(
        kind="decoder",
        d_model=d_model,
        heads=heads,
        d_k=width_of_head(settings, d_model, heads, "num_attention_heads"),
        layers=settings.count("num_hidden_layers"),
        d_ff=settings.size("ffn_dim"),
        d_embedding=width if is_narrow else None,
        projects_output=is_narrow,
        position="learned",
        positions=settings.size("max_position_embeddings", default=2048),
        position_offset=2,
        counting="words_alone",
        norm_order="pre" if is_pre_norm else "post",
        final_norm=is_pre_norm and not settings.flag("_remove_final_layer_norm", default=False),
        activation=activation(settings, "activation_function", default="relu"),
        biases=biases(attention=settings.flag("enable_bias", default=True), network=True),
        head=head(settings),
    )


def _places(model: Architecture) -> Places:
    base, layer = "model.decoder", "model.decoder.layers.{i}"
    return {
        "decoder.embedding_table": table(f"{base}.embed_tokens.weight"),
        **linear("decoder.embedding", f"{base}.project_in"),
        "decoder.position_table": table(f"{base}.embed_positions.weight"),
        **in_layers("decoder", model.decoder_layers, {
            **norm("self_attention.norm", f"{layer}.self_attn_layer_norm"),
            **linear("self_attention.q", f"{layer}.self_attn.q_proj"),
            **linear("self_attention.k", f"{layer}.self_attn.k_proj"),
            **linear("self_attention.v", f"{layer}.self_attn.v_proj"),
            **linear("self_attention.o", f"{layer}.self_attn.out_proj"),
            **norm("ffn.norm", f"{layer}.final_layer_norm"),
            **linear("ffn.1", f"{layer}.fc1"),
            **linear("ffn.2", f"{layer}.fc2"),
        }),
        **norm("decoder.final_norm", f"{base}.final_layer_norm"),
        "decoder.w_output": matrix(f"{base}.project_out.weight"),
        "head.w": matrix("lm_head.weight", f"{base}.embed_tokens.weight"),
    }  # fmt: skip


FAMILY = Family("OPT", ("opt",), _architecture, _places, prefix="model.")
