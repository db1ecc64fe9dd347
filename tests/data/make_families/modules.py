"""Which module of a family computes which step of our traces: tables, nothing else.

A row is (module, path, what is taken of its call). `{i}` in both is the layer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from torch import Tensor

Take = Callable[[Tensor, Tensor, int], Tensor]
"""From what entered a module, what left it (both without the batch) and the width of a head, to a step's numbers."""

Row = tuple[str, str] | tuple[str, str, Take]


def leaving(_entered: Tensor, left: Tensor, _d: int) -> Tensor:
    return left


def entering(entered: Tensor, _left: Tensor, _d: int) -> Tensor:
    return entered


def heads(_entered: Tensor, left: Tensor, d: int) -> Tensor:
    """(token, head·d_k) or (token, head, d_k) as (head, token, d_k)."""
    return left.reshape(len(left), -1, d).transpose(0, 1)


def of_text(_entered: Tensor, left: Tensor, _d: int) -> Tensor:
    """The one vector of a text."""
    return left[0]


def head_third(place: int, entered: Tensor, left: Tensor, d: int) -> Tensor:
    """One of three that lie side by side: [q | k | v]."""
    return heads(entered, left.chunk(3, dim=-1)[place], d)


def third_of_head(place: int, _entered: Tensor, left: Tensor, d: int) -> Tensor:
    """One of three that lie side by side in each head: [head][q, k, v]."""
    return left.reshape(len(left), -1, 3, d)[:, :, place].transpose(0, 1)


def head_block(start: int, size: int, entered: Tensor, left: Tensor, d: int) -> Tensor:
    """Some heads of [q | k | v] where queries have more of them than keys and values."""
    return heads(entered, left[:, start * d : (start + size) * d], d)


def half(place: int, _entered: Tensor, left: Tensor, _d: int) -> Tensor:
    return left.chunk(2, dim=-1)[place]


@dataclass(frozen=True)
class Modules:
    """The rows of a family, and its attention modules by the path of their block.

    stacks  the steps of a stack, and how the names of its modules begin
    """

    stacks: Mapping[str, tuple[str, Sequence[Row]]]
    attention: Mapping[str, str]
    top: Sequence[Row] = field(default=(("lm_head", "logits"),))
    is_rotary: bool = False


A = "layers.{i}.self_attention"
C = "layers.{i}.cross_attention"
F = "layers.{i}.ffn"

LLAMA: Sequence[Row] = (
    ("embed_tokens", "embedding"),
    ("layers.0", "input", entering),
    ("layers.{i}.input_layernorm", f"{A}.norm"),
    ("layers.{i}.self_attn.q_proj", f"{A}.q", heads),
    ("layers.{i}.self_attn.k_proj", f"{A}.k", heads),
    ("layers.{i}.self_attn.v_proj", f"{A}.v", heads),
    ("layers.{i}.self_attn.o_proj", f"{A}.concat", entering),
    ("layers.{i}.self_attn.o_proj", f"{A}.output"),
    ("layers.{i}.post_attention_layernorm", f"{A}.residual", entering),
    ("layers.{i}.post_attention_layernorm", f"{F}.norm"),
    ("layers.{i}.mlp.gate_proj", f"{F}.gate"),
    ("layers.{i}.mlp.up_proj", f"{F}.up"),
    ("layers.{i}.mlp.down_proj", f"{F}.hidden", entering),
    ("layers.{i}.mlp.down_proj", f"{F}.output"),
    ("layers.{i}", f"{F}.residual"),
    ("norm", "final_norm"),
)
NORMED_HEADS: Sequence[tuple[str, str, Take]] = (
    ("layers.{i}.self_attn.q_norm", f"{A}.q_norm", heads),
    ("layers.{i}.self_attn.k_norm", f"{A}.k_norm", heads),
)
NORMED_HEADS_TURNED: Sequence[Row] = tuple((module, path) for module, path, _ in NORMED_HEADS)  # (head, token, d_k)


def _changed(rows: Sequence[Row], *changes: Row) -> Sequence[Row]:
    """Rows with others for some of the paths."""
    paths = {path for _, path, *_ in changes}
    return (*(row for row in rows if row[1] not in paths), *changes)


def _without(rows: Sequence[Row], *ends: str) -> Sequence[Row]:
    return tuple(row for row in rows if not row[1].endswith(ends))


