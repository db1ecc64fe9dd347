"""GPT-J: attention and network side by side after one norm, the first columns of each head turned in pairs."""

from __future__ import annotations

from attn_explore.model.architecture import Architecture, Rotary
from attn_explore.model.checkpoints.families.family import Family, Tensors
from attn_explore.model.checkpoints.families.understood import activation, architecture, biases, head, width_of_head
from attn_explore.model.checkpoints.settings import Settings
from attn_explore.model.checkpoints.tables import Places, in_layers, linear, matrix, norm, table


def _architecture(settings: Settings, tensors: Tensors) -> Architecture:
    settings.expect("rotary", True)
    settings.expect("scale_attn_weights", True)
    d_model, heads = settings.size("n_embd", "hidden_size"), settings.size("n_head", "num_attention_heads")
    layers = settings.count("n_layer", "num_hidden_layers")
    d_k = width_of_head(settings, d_model, heads, "n_head", "num_attention_heads")
    return architecture(
        kind="decoder",
        d_model=d_model,
        heads=heads,
        d_k=d_k,
        layers=layers,
        d_ff=settings.size("n_inner", default=4 * d_model),
        position="rotary",
        rotary=(Rotary(settings.size("rotary_dim", default=64)),) * layers,
        positions=settings.size("n_positions", "max_position_embeddings", default=2048),
        norm_order="pre",
        norm_eps=settings.number("layer_norm_epsilon", default=1e-5),
        parallel="one_norm",
        activation=activation(settings, "activation_function", default="gelu_new"),
        biases=biases(network=True, head="lm_head.bias" in tensors),
        head=head(settings),
    )


def _places(model: Architecture) -> Places:
    base, layer = "transformer", "transformer.h.{i}"
    return {
        "decoder.embedding_table": table(f"{base}.wte.weight"),
        **in_layers("decoder", model.decoder_layers, {
            **norm("self_attention.norm", f"{layer}.ln_1"),
            **linear("self_attention.q", f"{layer}.attn.q_proj"),
            **linear("self_attention.k", f"{layer}.attn.k_proj"),
            **linear("self_attention.v", f"{layer}.attn.v_proj"),
            **linear("self_attention.o", f"{layer}.attn.out_proj"),
            **linear("ffn.1", f"{layer}.mlp.fc_in"),
            **linear("ffn.2", f"{layer}.mlp.fc_out"),
        }),
        **norm("decoder.final_norm", f"{base}.ln_f"),
        "head.w": matrix("lm_head.weight", f"{base}.wte.weight"),
        "head.b": table("lm_head.bias"),
    }  # fmt: skip


FAMILY = Family("GPT-J", ("gptj",), _architecture, _places, prefix="transformer.")
