"""A written formula says what was computed: read by the usual rules, it gives the value from its operands' values."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import example, given, settings

from attn_explore.explorer.session.course import locate
from attn_explore.model.architecture import EachScaling, LinearScaling, Llama3Scaling, Rotary
from attn_explore.model.axes import Array, names, sizes
from attn_explore.model.backward import record_gradients
from attn_explore.model.config import Activation, ModelConfig, Norm, Position, Score, Weighting, filled
from attn_explore.model.finer import finer_steps
from attn_explore.model.formulas import formula, letter, letters_within, name_in_formulas
from attn_explore.model.notation import Binding, binding, symbol
from attn_explore.model.ops import is_gradient, readers_of
from attn_explore.model.run import plan, run
from attn_explore.model.scenario import parse_scenario, read_scenario
from attn_explore.model.trace import Trace
from attn_explore.model.values import Value, View
from tests.building import SEEDS, configs, encoded, masks, ran, random_parameters
from tests.formula_reader import Named, Reader, lined_up
from tests.opened import NAMES
from tests.references import bucket

RULES = frozenset(
    {
        "sinusoid", "visibility", "identity", "evenly", "distance", "key_position", "buckets", "measured", "tally",
        "shares",
    }
)  # fmt: skip
"""Operations whose formulas are rules in words: they compute from nothing but places and sizes."""

REDUCTIONS: dict[str, Callable[..., Array]] = {
    "maximum": np.max,
    "sum": np.sum,
    "mean": np.mean,
    "median": np.median,
    "length": lambda array, axis: np.sqrt(np.square(array).sum(axis=axis)),
}
"""What is written as `maximum of x over key`."""


FIRST_COLUMNS, HALVES = r"(?:, the first (\d+) columns)?", r"(?:, column i with i \+ (\d+))?"
"""Which columns are turned, and in which pairs, where that is not all of them and the one beside."""


def right_side(value: Value) -> str:
    return formula(value).partition(" = ")[2]


def all_steps(trace: Trace) -> Iterator[Value]:
    for step in trace.steps.values():
        yield step
        yield from finer_steps(step)


def comes_to(value: Value) -> np.ndarray:
    """What the right side of a formula comes to, in the axes of the value."""
    text, operands = right_side(value), value.operands
    if text.endswith("side by side") and value.made_by.name == "stack":
        return stacked(value)
    reader = Reader(known_in(value, text))
    over = "d_k" if value.made_by.name == "cosine" else value.options.get("over")

    def read(part: str, along: str | None = None) -> Named:
        return reader.value(part, value.names, along)

    if found := re.fullmatch(r"(\w+) of (.+) over (\S+)", text):
        inner = read(found[2])
        kept = tuple(name for name in inner.names if name != found[3])
        return lined_up(Named(kept, REDUCTIONS[found[1]](inner.array, axis=inner.names.index(found[3]))), value.names)
    if found := re.fullmatch(r"heads of (.+) side by side", text):
        inner = read(found[1])
        return np.concatenate(list(inner.array), axis=-1)
    if found := re.fullmatch(r"(.+) of the (first|last) (\w+)", text):
        return read(found[1]).array[0 if found[2] == "first" else -1]
    if found := re.fullmatch(rf"(.+) turned by position·θᵢ{FIRST_COLUMNS}{HALVES}", text):
        x = read(found[1]).array
        dims = int(found[2] or x.shape[-1])
        assert found[3] in (None, str(dims // 2))
        return turned(x, dims, [turn(value.options["rotary"], i) for i in range(dims // 2)], in_halves=bool(found[3]))
    if found := re.fullmatch(r"(.+)\[bucket\(key − query\)\]", text):
        rows, rules = read(found[1]).array, value.options["rules"]
        _, queries, keys = value.shape
        picked = [
            [rows[bucket(key - query, rules.buckets, rules.far, rules.both_ways)] for key in range(keys)]
            for query in range(queries)
        ]
        return np.moveaxis(np.array(picked), -1, 0)
    if value.made_by.name == "part":
        assert text.endswith(f" of {name_in_formulas(operands[0].value)}")
        return value.array  # which part is written as its labels
    if found := re.fullmatch(r"(.+)\[(\d), \d, \d, …\]", text):
        return read(found[1]).array[int(found[2]) :][: value.shape[0]]
    if found := re.fullmatch(r"(.+)\[position\]", text):
        before = value.options["numbering"].first
        rows = read(found[1]).array[value.options["numbering"].offset :][: value.shape[0] - before]
        return np.concatenate([value.array[:before], rows])  # which padding has none of, or one of its own
    return in_axes_of(value, read(text, over))


def stacked(value: Value) -> np.ndarray:
    """Operands side by side, along the axes that they lack."""
    own = value.operands[0]
    parts = np.stack([lined_up(known(view), own.names) for view in value.operands])
    new = tuple(value.axis(name) for name in value.options["along"])
    return lined_up(Named((*names(new), *own.names), parts.reshape(*sizes(new), *own.shape)), value.names)


def in_axes_of(value: Value, found: Named) -> np.ndarray:
    """A result in the axes of a value: heads that stand side by side in a product of matrices are taken apart."""
    sides = {name: value.axis(name).size for name in value.names if name not in found.names}
    shape: list[int] = []
    own: list[str] = []
    for name, length in zip(found.names, found.array.shape, strict=True):
        parts = name.split("·") if "·" in name and name not in value.names else [name]
        own += parts
        shape += [sides.get(part, length) for part in parts]
    return lined_up(Named(tuple(own), found.array.reshape(shape)), value.names)


def turned(array: np.ndarray, dims: int, turns: Sequence[float], *, in_halves: bool) -> np.ndarray:
    """Pairs of columns as complex numbers, multiplied by e^(i·m·θ) at position m; what is in no pair as it is."""
    result = array.copy()
    for i, angle in enumerate(turns):
        first, second = (i, i + dims // 2) if in_halves else (2 * i, 2 * i + 1)
        for m in range(array.shape[-2]):
            pair = (array[..., m, first] + 1j * array[..., m, second]) * np.exp(1j * m * angle)
            result[..., m, first], result[..., m, second] = pair.real, pair.imag
    return result


def turn(rotary: Rotary, i: int) -> float:
    """θᵢ: the angle of pair i from one position to the next."""
    angle = float(rotary.base ** (-2 * i / rotary.dims))
    match rotary.scaling:
        case LinearScaling(factor):
            return angle / factor
        case EachScaling(factors):
            return angle / factors[i]
        case Llama3Scaling(factor, low, high, original):
            length = 2 * math.pi / angle
            if length < original / high:
                return angle
            if length > original / low:
                return angle / factor
            smooth = (original / length - low) / (high - low)
            return angle * ((1 - smooth) / factor + smooth)
    return angle


def known(view: View, *, in_product: bool = True) -> Named:
    """An operand as it stands in a formula: in a product, a matrix that is split into heads is still one matrix."""
    is_split = in_product and len(view.axes) > len(view.value.axes)
    return Named(view.value.names, view.value.array) if is_split else Named(view.names, view.array)


def known_in(value: Value, text: str) -> dict[str, Named]:
    """The operands by how they are written in a formula, and the constants. No symbol may stand for two of them."""
    found: dict[str, Named] = {}
    owners: dict[str, str] = {}
    for view in value.operands:
        marks = "".join({"i": "ᵢ", "j": "ⱼ"}.get(name, "") for name in view.names if name not in view.value.names)
        name = f"{name_in_formulas(view.value)}{marks}"
        if name not in text and re.search(r"(?<![a-z_])x(?![a-z_])", text):
            name = "x"  # a step of another block
        if (full := ".".join(view.path.split(".")[-2:])) in text:
            name = full  # a step of another block that is not the stream
        assert owners.setdefault(name, view.path) == view.path, f"{text}: two values are {name}"
        found[name] = known(view, in_product=value.made_by.name == "contract")
    return found | constants(value, known(value.operands[0]) if value.operands else Named((), 0.0))


def constants(value: Value, x: Named) -> dict[str, Named]:
    """The numbers that stand in formulas as letters."""
    found: dict[str, Named] = {}
    if value.made_by.name == "scale":
        root = np.sqrt(value.operands[0].value.operands[0].shape[-1]) if "√dₖ" in right_side(value) else 1.0
        found |= {"T": Named((), 1 / (value.options["by"].value * root)), "h": Named((), 1e-5)}
        found |= {"√dₖ": Named((), root)}
        found |= {"√d_model": Named((), np.sqrt(value.shape[-1]))}
    if "eps" in value.options:
        along = tuple(map(x.names.index, value.options["over"].split()))
        mean, variance = (getattr(np, moment)(x.array, axis=along, keepdims=True) for moment in ("mean", "var"))
        found |= {"μ": Named(x.names, mean), "σ²": Named(x.names, variance), "ε": Named((), value.options["eps"])}
    return found


def check(value: Value) -> None:
    if is_gradient(value):
        check_chain_rule(value)
    elif value.made_by.name not in RULES:
        with np.errstate(all="ignore"):
            tolerance = 1e-4 if value.dtype == np.float32 else 1e-9
            np.testing.assert_allclose(
                comes_to(value), value.array, rtol=tolerance, atol=tolerance, err_msg=formula(value)
            )


def check_chain_rule(value: Value) -> None:
    """A term for each reader, `∂L/∂step · ∂step/∂x`, and no two of them for one step, nor one for x itself."""
    left, _, right = formula(value).partition(" = ")
    readers = readers_of(value)
    if not readers:
        return
    whole = re.fullmatch(r"(∂\w)/∂(.+)", left)
    assert whole, left
    of, by = whole.groups()
    terms = [re.fullmatch(rf"{of}/∂(.+) · ∂(\1)/∂{re.escape(by)}", term) for term in terms_of(right)]
    assert all(terms), formula(value)
    steps = [term[1] for term in terms if term]
    assert len({*steps, by}) == len(steps) + 1, formula(value)
    assert len(steps) == len({reader.step.path for reader in readers}) or "terms" in right


def terms_of(text: str) -> list[str]:
    """The terms of a sum; what stands in brackets is not taken apart."""
    text = re.sub(r" \+ … \(\d+ terms\)$", "", text)
    depth, terms = 0, [""]
    for part in re.split(r"(\(|\)| \+ )", text):
        depth += {"(": 1, ")": -1}.get(part, 0)
        if part == " + " and depth == 0:
            terms.append("")
        else:
            terms[-1] += part
    return terms


@pytest.mark.parametrize("name", NAMES)
def test_the_formulas_of_a_bundled_scenario_come_to_its_values(name: str) -> None:
    scenario = read_scenario(locate(name))
    if name in ("wide", "dot-product-variance"):
        return  # a matter of size: their operations are in the others, and in the test below
    for value in all_steps(run(scenario)):
        check(value)


def test_the_formulas_of_the_variance_of_products_come_to_its_values() -> None:
    text = "experiment: {kind: dot_product_variance, widths: [4, 9], pairs: 1000, row: 10}"
    for value in all_steps(run(parse_scenario(text))):
        check(value)


FROM_A_TABLE = filled(ModelConfig(kind="attention", d_model=2, position="learned"))


CHOICES = {"score": Score, "weighting": Weighting, "position": Position, "norm": Norm, "activation": Activation}


@pytest.mark.parametrize(("key", "choice"), [(key, each) for key, all_ in CHOICES.items() for each in get_args(all_)])
def test_the_formulas_of_every_choice_come_to_its_values(key: str, choice: str) -> None:
    chosen: dict[str, Any] = {key: choice}
    config = filled(ModelConfig(kind="encoder", d_model=4, **chosen))
    for value in all_steps(encoded(config, random_parameters(config, 3, 0), [0, 1, 2])):
        check(value)


@settings(max_examples=40, deadline=None)
@given(config=configs(), seed=SEEDS, mask=masks(3))
@example(config=FROM_A_TABLE, seed=0, mask=((True, False, False), False))
def test_the_formulas_of_any_model_come_to_its_values(
    config: ModelConfig, seed: int, mask: tuple[tuple[bool, ...] | None, bool]
) -> None:
    trace = encoded(config, random_parameters(config, 3, seed), [0, 1, 2], *mask)
    for value in all_steps(trace):
        check(value)


def test_the_gradients_of_two_layers_that_read_one_memory_are_told_apart() -> None:
    config = filled(ModelConfig(kind="encoder-decoder", d_model=4, layers=2, head="vocabulary", classes=("a", "b")))
    trace = ran(config, random_parameters(config, 3, 0), [0, 1], [1, 2])
    record_gradients(trace, list(trace.steps.values())[-1], (0, 0))
    for value in trace.steps.values():
        check(value)


@pytest.mark.parametrize("name", NAMES)
def test_no_two_values_in_the_arithmetic_of_a_step_share_a_letter(name: str) -> None:
    for step in plan(read_scenario(locate(name))).steps.values():
        read = step.operands[:1] if step.made_by.name == "stack" else step.operands  # a cell of these reads one
        letters = letters_within(step, [view.value for view in read])
        assert len(letters) == len(set(letters.values())), step.path


@pytest.mark.parametrize(
    ("scenario", "path", "expected"),
    [
        ("where-gradients-flow", "grad.encoder.layers.3.self_attention.residual",
         "∂L/∂residual = ∂L/∂ffn.residual · ∂ffn.residual/∂residual + ∂L/∂norm · ∂norm/∂residual"),
        ("gradient-vanishing", "experiment.4.back.v", "∂L/∂V = AᵀR"),
        ("gradient-vanishing", "experiment.4.back.k", "∂L/∂K = (∂L/∂(QKᵀ/c) / c)ᵀ·Q"),
        ("gradient-vanishing", "experiment.4.objective", "L = Σ AV · R"),
        ("dot-product-variance", "experiment.variance_of_variance", "variance_of_variance = (μ₄−σ⁴)/100000"),
        ("dot-product-variance", "experiment.mean_error", "mean_error = √(σ²/n)"),
        ("softmax-jacobian", "experiment.jacobian", "J = yᵢ · (δ−y)"),
    ],
)  # fmt: skip
def test_a_formula_has_the_brackets_and_the_transposition_that_it_needs(
    scenario: str, path: str, expected: str
) -> None:
    assert formula(plan(read_scenario(locate(scenario))).steps[path]) == expected


@pytest.mark.parametrize("name", ["dot-product-variance", "gradient-vanishing", "softmax-jacobian"])
def test_a_letter_that_is_written_out_has_brackets_where_places_and_signs_follow(name: str) -> None:
    """`(σ²/n)[dₖ = 1]` and `(μ₄−σ⁴) × 1/n`: without brackets the place and the factor belong to what stands last."""
    for step in plan(read_scenario(locate(name))).steps.values():
        letters = letters_within(step, [view.value for view in step.operands])
        for called in (letter(step), *letters.values()):
            assert binding(symbol(called)) >= Binding.DERIVATIVE, called


def test_a_hidden_key_has_no_weight_by_the_formula_of_sigmoid() -> None:
    config = filled(ModelConfig(kind="attention", weighting="sigmoid"))
    weights = encoded(config, random_parameters(config, 3, 0), [0, 1, 2], (False, True, True)).steps[
        "encoder.layers.0.self_attention.weights"
    ]
    assert formula(weights) == "A = 1/(1 + e^(−(QKᵀ/√dₖ + M)))"
    assert not comes_to(weights)[..., 1:].any()
