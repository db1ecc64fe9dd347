"""Which steps are one box, and what the box is called, from their paths, operations and shapes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from attn_explore.model.diagram.boxes import Box
from attn_explore.model.values import Value

ALONE = frozenset({"norm", "output_norm", "residual"})
"""Steps of a block that are boxes of their own; the others are one."""

WITH = {
    "embedding_scaled": "embedding", "embedding_length": "embedding", "pooling": "pooled", "first_token": "pooled",
    "pooled_pre": "pooled", "hidden_pre": "hidden", "capped_logits": "logits", "loss_per_token": "loss",
}  # fmt: skip
"""Steps outside of blocks that belong to the box of another one."""

ABOUT = {"self_attention": "weights", "cross_attention": "weights", "ffn": "hidden"}
"""The step that a block is about."""

FUNCTIONS = {
    "relu": "ReLU", "gelu": "GELU", "gelu_tanh": "GELU", "silu": "SiLU", "reglu": "ReGLU", "geglu": "GeGLU",
    "geglu_tanh": "GeGLU", "swiglu": "SwiGLU", "normalise": "LayerNorm", "rms_normalise": "RMSNorm",
    "sinusoid": "sinusoidal", "rows": "learned",
}  # fmt: skip
"""Operations as the field writes them, where it does so otherwise."""


def box_key(path: str) -> str:
    """The same text for all steps of one box: the path of the block, or that of the step which the others belong to.

    >>> box_key("encoder.layers.0.self_attention.q"), box_key("encoder.layers.0.self_attention.norm")
    ('encoder.layers.0.self_attention', 'encoder.layers.0.self_attention.norm')
    >>> box_key("encoder.embedding_scaled"), box_key("pooling")
    ('encoder.embedding', 'pooled')
    """
    above, _, name = path.rpartition(".")
    if "layers" in above.split("."):
        return path if name in ALONE else above
    return f"{above}.{WITH.get(name, name)}".lstrip(".")


def box_of(key: str, steps: Sequence[Value], reads: tuple[str, ...], parameters: tuple[str, ...]) -> Box:
    """The box of some steps that have a key in common."""
    named = {step.name: step for step in steps}
    block, last = key.rpartition(".")[2], steps[-1]
    about = named.get(ABOUT.get(block, block), last)
    name, short, *notes = NAMES.get(block, _called)(named, last)
    if key == "embedding":  # of a text, not of its words
        name, short = "unit length", "unit length"
    return Box(
        path=about.path,
        name=name,
        short=short,
        notes=tuple(filter(None, notes)),
        shape=last.shape,
        steps=tuple(step.path for step in steps),
        parameters=parameters,
        reads=reads,
        is_sum=is_sum(last) and len(steps) == 1,
    )


def words_box(words: Value) -> Box:
    """The box of the words that a tower reads."""
    labels = words.axes[0].labels
    said = () if labels is None else (" ".join(labels),)
    return Box(words.path, "tokens", "tokens", words.shape, said)


def is_sum(step: Value) -> bool:
    """Whether a step adds several values; with one alone it hands that on."""
    return step.made_by.name == "add" and len(step.operands) > 1


# --- names: the long one, the short one, and what else is to be seen

Steps = Mapping[str, Value]
"""The steps of a box by their names."""


def _attention(kind: str, short: str) -> Callable[[Steps, Value], Sequence[str]]:
    return lambda steps, _: (kind, short, *_heads(steps), *_masks(steps), *_positions(steps), _weighting(steps))


def _heads(steps: Steps) -> Sequence[str]:
    heads, shared = (steps[name].axis("head").size if name in steps else 0 for name in ("weights", "k"))
    counted = f"{heads} head{'s' * (heads != 1)}" if heads else ""
    return (counted, f"{shared} for keys" if shared not in (0, heads) else "")


def _masks(steps: Steps) -> Sequence[str]:
    if "mask" not in steps:
        return ()
    options = steps["mask"].options
    reaches = [f"{name} {options[name]}" for name in ("span", "window") if options[name] is not None]
    return ("causal" if options["causal"] else "", *reaches, "padding" if options["pad"] else "")


def _positions(steps: Steps) -> Sequence[str]:
    return ("rotary" if "q_rotated" in steps else "", "position bias" if "position_bias" in steps else "")


def _weighting(steps: Steps) -> str:
    made = steps["weights"].made_by.name if "weights" in steps else "softmax"
    return "" if made == "softmax" else f"{_function(made)} weights"


def _network(steps: Steps, last: Value) -> Sequence[str]:
    first, hidden = next(iter(steps.values())), steps.get("hidden", last)
    sizes = (first.operands[0].shape[-1], hidden.shape[-1], last.shape[-1])
    return (f"ffn {'→'.join(map(str, sizes))}", "ffn", _function(hidden.made_by.name))


def _norm(_: Steps, last: Value) -> Sequence[str]:
    return (_function(last.made_by.name), "norm")


def _final_norm(_: Steps, last: Value) -> Sequence[str]:
    return (f"final {_function(last.made_by.name)}", "final norm")


def _embedding(steps: Steps, _: Value) -> Sequence[str]:
    return ("embedding", "embedding", "scaled" if "embedding_scaled" in steps else "")


def _position(_: Steps, last: Value) -> Sequence[str]:
    return ("position", "position", _function(last.made_by.name))


def _pooled(steps: Steps, last: Value) -> Sequence[str]:
    if "pooled_pre" in steps:
        return ("pooler", "pooler", _function(last.made_by.name))
    return ("mean of the words", "mean") if "pooling" in steps else ("first word", "first word")


def _product(name: str) -> Callable[[Steps, Value], Sequence[str]]:
    def named(steps: Steps, last: Value) -> Sequence[str]:
        first = next(iter(steps.values()))
        sizes = f"{name} {first.operands[0].shape[-1]}→{last.shape[-1]}"
        return (sizes, name, "" if last is first else _function(last.made_by.name))

    return named


def _logits(steps: Steps, last: Value) -> Sequence[str]:
    named = _product("logits")(steps, last)[:2]
    return (*named, "words" if "vocabulary" in last.names else "classes", "capped" if len(steps) > 1 else "")


def _plainly(name: str, short: str = "") -> Callable[[Steps, Value], Sequence[str]]:
    return lambda *_: (name, short or name)


def _called(_: Steps, last: Value) -> Sequence[str]:
    name = last.name.replace("_", " ")
    return (name, name)


def _function(operation: str) -> str:
    return FUNCTIONS.get(operation, operation)


NAMES: Mapping[str, Callable[[Steps, Value], Sequence[str]]] = {
    "self_attention": _attention("self-attention", "attention"),
    "cross_attention": _attention("cross-attention", "cross-attention"),
    "ffn": _network,
    "norm": _norm,
    "input_norm": _norm,
    "output_norm": _norm,
    "final_norm": _final_norm,
    "residual": _plainly("add"),
    "input": _plainly("add"),
    "embedding": _embedding,
    "position": _position,
    "segment": _plainly("segment"),
    "embedding_projected": _product("projection"),
    "output_projected": _product("projection"),
    "output_scaled": _plainly("scale"),
    "hidden": _product("head"),
    "pooled": _pooled,
    "logits": _logits,
    "probabilities": _plainly("softmax"),
    "candidates": _plainly("next word"),
    "loss": _plainly("cross-entropy", "loss"),
}
"""By the name of the block, or of the step, that a box is about."""