GEMMA = _changed(_without(LLAMA, ".embedding"), ("embed_tokens", "embedding_scaled"))[1:]
GEMMA2 = _changed(
    GEMMA,
    ("layers.{i}.post_attention_layernorm", f"{A}.output_norm"),
    ("layers.{i}.pre_feedforward_layernorm", f"{A}.residual", entering),
    ("layers.{i}.pre_feedforward_layernorm", f"{F}.norm"),
    ("layers.{i}.post_feedforward_layernorm", f"{F}.output_norm"),
)
OLMO2 = _changed(
    _without(LLAMA, "self_attention.norm", "self_attention.residual", "ffn.norm"),
    ("layers.{i}.post_attention_layernorm", f"{A}.output_norm"),
    ("layers.{i}.mlp", f"{A}.residual", entering),
    ("layers.{i}.post_feedforward_layernorm", f"{F}.output_norm"),
    *NORMED_HEADS,
)


def phi3(query_heads: int, key_heads: int) -> Sequence[Row]:
    return _changed(
        LLAMA,
        ("layers.{i}.self_attn.qkv_proj", f"{A}.q", partial(head_block, 0, query_heads)),
        ("layers.{i}.self_attn.qkv_proj", f"{A}.k", partial(head_block, query_heads, key_heads)),
        ("layers.{i}.self_attn.qkv_proj", f"{A}.v", partial(head_block, query_heads + key_heads, key_heads)),
        ("layers.{i}.mlp.gate_up_proj", f"{F}.gate", partial(half, 0)),
        ("layers.{i}.mlp.gate_up_proj", f"{F}.up", partial(half, 1)),
    )


