"""What is said of the variants of attention."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from attn_explore.explorer.session.edits import run_with, take_edited
from attn_explore.explorer.session.gallery import Gallery, gallery_of
from attn_explore.explorer.telling.gallery_text import ABOUT, about, plain_lines, tiles, wall_title, words
from attn_explore.model.scenario.document import Edit
from tests.explorer.conftest import session_of


@pytest.fixture(scope="module")
def gallery() -> Gallery:
    return gallery_of(session_of("gallery"))


def test_each_variant_is_told_with_its_formula_its_row_its_cell_and_what_it_is(gallery: Gallery) -> None:
    hung = gallery.named("hardmax")
    assert hung
    first, row, cell, what = about(gallery, hung, (0, 1, 0))
    assert first == "hardmax · A = hardmax(QKᵀ/√dₖ)"
    assert row == "love → I 1 · love 0 · my 0 · dog 0; sum 1"
    weights = gallery.weights(hung)
    assert weights
    score = weights.operands[0].value[0, 1, 0]
    assert cell == f"love and I: the score {score:.4f} becomes the weight 1"
    assert what.startswith("All the weight on the best fit")


def test_every_variant_and_every_family_has_its_words(gallery: Gallery) -> None:
    assert [each.variant.name for each in gallery.hung if not words(gallery, each)] == []
    assert {each.variant.family for each in gallery.hung} == set(ABOUT)


def test_no_two_pictures_of_a_family_have_the_same_formula_but_those_of_spans(gallery: Gallery) -> None:
    for family in ("scores", "weightings", "positions", "heads"):
        formulas = [tile.formulas[0] for tile in tiles(gallery, 0) if tile.family == family]
        assert len(set(formulas)) == len(formulas), family


def test_over_a_picture_stands_which_head_it_is_of_and_what_a_formula_is_the_formula_of(gallery: Gallery) -> None:
    over = {tile.name: tile.formulas[0] for tile in tiles(gallery, 1)}
    assert (over["1_head"], over["grouped"]) == ("1 ask, 1 answer", "4 ask, 2 answer · head 1")
    assert (over["causal"], over["relu"]) == ("M = −∞ where the future would be seen, else 0", "max(0, QKᵀ/√dₖ)")


def test_scores_are_shown_instead_of_weights(gallery: Gallery) -> None:
    weights, scores = (
        next(tile for tile in tiles(gallery, 0, of_scores=of) if tile.name == "relu") for of in (False, True)
    )
    assert weights.picture
    assert scores.picture
    assert (weights.picture.is_signed, scores.picture.is_signed) == (False, True)
    assert (weights.formulas[0], scores.formulas[0]) == ("max(0, QKᵀ/√dₖ)", "QKᵀ/√dₖ")


def test_of_scores_the_words_say_the_numbers_that_are_drawn(gallery: Gallery) -> None:
    hung = gallery.named("general")
    assert hung
    first, row, cell, _ = about(gallery, hung, (0, 0, 1), of_scores=True)
    assert first == "general · scores = Q·W_S·Kᵀ"
    assert row == "I → I 0.18 · love 4.17 · my -0.68 · dog -4.04"
    assert cell == "I and love: the score 4.1744 becomes the weight 0.9743"


def test_the_plain_gallery_is_a_thought_to_a_line(gallery: Gallery) -> None:
    lines = list(plain_lines(gallery, 72))
    at = lines.index("  causal")
    assert lines[at + 1 : at + 5] == [
        "    A = softmax(QKᵀ/√dₖ + M)",
        "    M = −∞ where the future would be seen, else 0",
        "    I → I 1 · love 0 · my 0 · dog 0; sum 1",
        "    I and I: the score -0.5160 becomes the weight 1",
    ]
    assert "  scaled dot, as the scenario has it" in lines


def test_no_line_of_the_printed_gallery_is_wider_than_asked(gallery: Gallery) -> None:
    lines = list(plain_lines(gallery, 40))
    assert max(map(cell_len, lines)) <= 40
    assert lines[0] == "A gallery of attention: every variant of"


def test_of_a_row_of_many_keys_the_largest_weights_are_told() -> None:
    gallery = gallery_of(session_of("input: {text: one two three four five six seven eight nine ten}"))
    row = about(gallery, gallery.shown[0], (0, 5, 5))[1]
    assert " others less; sum " in row
    assert row.count(" · ") == 5


def test_the_title_says_what_there_is_room_for(gallery: Gallery) -> None:
    block = "encoder · layer 0 · self-attention"
    assert wall_title(gallery, (0, 1, 0), False, 90) == f"A gallery of attention · {block} · weights · love → I"
    assert wall_title(gallery, (0, 1, 0), False, 60) == f"{block} · weights · love → I"
    assert wall_title(gallery, (0, 1, 0), True, 36) == "scores · love → I"
    assert wall_title(gallery, (0, 1, 0), False, 12) == "love → I"


def test_of_a_run_with_edits_it_is_said_that_the_pictures_are_without_them() -> None:
    session = session_of("i-love-my-dog")
    take_edited(session, run_with(session, Edit(at="encoder.embedding_table", index=(0, 0), set=1.0)))
    gallery = gallery_of(session)
    assert wall_title(gallery, (0, 0, 0), False, 200).endswith("· without the edits")
    assert next(plain_lines(gallery, 100)).endswith("· without the edits")
