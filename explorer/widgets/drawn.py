"""What widgets that draw by the line have in common: styles made once for a theme, and lines of the widget's width."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, Self

from rich.cells import cell_len
from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual._styles_cache import StylesCache
from textual.color import Color
from textual.content import Content
from textual.css.styles import StylesBase
from textual.filter import ANSIToTruecolor, LineFilter
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from attn_explore.explorer.drawing.anchored import roomy
from attn_explore.explorer.drawing.colours import Ground, ground_of, readable
from attn_explore.explorer.drawing.wrapping import so_many_more


class Kept(Widget):
    """Gives the lines that it gave before, where none is to be drawn again: each frame asks every widget for all."""

    _kept_lines: tuple[Region, list[Strip]] = (Region(), [])

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines in a part of the widget (Textual is pinned)."""
        drawn, (kept, lines) = self._styles_cache, self._kept_lines
        if crop != kept or drawn._dirty_lines or len(drawn._cache) < crop.height:
            lines = super().render_lines(crop)
            self._kept_lines = crop, lines
        return lines


_MOST = 512
"""Lines of a widget that are kept for when they are drawn once more."""


class _Framed(StylesCache):
    """Puts the border and the padding around a line as Textual does, but works out once for all what they are."""

    def __init__(self) -> None:
        super().__init__()
        self._sides: tuple[list[Segment], list[Segment]] = [], []
        self._sides_for: tuple[object, ...] = ()
        """The widths, the padding, the colours and the borders that they were worked out for."""
        self._is_known = False
        """Whether that was looked at for the lines that are drawn now."""
        self._framed: dict[int, tuple[Strip, Strip]] = {}
        """Framed lines by the identity of what is in them, which they keep alive."""

    def render(self, *given: Any, **options: Any) -> list[Strip]:
        """Some lines, which all have the same sides."""
        self._is_known = False
        return super().render(*given, **options)

    def render_line(
        self, styles: StylesBase, y: int, size: Size, content_size: Size, *more: Any, **options: Any
    ) -> Strip:
        """A line with what stands around it; those above and below the content are Textual's."""
        inside = y - styles.gutter.top
        if not content_size.width or not 0 <= inside < content_size.height:
            return super().render_line(styles, y, size, content_size, *more, **options)
        padding, base, background, content, *rest = more
        if not self._is_known:
            asked = (size.width, content_size.width), padding, base, background, styles.border_left, styles.border_right
            if asked != self._sides_for:
                empty = Segment("·" * content_size.width)
                around = (padding, base, background, lambda _: Strip([empty], content_size.width), *rest)
                segments = list(super().render_line(styles, y, size, content_size, *around, **options))
                self._take_sides(segments, segments.index(empty), asked)
            self._is_known = True
        return self._with_sides(content(inside), content_size.width, size.width)

    def _take_sides(self, segments: list[Segment], place: int, asked: tuple[object, ...]) -> None:
        sides = segments[:place], segments[place + 1 :]
        if (sides, *asked[:1]) != (self._sides, *self._sides_for[:1]):
            self._framed.clear()
        self._sides, self._sides_for = sides, asked

    def _with_sides(self, line: Strip, inner: int, outer: int) -> Strip:
        """A line between the two sides: the same strip, with all that Textual keeps of it, for the same line."""
        _, framed = self._framed.get(id(line), (None, None))
        if framed is None:
            left, right = self._sides
            content = line if line.cell_length == inner else line.adjust_cell_length(inner)
            framed = Strip([*left, *content, *right], outer)
            if len(self._framed) >= _MOST:
                self._framed.clear()
            self._framed[id(line)] = line, framed
        return framed


