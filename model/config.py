"""What a model is, what goes into it, and what it may see: the sections of a scenario as frozen dataclasses.

The names, their order and their defaults are the public format of scenario files. This is their one definition: the
reader of scenario files checks these classes, and the JSON Schema for editors is made from them, descriptions included.
The module itself imports nothing heavy.

A default that follows from other keys is `DERIVED` here; `filled` puts the number in its place. The biases of the
network and of the head stay as they were said: what was trained before there were these keys is still the same model.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import field, fields, replace
from typing import Annotated, Any, ClassVar, Literal

from attn_explore.model.dataclass import dataclass

# For Pydantic: no unknown keys, no conversions between types, no infinities, descriptions from the docstrings below.
CLOSED = {"extra": "forbid", "strict": True, "allow_inf_nan": False, "use_attribute_docstrings": True}


class Bound:
    """What a number is at least (`ge`), more than (`gt`) or at most (`le`).

    Pydantic takes it for a group of annotated_types, whose import costs a start more than reading its scenario does.
    """

    __is_annotated_types_grouped_metadata__: ClassVar[Literal[True]] = True

    def __init__(self, *, ge: float = -math.inf, gt: float = -math.inf, le: float = math.inf) -> None:
        self.ge, self.gt, self.le = ge, gt, le

    def holds(self, number: float) -> bool:
        """Whether a number keeps to it."""
        return self.ge <= number <= self.le and number > self.gt

    def __iter__(self) -> Iterator[object]:
        """The same in the words of annotated_types."""
        from annotated_types import Ge, Gt, Le

        told = ((Ge, self.ge), (Gt, self.gt), (Le, self.le))
        return (kind(bound) for kind, bound in told if math.isfinite(bound))


DERIVED: Any = None

ModelKind = Literal["attention", "encoder", "decoder", "encoder-decoder"]
Score = Literal["dot", "scaled_dot", "additive", "cosine", "general"]
Weighting = Literal["softmax", "relu", "sigmoid", "sparsemax", "hardmax"]
Position = Literal["none", "sinusoidal", "learned", "rotary", "alibi"]
Norm = Literal["layer", "rms", "none"]
NormOrder = Literal["post", "pre"]
Activation = Literal["relu", "gelu", "gelu_tanh", "silu", "swiglu", "geglu"]
Head = Literal["none", "tokens", "sequence", "vocabulary"]
Dtype = Literal["float64", "float32"]
Rounding = Literal["bf16", "f16", "int8", "q8_0", "q4_1"]
Tokenizer = Literal["whitespace", "character", "checkpoint"]
Choice = Literal["auto"] | bool

Size = Annotated[int, Bound(gt=0)]
Vector = tuple[float, ...]
Matrix = tuple[Vector, ...]
NestedNumbers = Vector | Matrix | tuple[Matrix, ...]


@dataclass(frozen=True, kw_only=True)
class WeightsConfig:
    """Where the model's parameters come from: drawn from a seed, read from a file, or set by hand."""

    __pydantic_config__ = CLOSED

    seed: Annotated[int, Bound(ge=0)] = 7
    """Seed of NumPy's PCG64 generator, which draws the parameters."""
    scale: Annotated[float, Bound(ge=0)] = 0.5
    """Standard deviation of the drawn parameters."""
    file: str | None = None
    """A .safetensors file with all parameters, relative to the scenario's file."""
    checkpoint: str | None = None
    """A folder with config.json, model.safetensors and tokenizer.json, or the bare name of one."""
    set: Mapping[str, NestedNumbers] = field(default_factory=dict)
    """Single parameters by hand: a name, and its numbers row by row."""
    rounded: Rounding | None = None
    """Take every parameter as it comes back from this storage of fewer bits. Default: as it is."""

    @property
    def are_drawn(self) -> bool:
        """Whether the seed draws the parameters, rather than a file giving them."""
        return self.file is None and self.checkpoint is None


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """What the model is."""

    __pydantic_config__ = CLOSED

    kind: ModelKind = "encoder"
    """What is built; `attention` is embeddings, positions and attention blocks alone."""
    d_model: Size = 6
    """Width of the residual stream: how many numbers stand for one token."""
    heads: Size = 1
    """Number of attention heads."""
    kv_heads: Size = DERIVED
    """Heads of keys and values. Fewer than `heads`: grouped-query attention; 1: multi-query. Default: `heads`."""
    d_k: Size = DERIVED
    """Width of a query and of a key. Default: d_model / heads."""
    d_v: Size = DERIVED
    """Width of a value. Default: `d_k`."""
    layers: Size = 1
    """Number of layers in each stack."""
    encoder_layers: Size = DERIVED
    """Number of layers in the encoder. Default: `layers`."""
    decoder_layers: Size = DERIVED
    """Number of layers in the decoder. Default: `layers`."""
    d_ff: Size = DERIVED
    """Width of the feed-forward network's hidden layer. Default: 4 · d_model."""
    score: Score = "scaled_dot"
    """How alike a query and a key are; `general` is qᵀWk."""
    weighting: Weighting = "softmax"
    """What turns scores into attention weights."""
    temperature: Annotated[float, Bound(gt=0)] = 1.0
    """Scores are divided by it: below 1 attention sharpens, above 1 it spreads out."""
    position: Position = "sinusoidal"
    """How the order of the tokens enters."""
    feed_forward: bool = DERIVED
    """Whether each layer ends with a feed-forward network. Default: true, and false for kind `attention`."""
    norm: Norm = "layer"
    """How the vectors of the words are normalised."""
    norm_order: NormOrder = "post"
    """Normalise after each block's residual (post) or before each block (pre)."""
    final_norm: bool = DERIVED
    """Whether each stack ends with a norm. Default: true for norm_order pre, and where the weights file has one."""
    norm_eps: Annotated[float, Bound(ge=0)] = 1e-5
    """Added to the variance before its square root."""
    activation: Activation = "relu"
    """Non-linearity of the feed-forward network; `swiglu` and `geglu` are gated."""
    residual: bool = DERIVED
    """Whether a block's input is added to its output. Default: true, and false for kind `attention`."""
    output_projection: bool = True
    """Whether W_O follows the heads; without it they stand side by side."""
    bias: bool = False
    """Whether the projections have biases."""
    ffn_bias: bool | None = None
    """Whether the feed-forward network has biases. Default: true, and false where it is gated."""
    head_bias: bool | None = None
    """Whether the head has a bias. Default: true."""
    attention_span: Size | None = None
    """Each query sees only that many neighbours on each side (local attention); null: all of them."""
    head: Head = "none"
    """What is predicted: nothing, a label for each token, one label for all, or the next token."""
    classes: tuple[str, ...] = ()
    """Names of the labels that the head chooses from; with head vocabulary: words that the model knows."""
    dtype: Dtype = "float64"
    """Type of every number in the model."""
    weights: WeightsConfig = field(default_factory=WeightsConfig)
    """Where the parameters come from."""

    @property
    def has_encoder(self) -> bool:
        """Whether there is an encoder stack; kind `attention` uses its paths."""
        return self.kind != "decoder"

    @property
    def has_decoder(self) -> bool:
        """Whether there is a decoder stack."""
        return self.kind in ("decoder", "encoder-decoder")

    @property
    def has_feed_forward(self) -> bool:
        """Whether each layer ends with a feed-forward network; kind `attention` has none."""
        return bool(self.feed_forward) and self.kind != "attention"

    @property
    def norm_in_use(self) -> Norm:
        """The norm of the blocks; kind `attention` has none."""
        return "none" if self.kind == "attention" else self.norm


