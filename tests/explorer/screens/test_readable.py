"""Every theme that is offered can be read: letters on their ground, and the rules between panels."""

import re
from collections.abc import Iterator

import pytest
from rich.style import Style
from textual.color import Color
from textual.screen import Screen
from textual.theme import Theme
from textual.widget import Widget
from textual.widgets import Input, OptionList

from attn_explore.explorer.app import ExplorerApp
from attn_explore.explorer.drawing.colours import READABLE, contrast
from attn_explore.explorer.screens.styles import STYLES
from attn_explore.explorer.themes import HIGH_CONTRAST
from attn_explore.explorer.widgets.curves import COLOURS
from attn_explore.explorer.widgets.drawn import Drawn
from attn_explore.explorer.widgets.tensor_grid import TensorGrid
from tests.explorer.conftest import Explore

RULE, MARK = 1.6, 3.0
"""The least contrast of a rule: it is seen, and is no more than what it parts; where contrast is high, of any mark."""
THEMES = sorted(ExplorerApp(lambda _: pytest.fail("nothing is loaded"), "").available_themes)
CURVES = re.findall(r"\.curves--\d \{ color: \$([\w-]+);", STYLES)
MARKS = ("rule", "scrollbar", "scrollbar-hover", "scrollbar-active")
OF_THE_TERMINAL = ("ansi-dark", "ansi-light")
"""Their colours are the terminal's own, whatever these are."""


def letters(widget: Drawn) -> Iterator[tuple[str, Style]]:
    """Each style that the widget writes with."""
    for name in sorted(type(widget).COMPONENT_CLASSES):
        yield name, widget.style_of(name)


def rules(screen: Screen[object]) -> Iterator[tuple[Widget, Color]]:
    """The edges that part the panels."""
    for widget in screen.query("#tree, #words, #arithmetic, #other, #other-heading").results(Widget):
        for kind, colour in (widget.styles.border_right, widget.styles.border_left, widget.styles.border_top):
            if kind:
                yield widget, colour


def on(widget: Widget, colour: Color) -> float:
    """The contrast of a colour on the ground of a widget."""
    _, ground = widget.background_colors
    return contrast(ground.blend(colour, colour.a).rgb, ground.rgb)


def check_letters(screen: Screen[object]) -> None:
    """Every style of every widget can be read on its ground."""
    for widget in screen.query(Drawn):
        own = widget.rich_style.bgcolor
        for name, style in letters(widget):
            fore, back = style.color, style.bgcolor or own
            if fore is None or style.reverse:
                continue
            assert back is not None
            assert contrast(fore.get_truecolor(), back.get_truecolor()) >= READABLE, name


@pytest.mark.parametrize("theme", [theme for theme in THEMES if theme not in OF_THE_TERMINAL])
async def test_letters_and_rules_stand_out_in_every_theme(explore: Explore, theme: str) -> None:
    async with explore("i-love-my-dog") as (pilot, _):
        pilot.app.theme = theme
        await pilot.pause()
        check_letters(pilot.app.screen)
        for panel, colour in rules(pilot.app.screen):
            least = MARK if "high-contrast" in theme else RULE
            assert on(panel, colour) >= least, panel.id
        for box in pilot.app.screen.query(Input):
            assert on(box, box.get_component_styles("input--placeholder").color) >= READABLE, box.id
        await pilot.press("ctrl+g")
        check_letters(pilot.app.screen)
        await pilot.press("escape", "colon")
        dialog = pilot.app.screen.query_one("#ask")
        assert on(dialog, dialog.styles.border_subtitle_color) >= READABLE, "what the keys do"
        await pilot.press("escape", "Y")
        copied = pilot.app.screen.query_one(OptionList)
        chosen = copied.get_component_styles("option-list--option-highlighted")
        assert contrast(chosen.background.rgb, chosen.color.rgb) >= READABLE
        assert on(copied, chosen.background) >= MARK


@pytest.mark.parametrize("theme", OF_THE_TERMINAL)
async def test_the_cell_under_the_cursor_is_seen_in_the_colours_of_a_terminal(explore: Explore, theme: str) -> None:
    async with explore("i-love-my-dog") as (pilot, _):
        pilot.app.theme = theme
        await pilot.pause()
        ground = pilot.app.screen.query_one(TensorGrid).ground
        assert contrast(ground.back, ground.fore) >= READABLE


@pytest.mark.parametrize("theme", HIGH_CONTRAST, ids=lambda theme: theme.name)
def test_where_contrast_is_high_every_mark_is_seen_and_no_two_curves_are_alike(theme: Theme) -> None:
    found = {**theme.to_color_system().generate(), **theme.variables}
    rgb = {name: Color.parse(found[name]).rgb for name in (*CURVES, *MARKS, "background")}
    assert all(contrast(rgb[name], rgb["background"]) >= MARK for name in MARKS)
    assert len({rgb[name] for name in CURVES}) == COLOURS