GPT2: Sequence[Row] = (
    ("wte", "embedding"),
    ("wpe", "position"),
    ("h.0", "input", entering),
    ("h.{i}.ln_1", f"{A}.norm"),
    ("h.{i}.attn.c_attn", f"{A}.q", partial(head_third, 0)),
    ("h.{i}.attn.c_attn", f"{A}.k", partial(head_third, 1)),
    ("h.{i}.attn.c_attn", f"{A}.v", partial(head_third, 2)),
    ("h.{i}.attn.c_proj", f"{A}.concat", entering),
    ("h.{i}.attn.c_proj", f"{A}.output"),
    ("h.{i}.ln_2", f"{A}.residual", entering),
    ("h.{i}.ln_2", f"{F}.norm"),
    ("h.{i}.mlp.c_fc", f"{F}.hidden_pre"),
    ("h.{i}.mlp.c_proj", f"{F}.hidden", entering),
    ("h.{i}.mlp.c_proj", f"{F}.output"),
    ("h.{i}", f"{F}.residual"),
    ("ln_f", "final_norm"),
)
GPT_NEO = _changed(
    GPT2,
    ("h.{i}.attn.attention.q_proj", f"{A}.q", heads),
    ("h.{i}.attn.attention.k_proj", f"{A}.k", heads),
    ("h.{i}.attn.attention.v_proj", f"{A}.v", heads),
    ("h.{i}.attn.attention.out_proj", f"{A}.concat", entering),
    ("h.{i}.attn.attention.out_proj", f"{A}.output"),
)
GPT_J: Sequence[Row] = (
    ("wte", "embedding"),
    ("h.0", "input", entering),
    ("h.{i}.ln_1", f"{A}.norm"),
    ("h.{i}.attn.q_proj", f"{A}.q", heads),
    ("h.{i}.attn.k_proj", f"{A}.k", heads),
    ("h.{i}.attn.v_proj", f"{A}.v", heads),
    ("h.{i}.attn.out_proj", f"{A}.concat", entering),
    ("h.{i}.attn.out_proj", f"{A}.output"),
    ("h.{i}.mlp.fc_in", f"{F}.hidden_pre"),
    ("h.{i}.mlp.fc_out", f"{F}.hidden", entering),
    ("h.{i}.mlp.fc_out", f"{F}.output"),
    ("h.{i}", f"{F}.residual"),
    ("ln_f", "final_norm"),
)
GPT_NEOX: Sequence[Row] = (
    ("embed_in", "embedding"),
    ("layers.0", "input", entering),
    ("layers.{i}.input_layernorm", f"{A}.norm"),
    ("layers.{i}.attention.query_key_value", f"{A}.q", partial(third_of_head, 0)),
    ("layers.{i}.attention.query_key_value", f"{A}.k", partial(third_of_head, 1)),
    ("layers.{i}.attention.query_key_value", f"{A}.v", partial(third_of_head, 2)),
    ("layers.{i}.attention.dense", f"{A}.concat", entering),
    ("layers.{i}.attention.dense", f"{A}.output"),
    ("layers.{i}.post_attention_layernorm", f"{F}.norm"),
    ("layers.{i}.mlp.dense_h_to_4h", f"{F}.hidden_pre"),
    ("layers.{i}.mlp.dense_4h_to_h", f"{F}.hidden", entering),
    ("layers.{i}.mlp.dense_4h_to_h", f"{F}.output"),
    ("layers.{i}", f"{F}.residual"),
    ("final_layer_norm", "final_norm"),
)
GPT_NEOX_IN_TURN = (*GPT_NEOX, ("layers.{i}.post_attention_layernorm", f"{A}.residual", entering))
PHI = (
    *_without(LLAMA, "self_attention.residual", "ffn.norm", "gate", "up", ".concat", "attention.output", "ffn.hidden",
              "ffn.output", "final_norm"),
    ("layers.{i}.self_attn.dense", f"{A}.concat", entering),
    ("layers.{i}.self_attn.dense", f"{A}.output"),
    ("layers.{i}.mlp.fc1", f"{F}.hidden_pre"),
    ("layers.{i}.mlp.fc2", f"{F}.hidden", entering),
    ("layers.{i}.mlp.fc2", f"{F}.output"),
    ("final_layernorm", "final_norm"),
)  # fmt: skip
BLOOM: Sequence[Row] = (
    ("word_embeddings", "embedding"),
    ("word_embeddings_layernorm", "input_norm"),
    ("h.{i}.input_layernorm", f"{A}.norm"),
    ("h.{i}.self_attention.query_key_value", f"{A}.q", partial(third_of_head, 0)),
    ("h.{i}.self_attention.query_key_value", f"{A}.k", partial(third_of_head, 1)),
    ("h.{i}.self_attention.query_key_value", f"{A}.v", partial(third_of_head, 2)),
    ("h.{i}.self_attention.dense", f"{A}.concat", entering),
    ("h.{i}.self_attention.dense", f"{A}.output"),
    ("h.{i}.self_attention", f"{A}.residual"),
    ("h.{i}.post_attention_layernorm", f"{F}.norm"),
    ("h.{i}.mlp.dense_h_to_4h", f"{F}.hidden_pre"),
    ("h.{i}.mlp.dense_4h_to_h", f"{F}.hidden", entering),
    ("h.{i}.mlp.dense_4h_to_h", f"{F}.output"),
    ("h.{i}", f"{F}.residual"),
    ("ln_f", "final_norm"),
)


def _bart_attention(module: str, norm: str, path: str) -> Sequence[Row]:
    return (
        (f"layers.{{i}}.{module}.q_proj", f"{path}.q", heads),
        (f"layers.{{i}}.{module}.k_proj", f"{path}.k", heads),
        (f"layers.{{i}}.{module}.v_proj", f"{path}.v", heads),
        (f"layers.{{i}}.{module}.out_proj", f"{path}.concat", entering),
        (f"layers.{{i}}.{module}.out_proj", f"{path}.output"),
        (f"layers.{{i}}.{norm}", f"{path}.norm"),
    )


def _bart_layers(is_decoder: bool, is_post_norm: bool) -> Sequence[Row]:
    blocks = [("self_attn", "self_attn_layer_norm", A)]
    if is_decoder:
        blocks.append(("encoder_attn", "encoder_attn_layer_norm", C))
    attention = [row for block in blocks for row in _bart_attention(*block)]
    if is_post_norm:
        attention += [(f"layers.{{i}}.{norm}", f"{path}.residual", entering) for _, norm, path in blocks]
    return (
        *attention,
        ("layers.{i}.fc1", f"{F}.hidden_pre"),
        ("layers.{i}.fc2", f"{F}.hidden", entering),
        ("layers.{i}.fc2", f"{F}.output"),
        ("layers.{i}.final_layer_norm", f"{F}.norm"),
        ("layers.{i}", f"{F}.norm" if is_post_norm else f"{F}.residual"),
        *((("layers.{i}.final_layer_norm", f"{F}.residual", entering),) if is_post_norm else ()),
    )