class Drawn(Kept):
    """Keeps the styles of its component classes until the theme changes: looking them up costs more than a line."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._kept_styles: dict[str, Style] = {}
        self._fitted = Size()
        self._kept_ground: Ground | None = None
        self._made_lines: dict[tuple[Segment, ...], Strip] = {}
        """Lines as they were drawn for a width and the theme."""
        self._made_for = 0
        self._kept_colors: tuple[Color, Color] | None = None
        self._is_telling = False
        self._placed = Size(), Size()
        if not hasattr(self, "on_resize"):
            self.disable_messages(events.Resize)  # it was fitted by then
        self._styles_cache = _Framed()

    def check_idle(self) -> None:
        """Tell the screen that there is something to draw, once what runs now is done.

        Textual sends the widget a message, upon which it sends one to the screen: a tenth of what a step costs.
        """
        if self._next_callbacks:
            super().check_idle()
        elif self._running and not self._is_telling:
            self._is_telling = True
            asyncio.get_running_loop().call_soon(self._tell_screen)

    def _tell_screen(self) -> None:
        self._is_telling = False
        if self._repaint_required and self.is_attached and self.display and self in (screen := self.screen)._compositor:
            self._repaint_required = False
            screen._dirty_widgets.add(self)
            screen.check_idle()
        if self._repaint_required or self._layout_required or self._scroll_required or self._refresh_styles_required:
            self._check_refresh()

    @property
    def background_colors(self) -> tuple[Color, Color]:
        """The colours behind the widget and of it: each is mixed of those of all that it stands in."""
        if self._kept_colors is None:
            self._kept_colors = super().background_colors
        return self._kept_colors

    @property
    def ground(self) -> Ground:
        """Background and foreground of the theme, where the widget stands."""
        if self._kept_ground is None:
            _, back = self.background_colors
            self._kept_ground = ground_of(back.rgb, Color.parse(self.app.theme_variables["foreground"]).rgb)
        return self._kept_ground

    def style_of(self, name: str) -> Style:
        """The style of a component class, or the widget's own for an empty name."""
        style = self._kept_styles.get(name)
        if style is None:
            style = self._readable(self.get_component_rich_style(name, partial=True)) if name else self.rich_style
            self._kept_styles[name] = style
        return style

    def _readable(self, style: Style) -> Style:
        """A style whose letters can be read in any theme; a terminal's own colours are its own affair."""
        fore, back = style.color, style.bgcolor or self.rich_style.bgcolor
        if fore is None or fore.triplet is None or back is None or back.triplet is None:
            return style
        return style + Style(color=RichColor.from_rgb(*readable(fore.triplet, back.triplet)))

    def line(self, segments: Iterable[Segment]) -> Strip:
        """A line of exactly the widget's width, over the widget's own colours: the same strip for the same segments."""
        key = tuple(segments)
        if self._fitted.width != self._made_for:
            self._made_lines.clear()
            self._made_for = self._fitted.width
        if (strip := self._made_lines.get(key)) is None:
            strip = self._drawn_line(key)
            if len(self._made_lines) >= _MOST:
                self._made_lines.clear()
            self._made_lines[key] = strip
        return strip

    def _drawn_line(self, segments: Iterable[Segment]) -> Strip:
        own, width = self.style_of(""), self._fitted.width
        drawn = [Segment(roomy(text), own + style if style else own) for text, style, _ in segments if text]
        if not drawn:
            return Strip.blank(width, own)
        taken = sum(cell_len(text) for text, _, _ in drawn)
        if taken < width:
            drawn.append(Segment(" " * (width - taken), own))
        # Neighbours of one style are written as one: what a terminal is sent is mostly styles.
        return Strip(Segment.simplify(drawn), max(taken, width)).adjust_cell_length(width, own)

    def size_to_fit(self) -> Size:
        """The size that what is shown is fitted into from now on; nothing while the widget is hidden."""
        self._fitted = self.size
        return self._fitted

    def fit(self) -> None:
        """Fit what is shown into another size."""
        self.size_to_fit()

    def _size_updated(self, size: Size, virtual_size: Size, container_size: Size, layout: bool = True) -> bool:
        """Fit before the frame in which the size changes, so that no second one has to follow (Textual is pinned)."""
        inside = size.region.shrink(self.styles.gutter).size
        if (size, container_size) == self._placed and inside == self._fitted:
            return False
        self._placed = size, container_size
        is_resized = super()._size_updated(size, virtual_size, container_size, layout=False)  # no bar comes or goes
        if inside != self._fitted:
            self.fit()
            self._repaint_required = False  # all of the widget is drawn in this frame
            self._exchange_repaint_regions()
        return is_resized

    def watch_scroll_x(self, old_value: float, new_value: float) -> None:
        """Draw what came into sight. No bar is told: all are hidden, and Textual would lay out again for one."""
        if round(old_value) != round(new_value):
            self.refresh(self.size.region)

    watch_scroll_y = watch_scroll_x

    def notify_style_update(self) -> None:
        """Another theme, or another state: look the styles up again."""
        super().notify_style_update()
        self._kept_styles.clear()
        self._made_lines.clear()
        self._kept_ground = self._kept_colors = None
        self.refresh()


