"""Formulas as trees: the brackets that they get, and those that they do without."""

from __future__ import annotations

import pytest

from attn_explore.model import notation as nt
from attn_explore.model.notation import Derivative, Notation, formula_text, symbol

A, B, LONG, SUM = symbol("A"), symbol("B"), symbol("concat"), nt.total(symbol("A"), symbol("B"))


@pytest.mark.parametrize(
    ("notation", "expected"),
    [
        (nt.product(A, nt.transposed(B)), "ABᵀ"),
        (nt.product(LONG, B), "concat·B"),
        (nt.product(A, SUM), "A·(A + B)"),
        (nt.product(nt.quotient(A, LONG), B), "(A/concat)·B"),
        (nt.quotient(nt.product(LONG, B), A), "concat·B/A"),
        (nt.quotient(A, nt.product(LONG, B)), "A/(concat·B)"),
        (nt.quotient(A, nt.quotient(A, B)), "A/(A/B)"),
        (nt.transposed(nt.product(A, B)), "(AB)ᵀ"),
        (nt.transposed(symbol("∂L/∂Q")), "(∂L/∂Q)ᵀ"),
        (nt.product(symbol("∂L/∂Q"), LONG), "∂L/∂Q·concat"),
        (nt.difference(A, SUM), "A − (A + B)"),
        (nt.difference(SUM, B), "A + B − B"),
        (nt.total(A, SUM), "A + A + B"),
        (nt.negated(SUM), "−(A + B)"),
        (nt.difference(A, nt.negated(B)), "A − (−B)"),
        (nt.negated(nt.quotient(A, B)), "−A/B"),
        (nt.root(A), "√A"),
        (nt.root(nt.quotient(A, B)), "√(A/B)"),
        (nt.squared(nt.product(A, B)), "(AB)²"),
        (nt.elementwise_product(nt.quotient(A, B), LONG), "A/B · concat"),
        (nt.elementwise_product(SUM, B), "(A + B) · B"),
        (nt.difference(A, nt.sum_of_products(A, B)), "A − Σ A · B"),
        (nt.call("max", symbol("0"), SUM), "max(0, A + B)"),
        (nt.size(SUM), "|A + B|"),
        (nt.exponential(nt.negated(SUM)), "e^(−(A + B))"),
        (Derivative(A, nt.product(A, B)), "∂A/∂(AB)"),
        (Derivative(A, Derivative(A, B)), "∂A/∂(∂A/∂B)"),
        (nt.total(A, nt.phrase("heads of ", B)), "A + (heads of B)"),
        (nt.along(symbol("y"), ("i",)), "yᵢ"),
        (nt.along(symbol("y"), ("token",)), "y"),
    ],
)
def test_a_formula_has_the_brackets_that_precedence_asks_for_and_no_others(notation: Notation, expected: str) -> None:
    assert formula_text(notation) == expected


@pytest.mark.parametrize(
    ("text", "squared", "doubled"),
    [
        ("σ", "σ²", "σ·2"),
        ("σ²/n", "(σ²/n)²", "(σ²/n)·2"),
        ("μ₄−σ⁴", "(μ₄−σ⁴)²", "(μ₄−σ⁴)·2"),
        ("(1−y)", "(1−y)²", "(1−y)·2"),
        ("|∂L/∂q|", "|∂L/∂q|²", "|∂L/∂q|·2"),
        ("∂L/∂(QKᵀ/c)", "(∂L/∂(QKᵀ/c))²", "∂L/∂(QKᵀ/c)·2"),
        ("∂eᵢ/∂xⱼ·S", "(∂eᵢ/∂xⱼ·S)²", "(∂eᵢ/∂xⱼ·S)·2"),
        ("hidden_pre", "hidden_pre²", "hidden_pre·2"),
    ],
)
def test_a_symbol_that_is_written_out_binds_as_its_loosest_sign(text: str, squared: str, doubled: str) -> None:
    assert formula_text(nt.squared(symbol(text))) == squared
    assert formula_text(nt.scaled(symbol(text), symbol("2"))) == doubled
