"""How tokens are shown: visible, in one line, of one cell a character at least, and found again by what is shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attn_explore.model.checkpoints.tokens.spelling import BYTES, LETTERS, METASPACE, PLAIN, Spelling
from attn_explore.model.text import cells, visible

STRANGE = " \n\t▁Ġ␣↵⇥␛⟨⟩◌\u00a0\u3000\u200d\ufe0f\u202e\x1b\x9b\x7f\0[/]<>0xE6é日\u0301a"
TEXTS = st.text(st.sampled_from(STRANGE), max_size=8) | st.text(max_size=5)


def in_bytes(data: bytes) -> str:
    """A token as GPT-2's alphabet writes it."""
    return "".join(map(LETTERS.__getitem__, data))


@pytest.mark.parametrize(
    ("token", "label"),
    [
        ("ĠParis", "␣Paris"),
        ("Ċ", "↵"),
        ("ĊĊ", "↵↵"),
        ("ĉĠĠ", "⇥␣␣"),
        ("Ã©", "é"),
        (in_bytes("日本".encode()), "日本"),
        (in_bytes(b"\xe6\x97"), "<0xE6><0x97>"),
        (in_bytes(b" \xe6"), "␣<0xE6>"),
        (in_bytes(b"\x1b[31m"), "␛[31m"),
        (in_bytes(b"<0xE6>"), "⟨U+003C⟩0xE6>"),
        (in_bytes("\u202eab".encode()), "⟨U+202E⟩ab"),
        (in_bytes("\u00a0".encode()), "⟨U+00A0⟩"),
        (in_bytes("\u0301e".encode()), "◌\u0301e"),
        ("a b", "a⟨U+0020⟩b"),
        ("[/]", "[/]"),
        ("", ""),
    ],
)
def test_a_token_of_bytes_is_shown_as_the_text_that_it_is(token: str, label: str) -> None:
    assert BYTES.label(token) == label
    assert token in BYTES.tokens(label)


@pytest.mark.parametrize(
    ("token", "label"),
    [
        ("▁Paris", "␣Paris"),
        ("▁▁", "␣␣"),
        ("<0x0A>", "<0x0A>"),
        ("\n", "↵"),
        (" ", "⟨U+0020⟩"),
        ("Ġ", "Ġ"),
        ("<s>", "<s>"),
    ],
)
def test_a_piece_of_sentencepiece_has_a_space_where_the_file_has_its_mark(token: str, label: str) -> None:
    assert METASPACE.label(token) == label
    assert token in METASPACE.tokens(label)


@pytest.mark.parametrize(
    ("token", "label"), [("##ing", "##ing"), ("[CLS]", "[CLS]"), ("New York", "New␣York"), ("▁", "▁")]
)
def test_a_word_is_shown_as_it_is(token: str, label: str) -> None:
    assert PLAIN.label(token) == label
    assert token in PLAIN.tokens(label)


@pytest.mark.parametrize("spelling", [BYTES, METASPACE, PLAIN], ids=["bytes", "metaspace", "plain"])
@given(token=TEXTS)
def test_whatever_a_token_is_its_label_can_be_seen_and_leads_back_to_it(spelling: Spelling, token: str) -> None:
    label = spelling.label(token)
    assert visible(label) == label
    assert label.isprintable()
    assert " " not in label
    assert cells(label) >= (label != "")
    assert token in spelling.tokens(label)


@given(data=st.binary(max_size=8))
def test_whatever_bytes_a_token_is_its_label_leads_back_to_them(data: bytes) -> None:
    token = in_bytes(data)
    assert token in BYTES.tokens(BYTES.label(token))


@given(label=TEXTS | st.from_regex(r"[⟨<](U\+|0x)[0-9A-F]{2,6}[⟩>]", fullmatch=True))
def test_whatever_is_asked_for_is_no_failure(label: str) -> None:
    for spelling in (BYTES, METASPACE, PLAIN):
        assert all(isinstance(token, str) for token in spelling.tokens(label))


@given(words=st.lists(TEXTS, unique=True, max_size=8))
def test_no_two_tokens_of_a_file_look_alike(words: list[str]) -> None:
    for spelling in (METASPACE, PLAIN):
        assert len(set(map(spelling.label, words))) == len(words)
    tokens = [in_bytes(word.encode("utf-8", "surrogatepass")) for word in words]
    assert len(set(map(BYTES.label, tokens))) == len(words)
