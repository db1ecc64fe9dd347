"""Axes with names: contraction, alignment, and the labels that travel with them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attn_explore.model.axes import Axis, align, contract, merged, names, ordered, sizes, sum_to
from tests.building import SEEDS

NAMES = "abcdef"


class Product(NamedTuple):
    """Two operands with their axes in any order, and the axes of their product."""

    a: str
    b: str
    out: str
    size: dict[str, int]


@st.composite
def products(draw: st.DrawFn) -> Product:
    """Each axis is of one operand, of both (a batch), or of both and summed."""
    size = {name: draw(st.integers(1, 3)) for name in NAMES}
    parts = {name: draw(st.sampled_from(["a", "b", "batch", "summed", "none"])) for name in NAMES}
    return Product(
        "".join(draw(st.permutations([name for name in NAMES if parts[name] in ("a", "batch", "summed")]))),
        "".join(draw(st.permutations([name for name in NAMES if parts[name] in ("b", "batch", "summed")]))),
        "".join(draw(st.permutations([name for name in NAMES if parts[name] in ("a", "b", "batch")]))),
        size,
    )


@given(product=products(), seed=SEEDS)
def test_a_contraction_is_the_einsum_of_its_names(product: Product, seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = (rng.normal(size=[product.size[name] for name in own]) for own in (product.a, product.b))
    expected = np.einsum(f"{product.a},{product.b}->{product.out}", a, b)
    np.testing.assert_allclose(contract(a, product.a, b, product.b, product.out), expected, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize(
    ("a", "b", "out"),
    [("ab", "bc", "acd"), ("ab", "bc", "a"), ("ab", "bc", "c"), ("ab", "c", "ac"), ("a", "bc", "ab")],
    ids=["an axis of neither", "one of b is lost", "one of a is lost", "a sum over a alone", "a sum over b alone"],
)
def test_a_contraction_refuses_axes_that_it_does_not_give(a: str, b: str, out: str) -> None:
    with pytest.raises(ValueError, match="does not give"):
        contract(np.ones((2,) * len(a)), a, np.ones((2,) * len(b)), b, out)


def test_a_contraction_refuses_operands_that_disagree_on_a_summed_axis() -> None:
    with pytest.raises(ValueError, match="differ in size"):
        contract(np.ones((2, 3)), "ab", np.ones((4, 2)), "bc", "ac")


@given(own=st.permutations(NAMES[:3]), target=st.permutations(NAMES[:5]), seed=SEEDS)
def test_an_aligned_array_broadcasts_by_name(own: list[str], target: list[str], seed: int) -> None:
    size = dict(zip(NAMES, (2, 1, 3, 4, 2), strict=False))
    array = np.random.default_rng(seed).normal(size=[size[name] for name in own])
    ones = np.ones([size[name] for name in target])
    expected = np.einsum(f"{''.join(own)},{''.join(target)}->{''.join(target)}", array, ones)
    np.testing.assert_array_equal(align(array, own, target) * ones, expected)


def test_an_axis_that_the_target_lacks_is_refused() -> None:
    with pytest.raises(ValueError, match="axes a b do not broadcast to b c"):
        align(np.ones((2, 2)), ["a", "b"], ["b", "c"])


@given(own=st.permutations(NAMES[:4]), target=st.permutations(NAMES[:2]), seed=SEEDS)
def test_summing_to_axes_is_the_einsum_without_the_others(own: list[str], target: list[str], seed: int) -> None:
    array = np.random.default_rng(seed).normal(size=[NAMES.index(name) + 1 for name in own])
    expected = np.einsum(f"{''.join(own)}->{''.join(target)}", array)
    np.testing.assert_allclose(sum_to(array, own, target), expected, rtol=1e-13, atol=1e-13)


def test_stated_axes_are_looked_up_in_all_operands() -> None:
    a, b = Axis("query", 3, ("I", "love", "dogs")), Axis("key", 4)
    assert ordered("key query", [a], [b]) == (b, a)


def test_a_stated_axis_that_no_operand_has_is_refused() -> None:
    with pytest.raises(ValueError, match="no operand has the axis d_v: there are query, key"):
        ordered("query d_v", [Axis("query", 3)], [Axis("key", 4)])


def test_operands_that_disagree_on_a_size_are_refused_even_where_the_axis_is_not_stated() -> None:
    with pytest.raises(ValueError, match="axis d_k is 3 long in one operand and 1 in another"):
        ordered("query", [Axis("query", 2), Axis("d_k", 3)], [Axis("d_k", 1)])


def test_labels_travel_with_an_axis_that_is_renamed() -> None:
    assert Axis("token", 2, ("I", "am")).renamed("key") == Axis("key", 2, ("I", "am"))


def test_heads_are_counted_from_0_and_columns_are_numbers() -> None:
    assert Axis("head", 3).label(2) == "head 2"
    assert Axis("head", 2).all_labels == ("head 0", "head 1")
    assert Axis("d_model", 3).label(2) == "2"
    assert Axis("d_model", 3).all_labels is None


def test_an_index_of_a_merged_axis_is_labelled_with_its_parts() -> None:
    axis = merged([Axis("head", 2), Axis("d_v", 3)])
    assert (axis.name, axis.size) == ("head·d_v", 6)
    assert [axis.label(index) for index in range(6)] == [
        "head 0 · 0", "head 0 · 1", "head 0 · 2", "head 1 · 0", "head 1 · 1", "head 1 · 2",
    ]  # fmt: skip


def test_a_merged_axis_keeps_its_parts_under_another_name() -> None:
    axis = merged([Axis("head", 2), Axis("token", 2, ("I", "am"))]).renamed("d_model")
    assert axis.label(3) == "head 1 · am"


def test_names_and_sizes_of_axes_are_in_their_order() -> None:
    axes = [Axis("token", 2), Axis("d_model", 3)]
    assert (names(axes), sizes(axes)) == (("token", "d_model"), (2, 3))
