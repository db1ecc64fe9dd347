import pytest

from attn_explore.model.text import cells, clip, visible


@pytest.mark.parametrize(
    "text", ["", "I love my dog", "我 喜歡", "ภาษาไทย", "e\u0301" * 50, "[bold]x[/] [@click=app.quit]", "a\u00a0b"]
)
def test_plain_text_is_shown_unchanged(text):
    assert visible(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]52;c;\x07", "␛]52;c;␇"),
        ("\0\t\n\r", "␀␉␊␍"),
        ("\x7f", "␡"),
        ("\x9b31m", "\\x9b31m"),
        ("a\u202eb\u2066c", "a⟨U+202E⟩b⟨U+2066⟩c"),
        ("\u200b\ufeff\u2060\u061c", "⟨U+200B⟩⟨U+FEFF⟩⟨U+2060⟩⟨U+061C⟩"),
        ("👨\u200d👩", "👨⟨U+200D⟩👩"),
        ("\u2028\u2029", "⟨U+2028⟩⟨U+2029⟩"),
        ("\ud800", "\ufffd"),
        ("\ue000\U0010ffff", "⟨U+E000⟩⟨U+10FFFF⟩"),
        ("❤\ufe0f", "❤"),
    ],
)
def test_what_a_terminal_would_obey_or_hide_gets_a_printable_form(text, shown):
    assert visible(text) == shown


def test_every_character_is_shown_without_controls():
    shown = visible("".join(map(chr, range(0x110000))))
    assert shown.isprintable() or all(c.isprintable() or c.isspace() for c in shown)
    assert not set(shown) & {chr(code) for code in (*range(0x20), *range(0x7F, 0xA0))}


def test_characters_that_are_kept_stay_as_they_are():
    assert visible("one\ntwo\x1b", keep="\n") == "one\ntwo␛"


def test_long_text_is_clipped_and_says_how_much_is_missing():
    assert clip("x" * 1_000_000, 5) == "xxxxx…(+999995)"
    assert clip("short", 5) == "short"


def test_cells_are_counted_as_a_terminal_does():
    assert [cells(text) for text in ("dog", "我的", "e\u0301", "ｘ")] == [3, 4, 1, 2]