MARIAN = (("layers.0", "input", entering),)
BART: Sequence[Row] = (("embed_positions", "position"), ("layernorm_embedding", "input_norm"))
M2M100: Sequence[Row] = (("layers.0", "input", entering), ("layer_norm", "final_norm"))
OPT: Sequence[Row] = (
    ("embed_tokens", "embedding"),
    ("embed_positions", "position"),
    ("layers.0", "input", entering),
    *_bart_layers(is_decoder=False, is_post_norm=False),
    ("final_layer_norm", "final_norm"),
)
OPT_POST_NORM: Sequence[Row] = (
    ("embed_tokens", "embedding"),
    ("project_in", "embedding_projected"),
    ("embed_positions", "position"),
    ("layers.0", "input", entering),
    *_bart_layers(is_decoder=False, is_post_norm=True),
    ("project_out", "output_projected"),
)


def two_stacks(first: Sequence[Row], is_post_norm: bool) -> Modules:
    """The encoder-decoders after BART."""
    return Modules(
        stacks={
            "encoder": ("model.encoder.", (*first, *_bart_layers(False, is_post_norm))),
            "decoder": ("model.decoder.", (*first, *_bart_layers(True, is_post_norm))),
        },
        attention={"self_attn": "self_attention", "encoder_attn": "cross_attention"},
        top=(),
    )


BERT: Sequence[Row] = (
    ("embeddings.word_embeddings", "embedding"),
    ("embeddings.position_embeddings", "position"),
    ("embeddings.token_type_embeddings", "segment"),
    ("embeddings.LayerNorm", "input", entering),
    ("embeddings.LayerNorm", "input_norm"),
    ("encoder.layer.{i}.attention.self.query", f"{A}.q", heads),
    ("encoder.layer.{i}.attention.self.key", f"{A}.k", heads),
    ("encoder.layer.{i}.attention.self.value", f"{A}.v", heads),
    ("encoder.layer.{i}.attention.output.dense", f"{A}.concat", entering),
    ("encoder.layer.{i}.attention.output.dense", f"{A}.output"),
    ("encoder.layer.{i}.attention.output.LayerNorm", f"{A}.residual", entering),
    ("encoder.layer.{i}.attention.output.LayerNorm", f"{A}.norm"),
    ("encoder.layer.{i}.intermediate.dense", f"{F}.hidden_pre"),
    ("encoder.layer.{i}.intermediate", f"{F}.hidden"),
    ("encoder.layer.{i}.output.dense", f"{F}.output"),
    ("encoder.layer.{i}.output.LayerNorm", f"{F}.residual", entering),
    ("encoder.layer.{i}.output.LayerNorm", f"{F}.norm"),
)
BERT_HEAD: Sequence[Row] = (
    ("cls.predictions.transform.dense", "head.hidden_pre"),
    ("cls.predictions.transform.LayerNorm", "head.hidden", entering),
    ("cls.predictions.transform.LayerNorm", "head.norm"),
    ("cls.predictions.decoder", "logits"),
)
ROBERTA_HEAD: Sequence[Row] = (
    ("lm_head.dense", "head.hidden_pre"),
    ("lm_head.layer_norm", "head.hidden", entering),
    ("lm_head.layer_norm", "head.norm"),
    ("lm_head.decoder", "logits"),
)
DISTILBERT: Sequence[Row] = (
    *_without(BERT[:5], "segment"),
    ("transformer.layer.{i}.attention.q_lin", f"{A}.q", heads),
    ("transformer.layer.{i}.attention.k_lin", f"{A}.k", heads),
    ("transformer.layer.{i}.attention.v_lin", f"{A}.v", heads),
    ("transformer.layer.{i}.attention.out_lin", f"{A}.concat", entering),
    ("transformer.layer.{i}.attention.out_lin", f"{A}.output"),
    ("transformer.layer.{i}.sa_layer_norm", f"{A}.residual", entering),
    ("transformer.layer.{i}.sa_layer_norm", f"{A}.norm"),
    ("transformer.layer.{i}.ffn.lin1", f"{F}.hidden_pre"),
    ("transformer.layer.{i}.ffn.lin2", f"{F}.hidden", entering),
    ("transformer.layer.{i}.ffn.lin2", f"{F}.output"),
    ("transformer.layer.{i}.output_layer_norm", f"{F}.residual", entering),
    ("transformer.layer.{i}.output_layer_norm", f"{F}.norm"),
)
DISTILBERT_HEAD: Sequence[Row] = (
    ("vocab_transform", "head.hidden_pre"),
    ("vocab_layer_norm", "head.hidden", entering),
    ("vocab_layer_norm", "head.norm"),
    ("vocab_projector", "logits"),
)
_ALBERT = "encoder.albert_layer_groups.0.albert_layers.0"
ALBERT: Sequence[Row] = (
    *BERT[:5],
    ("encoder.embedding_hidden_mapping_in", "embedding_projected"),
    (f"{_ALBERT}.attention.query", f"{A}.q", heads),
    (f"{_ALBERT}.attention.key", f"{A}.k", heads),
    (f"{_ALBERT}.attention.value", f"{A}.v", heads),
    (f"{_ALBERT}.attention.dense", f"{A}.concat", entering),
    (f"{_ALBERT}.attention.dense", f"{A}.output"),
    (f"{_ALBERT}.attention.LayerNorm", f"{A}.residual", entering),
    (f"{_ALBERT}.attention.LayerNorm", f"{A}.norm"),
    (f"{_ALBERT}.ffn", f"{F}.hidden_pre"),
    (f"{_ALBERT}.ffn_output", f"{F}.hidden", entering),
    (f"{_ALBERT}.ffn_output", f"{F}.output"),
    (f"{_ALBERT}.full_layer_layer_norm", f"{F}.residual", entering),
    (f"{_ALBERT}.full_layer_layer_norm", f"{F}.norm"),
)
ALBERT_HEAD: Sequence[Row] = (
    ("predictions.dense", "head.hidden_pre"),
    ("predictions.LayerNorm", "head.hidden", entering),
    ("predictions.LayerNorm", "head.norm"),
    ("predictions.decoder", "logits"),
)