class DrawnAgain(Drawn):
    """Draws again only what looks otherwise: much of a panel is empty, and it is lines that cost."""

    HAS_FAINT: ClassVar[bool] = True
    """Whether some letters may be faint, which is asked of each line."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._drawn: list[Strip] = []
        """The lines as they stand on the screen; none where all have to be drawn."""
        self._title: Content | None = None
        self._is_titled = False

    def put_title(self, title: Content | None) -> None:
        """Put a title into the border above, and draw no more than that."""
        if title != self._title:
            self._title, self._is_titled = title, True
            self.border_title = title
            self._is_titled = False

    def get_line_filters(self) -> Sequence[LineFilter]:
        """All but the one that makes true colours of faint ones and a terminal's own, where there are none of these."""
        found = super().get_line_filters()
        return found if self.HAS_FAINT else [each for each in found if not isinstance(each, ANSIToTruecolor)]

    def draw_line(self, y: int) -> Strip:
        """The line that belongs at row `y`."""
        raise NotImplementedError

    def draw_lines(self) -> list[Strip]:
        """All lines of the widget."""
        return [self.draw_line(y) for y in range(self.size.height)]

    def size_to_fit(self) -> Size:
        """See `Drawn`: in another size, no line stands as it was drawn."""
        before, size = self._fitted, super().size_to_fit()
        if size != before:
            self._drawn = []
        return size

    def render_line(self, y: int) -> Strip:
        """The line at row `y`, which may have been drawn to see whether it looks otherwise."""
        self._drawn = self._drawn or self.draw_lines()
        return self._drawn[y] if y < len(self._drawn) else self.line([])

    def refresh_changed(self) -> None:
        """Show what has changed."""
        before, self._drawn = self._drawn, self.draw_lines()
        if len(before) != len(self._drawn):
            super().refresh()
            return
        changed = [y for y, (old, new) in enumerate(zip(before, self._drawn, strict=True)) if old != new]
        if changed:
            super().refresh(*(Region(0, y, self._fitted.width, 1) for y in changed))

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        """Draw all again that Textual asks for; of a title, the border that it stands in."""
        if self._is_titled:
            return super().refresh(Region(0, -1, self.size.width, 1))
        self._drawn = []
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)


def more_lines(y: int, scrolled: int, height: int, count: int) -> str:
    """What the first or last line of a panel says instead, where some of its `count` lines are above or below.

    >>> more_lines(0, 3, 5, 20), more_lines(2, 3, 5, 20), more_lines(4, 3, 5, 20)
    ('▲ 4 more lines: K', '', '▼ 13 more lines: J')
    """
    if height < 2:
        return ""
    if y == 0 and scrolled:
        return f"▲ {so_many_more(scrolled + 1)}: K"
    below = count - scrolled - height
    return f"▼ {so_many_more(below + 1)}: J" if y == height - 1 and below > 0 else ""