@dataclass(frozen=True, kw_only=True)
class InputConfig:
    """What goes into the model: exactly one of `text`, `tokens`, `vectors` and `ids`, and perhaps a target."""

    __pydantic_config__ = CLOSED

    text: str | None = None
    """A text, split into tokens by `tokenizer`."""
    tokens: tuple[str, ...] | None = None
    """The tokens themselves."""
    vectors: Matrix | None = None
    """The embeddings themselves, a row of d_model numbers for each token."""
    ids: tuple[Annotated[int, Bound(ge=0)], ...] | None = None
    """The token ids themselves, of a checkpoint."""
    vocabulary: tuple[str, ...] = ()
    """Words that have the first rows of the input's embedding table, in this order, before those that are read."""
    tokenizer: Tokenizer = "whitespace"
    """How `text` is split; `character` leaves the spaces out."""
    pad_to: Size | None = None
    """Adds <pad> tokens up to this number, and the pad mask. Default: no padding."""
    target: str | None = None
    """What the decoder is fed after <s> (teacher forcing); without it the decoder generates greedily."""
    target_tokens: tuple[str, ...] | None = None
    """The target's tokens themselves."""
    target_vectors: Matrix | None = None
    """The target's embeddings themselves."""
    target_ids: tuple[Annotated[int, Bound(ge=0)], ...] | None = None
    """The target's token ids themselves, of a checkpoint, its start token included."""
    max_new_tokens: Size = 8
    """How many tokens the decoder generates at most."""


@dataclass(frozen=True, kw_only=True)
class MaskConfig:
    """Which keys a query may see."""

    __pydantic_config__ = CLOSED

    causal: Choice = "auto"
    """Hide later tokens; auto: in a decoder's self-attention."""
    pad: Choice = "auto"
    """Hide <pad> tokens; auto: where there are some."""


def of_a_scenario(model: ModelConfig) -> ModelConfig:
    """As much of a model as a scenario can say."""
    return ModelConfig(**{each.name: getattr(model, each.name) for each in fields(ModelConfig)})


def filled(config: ModelConfig) -> ModelConfig:
    """The same model with every default that depends on other keys put in place.

    >>> filled(ModelConfig(d_model=8, heads=2)).d_k
    4
    """
    d_k = config.d_model // config.heads if config.d_k is DERIVED else config.d_k
    derived: dict[str, Any] = {
        "kv_heads": config.heads,
        "d_k": d_k,
        "d_v": d_k,
        "encoder_layers": config.layers,
        "decoder_layers": config.layers,
        "d_ff": 4 * config.d_model,
        "residual": config.kind != "attention",
        "feed_forward": config.kind != "attention",
        "final_norm": config.norm_in_use != "none" and config.norm_order == "pre",
    }
    return replace(config, **{key: value for key, value in derived.items() if getattr(config, key) is DERIVED})
