"""What a real model is, beyond what a scenario can say: the rest of what the layers have to know.

Every default means: as a scenario without this key. A family of checkpoints (`model/checkpoints/families/`) fills the
fields in from its `config.json`; the layers read nothing else.

Parameters that come with them, beside those of TRACE.md:

    {stack}.w_embedding, .b_embedding           d_embedding, d_model; d_model
    {stack}.input_norm_gain, .input_norm_bias   d_model, or d_embedding where the norm comes before the projection
    {stack}.w_output                            d_model, d_embedding
    ….self_attention.q_norm_gain, .k_norm_gain  d_k, or heads·d_k where all heads are normalised together
    {stack}.layers.0.self_attention.relative_table  bucket, head
    ….{block}.output_norm_gain, .output_norm_bias   d_model
    ….ffn.b_gate, .b_up                         d_ff
    head.w_hidden, .b_hidden, .norm_gain, .norm_bias   d_model, d_embedding or d_model; the others as the second
    pooler.w, pooler.b                          d_model, pooled; pooled
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from attn_explore.model.config import Activation, ModelConfig

Pairs = Literal["neighbours", "halves"]
Waves = Literal["interleaved", "halves", "fairseq"]
Counting = Literal["from_first_word", "every_token", "words_alone"]
Bias = Literal["b_q", "b_k", "b_v", "b_o", "b_1", "b_gate", "b_up", "b_2", "b_embedding", "head.b"]


@dataclass(frozen=True)
class LinearScaling:
    """Every angle is divided by a factor (rope type `linear`)."""

    factor: float


@dataclass(frozen=True)
class Llama3Scaling:
    """Slow angles are divided by a factor, fast ones kept, those between mixed (rope type `llama3`).

    An angle is fast where its wave fits more than `high` times into the `original` number of positions, slow where it
    fits less than `low` times.
    """

    factor: float
    low: float
    high: float
    original: int


@dataclass(frozen=True)
class Rotary:
    """How queries and keys are turned by their positions.

    dims     so many columns of each head are turned, the first ones (GPT-J, NeoX, Phi: not all)
    base     θ: the angle of pair i is position / base^(2i/dims)
    pairs    columns 2i and 2i + 1 (GPT-J, the paper), or i and i + dims/2 (Llama and most others)
    scaling  what is done to the angles for longer texts
    """

    dims: int
    base: float = 10000.0
    pairs: Pairs = "neighbours"
    scaling: LinearScaling | Llama3Scaling | None = None


@dataclass(frozen=True)
class RelativePositions:
    """A learned bias for each bucket of distances (T5): in an encoder both ways, in a decoder backwards alone.

    buckets  rows of the table
    far      distances from here on share the last bucket
    """

    buckets: int = 32
    far: int = 128


@dataclass(frozen=True, kw_only=True)
class Architecture(ModelConfig):
    """Everything that the mathematics of a model depends on. Its other defaults are filled in.

    Where the layers of a stack differ, a field is a tuple with an entry for each layer; an empty one: they do not.
    """

    decoder: Architecture | None = None
    """The decoder, where its blocks are not like those of the encoder (BART: heads and d_ff of its own)."""
    shared_layers: bool = False
    """Whether all layers have the parameters of layer 0 (ALBERT)."""
    biases: frozenset[Bias] | None = None
    """The biases of projections that there are, by name; None: as `bias` and the activation say, and in the head."""

    # embeddings
    d_embedding: int | None = None
    """Width of the embedding table, where it is not d_model (ALBERT, OPT-350m); then it is projected."""
    projected_last: bool = False
    """Whether positions, segments and norm come while the embedding is narrow (ALBERT), not after (OPT-350m)."""
    projects_output: bool = False
    """Whether the last layer's output is made as narrow as the embedding (OPT-350m)."""
    embedding_scale: float | None = None
    """Embeddings are multiplied by it: √d_model in Gemma, Marian, M2M100."""
    segments: int = 0
    """Rows of the table of segments, which is added to the embeddings (BERT: 2, RoBERTa: 1)."""
    embedding_norm: bool = False
    """Whether the sum of the embeddings is normalised (BERT, BART, Bloom)."""

    # positions
    positions: int | None = None
    """The longest text: a learned table has `position_offset` rows more. None: as long as the text that is read."""
    position_offset: int = 0
    """The number that the first position has (OPT, BART, RoBERTa, M2M100: 2)."""
    counting: Counting = "from_first_word"
    """Which tokens have positions: those from the first word on, with zeros before; every token, padding too (BERT,
    BART, Marian); or words alone, so that all padding stands at `position_offset` − 1 (RoBERTa, OPT, M2M100)."""
    waves: Waves = "interleaved"
    """Sinusoidal positions: sine and cosine in turns (the paper), all sines before all cosines (Marian), or so with
    exponents up to 1 (fairseq, M2M100)."""
    rotary: tuple[Rotary | None, ...] = ()
    """With position rotary: how each layer of a stack turns queries and keys, None where it does not (SmolLM3)."""
    alibi_by_key: bool = False
    """With position alibi: whether the bias is slope · position of the key (Bloom), not minus slope · distance."""
    relative: RelativePositions | None = None
    """With position none: a learned bias by the distance of query and key, the table of layer 0 for all (T5)."""

    # attention
    qk_norm: Literal["none", "head", "all"] = "none"
    """Queries and keys are normalised: each head by itself (Qwen3, Gemma 3), or all heads together (OLMo 2)."""
    scale_width: float | None = None
    """Scores are divided by the root of this, instead of d_k (Gemma 2, 3: query_pre_attn_scalar)."""
    scaled_by_layer: bool = False
    """Whether scores are also divided by the number of the layer, from 1 (GPT-2: scale_attn_by_inverse_layer_idx)."""
    score_cap: float | None = None
    """Scores are made cap·tanh(scores/cap) before the mask (Gemma 2)."""
    windows: tuple[int | None, ...] = ()
    """Query i sees key j of its own text where 0 ≤ i − j < window; None in layers that see all (Mistral, Gemma)."""

    # blocks
    gain_plus_one: bool = False
    """Whether norms multiply by 1 + gain (Gemma as Hugging Face writes it; GGUF files hold the sum)."""
    block_norms: Literal["one", "after", "around"] = "one"
    """One norm for each block, where `norm_order` says; after: on the block's output alone, before it is added
    (OLMo 2); around: before the block and on its output (Gemma 2, 3)."""
    parallel: Literal["no", "one_norm", "two_norms"] = "no"
    """Attention and feed-forward network side by side, both added to x: after one norm (GPT-J, Phi) or two (NeoX)."""
    gated: bool = False
    """Whether `activation` bends a gate, f(xW_gate) ⊙ xW_up (Llama, Gemma, T5 1.1); `swiglu` and `geglu` do anyway."""

    # after the last layer
    output_scale: float | None = None
    """The decoder's output is multiplied by it before the head (T5 1.0: 1/√d_model)."""
    head_hidden: Activation | None = None
    """The head has a layer of its own before the logits: dense, this activation, norm (masked-word heads)."""
    logit_cap: float | None = None
    """Logits are made cap·tanh(logits/cap) (Gemma 2)."""
    pooling: Literal["none", "mean", "first", "pooler"] = "none"
    """The text's one vector: the mean of its words, its first token, or tanh(W·first + b) (BERT's pooler)."""
    unit_length: bool = False
    """Whether that vector is divided by its length (sentence embeddings)."""
