"""GPT-2. Its matrices are stored as they multiply from the right; queries, keys and values lie side by side."""

from __future__ import annotations

from attn_explore.model.architecture import Architecture
from attn_explore.model.checkpoints.families.family import Family, Tensors
from attn_explore.model.checkpoints.families.understood import activation, architecture, biases, head, width_of_head
from attn_explore.model.checkpoints.parts import Share
from attn_explore.model.checkpoints.settings import Settings
from attn_explore.model.checkpoints.tables import Places, in_layers, linear, matrix, norm, table


def _architecture(settings: Settings, _tensors: Tensors) -> Architecture:
    settings.expect("add_cross_attention", False)
    d_model, heads = settings.size("n_embd", "hidden_size"), settings.size("n_head", "num_attention_heads")
    is_scaled = settings.flag("scale_attn_weights", default=True)
    return architecture(
        kind="decoder",
        d_model=d_model,
        heads=heads,
        d_k=width_of_head(settings, d_model, heads, "n_head", "num_attention_heads"),
        layers=settings.count("n_layer", "num_hidden_layers"),
        d_ff=settings.size("n_inner", default=4 * d_model),
        score="scaled_dot" if is_scaled else "dot",
        scaled_by_layer=settings.flag("scale_attn_by_inverse_layer_idx", default=False),
        position="learned",
        positions=settings.size("n_positions", "max_position_embeddings", default=1024),
        norm_order="pre",
        norm_eps=settings.number("layer_norm_epsilon", default=1e-5),
        activation=activation(settings, "activation_function", default="gelu_new"),
        biases=biases(attention=True, network=True),
        head=head(settings),
    )


def _places(model: Architecture) -> Places:
    base, layer = "transformer", "transformer.h.{i}"
    return {
        "decoder.embedding_table": table(f"{base}.wte.weight"),
        "decoder.position_table": table(f"{base}.wpe.weight"),
        **in_layers("decoder", model.decoder_layers, {
            **norm("self_attention.norm", f"{layer}.ln_1"),
            **linear("self_attention.q", f"{layer}.attn.c_attn", Share(0, 3), turned=False),
            **linear("self_attention.k", f"{layer}.attn.c_attn", Share(1, 3), turned=False),
            **linear("self_attention.v", f"{layer}.attn.c_attn", Share(2, 3), turned=False),
            **linear("self_attention.o", f"{layer}.attn.c_proj", turned=False),
            **norm("ffn.norm", f"{layer}.ln_2"),
            **linear("ffn.1", f"{layer}.mlp.c_fc", turned=False),
            **linear("ffn.2", f"{layer}.mlp.c_proj", turned=False),
        }),
        **norm("decoder.final_norm", f"{base}.ln_f"),
        "head.w": matrix("lm_head.weight", f"{base}.wte.weight"),
    }  # fmt: skip


FAMILY = Family("GPT-2", ("gpt2",), _architecture, _places, prefix="transformer.")
