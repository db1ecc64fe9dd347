"""What a text that is typed leads to, in which order, and how it is counted."""

from __future__ import annotations

import pytest

from attn_explore.explorer.session.alike import likeness
from attn_explore.explorer.session.finding import Finding, Found, Kind, Known
from attn_explore.explorer.session.search import matches, named
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.telling.found import found_row, found_title
from tests.explorer.conftest import session_of

LAYER = "encoder.layers.0.self_attention"
THREE_LAYERS = "input: {text: its law is law}\nmodel: {layers: 3, heads: 2}"
UNDO = Found(Kind.key, "Ctrl+Z\nTake back the last edit\nThe cell under the cursor", "edit.undo")


def found(session: Session, text: str, *, by_name: bool = True) -> Finding:
    finding = Finding(Known(session, (UNDO,)), text, by_name=by_name)
    while finding.look_on():
        pass
    return finding


def shown(session: Session, line: Found, width: int = 100) -> list[str]:
    return [piece.text.strip() for piece in found_row(session, line, width)]


@pytest.mark.parametrize("text", ["weights", "softmax", "love", "dog", "norm", "encoder"])
def test_the_first_line_of_a_text_is_where_it_led_before_there_was_a_list(text: str) -> None:
    session = session_of("encoder-layer", "encoder.layers.0.ffn.hidden")
    lines = found(session, text, by_name=False).found
    assert lines[0].path == matches(session, text)[0]
    assert {line.path for line in lines if line.index is None} >= set(matches(session, text))


def test_behind_it_stands_what_is_called_so_and_then_words_and_keys() -> None:
    session = session_of("encoder-layer")
    lines = found(session, "v", by_name=False).found
    assert lines[1].path == f"{LAYER}.v" != lines[0].path
    love = found(session, "love", by_name=False).found
    assert (love[1].kind, love[1].path, love[1].index) == (Kind.word, "encoder.embedding", (1, 0))
    assert found(session, "edit last", by_name=False).found == [UNDO]


@pytest.mark.parametrize("name", ["weights", "A", "layers.2.weights", "w_q", "ffn.output", f"{LAYER}.q"])
def test_the_first_line_of_a_name_is_what_it_means_from_here_on(name: str) -> None:
    session = session_of(THREE_LAYERS, "encoder.layers.1.ffn.hidden")
    assert found(session, name).found[0].path == named(session, name)[0].path


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("l2weights", "encoder.layers.2.self_attention.weights"),
        ("layers 2 weights", "encoder.layers.2.self_attention.weights"),
        ("2.hid_pre", "encoder.layers.2.ffn.hidden_pre"),
        ("Weights", "encoder.layers.0.self_attention.weights"),
    ],
)
def test_beginnings_of_words_and_words_in_any_order_find_a_step(text: str, path: str) -> None:
    session = session_of(THREE_LAYERS)
    assert path in [line.path for line in found(session, text).found]


def test_a_cell_is_of_the_step_that_is_looked_at_where_that_is_called_so() -> None:
    """The hint of a question names a cell of it: `It is residual[The, 247] or residual[The, 507].`"""
    here, other = "encoder.layers.1.ffn.residual", "encoder.layers.2.self_attention.weights"
    session = session_of(THREE_LAYERS, here)
    assert found(session, "residual").found[0].path == "encoder.layers.2.self_attention.residual" != here
    assert found(session, "residual[law 3, 1]").found[0].path == here == named(session, "residual[law 3, 1]")[0].path
    assert found(session, "weights[0, its, is]").found[0].path == other == named(session, "weights[0, its, is]")[0].path


@pytest.mark.parametrize(
    ("title", "path"), [("queries", f"{LAYER}.q"), ("Keys", f"{LAYER}.k"), ("weighted val", f"{LAYER}.head_output")]
)
def test_a_step_is_found_by_its_title_before_words_and_keys(title: str, path: str) -> None:
    assert found(session_of("encoder-layer"), title).found[0].path == path


def test_a_path_of_many_like_letters_is_told_apart_in_a_few_steps() -> None:
    many = ".".join(["eeeee"] * 40)  # there are more ways to place forty of its letters than could ever be tried
    assert likeness("e" * 40)(many)
    assert not likeness("e" * 40 + "f")(many)


def test_the_title_counts_each_kind_and_all_there_are() -> None:
    session = session_of("encoder-layer")
    steps, parameters = len(session.run.trace.steps), len(session.run.trace.parameters)
    everything = steps + parameters + 4 + 1
    finding = found(session, "", by_name=False)
    kinds = f"{steps} steps · {parameters} parameters · 4 words · 1 key"
    assert found_title(finding) == f"{everything} of {everything} · {kinds}"
    assert found_title(found(session, "w_q")) == f"1 of {everything} · 1 parameter"


def test_a_word_in_brackets_is_a_word_and_no_cell() -> None:
    session = session_of("input: {text: '[CLS] a b'}\nmodel: {kind: attention}")
    line = found(session, "[cls", by_name=False).found[-1]
    assert (line.kind, line.index) == (Kind.word, (0, 0))
    cell = found(session, 'weights["[CLS]", b').found[0]
    assert (cell.kind, cell.index) == (Kind.cell, (0, 0, 2))


def test_on_80_cells_what_a_key_does_is_not_cut() -> None:
    again = Found(Kind.key, "Ctrl+R\nAsk this stop's question again; twice: begin again", "lesson.restart")
    line = shown(session_of("encoder-layer"), again, 79)
    assert line[2] == "Ask this stop's question again; twice: begin again"


def test_a_line_says_what_is_found_and_where_that_is_without_cutting_a_cell() -> None:
    session = session_of("encoder-layer")
    line = found(session, "weights").found[0]
    assert shown(session, line) == ["step", "weights", "encoder · layer 0 · self-attention · Attention weights"]
    cell = found(session, "weights[love, dog]").found[0]
    assert shown(session, cell, 58)[:2] == ["cell", "A[head 0, love, dog]"]
    assert shown(session, UNDO, 90) == ["key", "Ctrl+Z", "Take back the last edit · The cell under the cursor"]


def test_what_is_typed_is_data() -> None:
    session = session_of("input: {text: '[red]a[/red] b\u202e'}\nmodel: {kind: attention}")
    for text in ("[red]", "[/", "weights[[red", "\\", "*?[", "\x1b[31m", "(" * 200, "weights[" + "," * 300):
        for by_name in (True, False):
            for line in found(session, text, by_name=by_name).found:
                assert all(piece.isprintable() for piece in shown(session, line))