def _t5_block(layer: int, name: str, path: str) -> Sequence[Row]:
    module = f"block.{{i}}.layer.{layer}"
    return (
        (f"{module}.layer_norm", f"{path}.norm"),
        (f"{module}.{name}.q", f"{path}.q", heads),
        (f"{module}.{name}.k", f"{path}.k", heads),
        (f"{module}.{name}.v", f"{path}.v", heads),
        (f"{module}.{name}.o", f"{path}.concat", entering),
        (f"{module}.{name}.o", f"{path}.output"),
        (module, f"{path}.residual"),
    )


def t5(is_decoder: bool, is_gated: bool) -> Sequence[Row]:
    """A stack of T5: the feed-forward network is the second layer of a block, the third where there is a memory."""
    last = f"block.{{i}}.layer.{1 + is_decoder}"
    hidden = (("wi_0", "gate"), ("wi_1", "up")) if is_gated else (("wi", "hidden_pre"),)
    return (
        ("embed_tokens", "embedding"),
        ("block.0", "input", entering),
        *_t5_block(0, "SelfAttention", A),
        *(_t5_block(1, "EncDecAttention", C) if is_decoder else ()),
        (f"{last}.layer_norm", f"{F}.norm"),
        *((f"{last}.DenseReluDense.{module}", f"{F}.{step}") for module, step in hidden),
        (f"{last}.DenseReluDense.wo", f"{F}.hidden", entering),
        (f"{last}.DenseReluDense.wo", f"{F}.output"),
        ("block.{i}", f"{F}.residual"),
        ("final_layer_norm", "final_norm"),
    )


def decoder(rows: Sequence[Row], prefix: str, attention: str, is_rotary: bool) -> Modules:
    """A decoder that stands alone."""
    top = (("lm_head", "logits"),) if prefix else ()
    return Modules({"decoder": (prefix, rows)}, {attention: "self_attention"}, top, is_rotary)


def encoder(rows: Sequence[Row], prefix: str, attention: str, head: Sequence[Row]) -> Modules:
    """An encoder that stands alone, with what predicts masked words where its file has that."""
    return Modules({"encoder": (prefix, rows)}, {attention: "self_attention"}, head)
