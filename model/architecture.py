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

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

from attn_explore.model.config import Activation, ModelConfig
from attn_explore.model.dataclass import dataclass

Pairs = Literal["neighbours", "halves"]
Waves = Literal["interleaved", "halves", "fairseq"]
Counting = Literal["from_first_word", "every_token", "words_alone"]
Bias = Literal["b_q", "b_k", "b_v", "b_o", "b_1", "b_gate", "b_up", "b_2", "b_embedding", "head.b"]


@dataclass(frozen=True)
class LinearScaling:
    """Every angle is divided by a factor (rope type `linear`)."""

    factor: float


@dataclass(frozen=True)
class EachScaling:
    """The angle of each pair is divided by a factor of its own (GGUF: `rope_freqs`)."""

    factors: tuple[float, ...]


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
    scaling: LinearScaling | EachScaling | Llama3Scaling | None = None


@dataclass(frozen=True)
class RelativePositions:
    """A learned bias for each bucket of distances (T5).

    buckets    rows of the table
    far        distances from here on share the last bucket
    both_ways  whether keys ahead have half of the buckets; in a decoder they have none
    """

    buckets: int = 32
    far: int = 128
    both_ways: bool = True


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

    @property
    def embedding_width(self) -> int:
        """Width of the embedding table."""
        return self.d_model if self.d_embedding is None else self.d_embedding

    @property
    def is_gated(self) -> bool:
        """Whether the feed-forward network has a gate."""
        return self.gated or self.activation in ("swiglu", "geglu")

    def has_bias(self, name: str) -> bool:
        """Whether a projection has a bias."""
        if self.biases is not None:
            return name in self.biases
        if name == "head.b":
            return self.head_bias is not False
        if name in ("b_1", "b_2", "b_gate", "b_up"):
            return not self.is_gated if self.ffn_bias is None else self.ffn_bias
        return self.bias and name in ("b_q", "b_k", "b_v", "b_o")

    def of(self, stack: str) -> Architecture:
        """What the blocks of a stack are like."""
        if stack == "encoder":
            return self
        own = self.decoder or self
        return own if own.relative is None else replace(own, relative=replace(own.relative, both_ways=False))

    def layers_of(self, stack: str) -> int:
        """How many layers a stack has."""
        return self.encoder_layers if stack == "encoder" else self.decoder_layers

    def with_one_layer(self) -> Architecture:
        """The same with one layer in each stack, which has every step that any layer has."""
        turning = next((each for each in self.rotary if each), None)
        rotary = (turning,) if self.rotary else ()
        windows = (next((each for each in self.windows if each), None),) if self.windows else ()
        return replace(self, encoder_layers=1, decoder_layers=1, rotary=rotary, windows=windows)

    def rotary_of(self, layer: int) -> Rotary | None:
        """How a layer turns queries and keys, if it does."""
        if self.position != "rotary":
            return None
        return self.rotary[layer] if self.rotary else Rotary(self.d_k)

    def window_of(self, layer: int) -> int | None:
        """How far back a layer sees, where it does not see all."""
        return self.windows[layer] if self.windows else None


def architecture_of(config: ModelConfig) -> Architecture:
    """The architecture of a model that a scenario describes, its defaults filled in; one that is whole as it is.

    >>> architecture_of(ModelConfig(d_model=8)).segments
    0
    """
    return config if isinstance(config, Architecture) else Architecture(**vars(config))


def contradictions(model: Architecture) -> Iterator[str]:
    """What cannot be, in sentences: numbers of a model that do not go together."""
    for each in filter(None, (model, model.decoder)):
        if each.heads % each.kv_heads:
            yield f"{each.heads} heads cannot share {each.kv_heads} heads of keys and values evenly"
    for rotary in dict.fromkeys(filter(None, model.rotary)):
        yield from _contradictions_of_rotary(rotary, model.d_k)
    if model.position_offset + (model.positions or 0) > MOST_POSITIONS:
        yield f"positions up to {model.position_offset + (model.positions or 0):,} are more than any model has"
    if (rules := model.relative) is not None:
        if rules.buckets < LEAST_BUCKETS:
            yield f"{rules.buckets} buckets are too few for distances both ways: there are {LEAST_BUCKETS} at least"
        if rules.far <= rules.buckets // 2:
            yield f"the distance {rules.far} has a bucket of its own, so none can be shared from there on"
    if model.waves == "fairseq" and model.d_model < LEAST_WAVES:
        yield f"waves from fast to slow need {LEAST_WAVES} columns, and there are {model.d_model}"


LEAST_BUCKETS, LEAST_WAVES, MOST_POSITIONS = 4, 4, 2**31


def _contradictions_of_rotary(rotary: Rotary, d_k: int) -> Iterator[str]:
    dims, scaling = rotary.dims, rotary.scaling
    if dims % 2:
        yield f"rotary positions turn pairs of columns, and {dims} is odd"
    if not 0 < dims <= d_k:
        yield f"rotary positions cannot turn {dims} of {d_k} columns"
    if isinstance(scaling, EachScaling) and len(scaling.factors) != dims // 2:
        yield f"there are {len(scaling.factors)} factors for {dims // 2} rotary angles"
    if isinstance(scaling, Llama3Scaling) and not scaling.low < scaling.high:
        yield f"rotary angles cannot be slow below {scaling.low:g} and fast above {scaling.high:g}"
