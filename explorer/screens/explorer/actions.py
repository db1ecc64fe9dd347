"""What each key does: the actions that `keys.py` binds, in a line or two. What they are is told beside the keys."""

from __future__ import annotations

import re
from importlib import import_module
from typing import TYPE_CHECKING, Any

from textual.screen import Screen

from attn_explore.explorer.screens import keys
from attn_explore.explorer.screens.explorer.state import Origin, State

if TYPE_CHECKING:
    from attn_explore.explorer.screens.explorer.arranging import Arranging
    from attn_explore.explorer.screens.explorer.ask_keys import AskKeys
    from attn_explore.explorer.screens.explorer.cell_keys import CellKeys
    from attn_explore.explorer.screens.explorer.compare_keys import CompareKeys
    from attn_explore.explorer.screens.explorer.copy_keys import CopyKeys
    from attn_explore.explorer.screens.explorer.edit_keys import EditKeys
    from attn_explore.explorer.screens.explorer.file_keys import FileKeys
    from attn_explore.explorer.screens.explorer.find_keys import FindKeys
    from attn_explore.explorer.screens.explorer.gallery_keys import GalleryKeys
    from attn_explore.explorer.screens.explorer.gradient_keys import GradientKeys
    from attn_explore.explorer.screens.explorer.lesson_keys import LessonKeys
    from attn_explore.explorer.screens.explorer.map_keys import MapKeys
    from attn_explore.explorer.screens.explorer.moment_keys import MomentKeys
    from attn_explore.explorer.screens.explorer.panel_keys import PanelKeys
    from attn_explore.explorer.screens.explorer.player import Player
    from attn_explore.explorer.screens.explorer.screen import ExplorerScreen
    from attn_explore.explorer.screens.explorer.sheet_keys import SheetKeys
    from attn_explore.explorer.screens.explorer.step_keys import StepKeys
    from attn_explore.explorer.screens.explorer.text_keys import TextKeys
    from attn_explore.explorer.screens.explorer.use_keys import UseKeys


class Groups:
    """The groups of keys of a screen, by what they are about; each is imported when a key of it is first pressed."""

    player: Player
    steps: StepKeys
    cells: CellKeys
    uses: UseKeys
    edits: EditKeys
    moments: MomentKeys
    lessons: LessonKeys
    gradients: GradientKeys
    comparing: CompareKeys
    finding: FindKeys
    panels: PanelKeys
    copying: CopyKeys
    files: FileKeys
    texts: TextKeys
    map: MapKeys
    arranging: Arranging
    gallery: GalleryKeys
    asking: AskKeys
    sheet: SheetKeys

    def __init__(self, screen: ExplorerScreen) -> None:
        self._screen = screen

    def __getattr__(self, name: str) -> Any:
        if name not in Groups.__annotations__:
            raise AttributeError(name)
        kind = Groups.__annotations__[name]
        file = re.sub("(?<=[a-z])(?=[A-Z])", "_", kind).lower()  # CellKeys are in cell_keys.py
        group = getattr(import_module(f"{__package__}.{file}"), kind)(self._screen)
        setattr(self, name, group)
        return group

    def has(self, name: str) -> bool:
        """Whether a group was ever asked for."""
        return name in self.__dict__


class Actions(Screen[None]):
    """Textual looks for `action_…` on the screen: each is passed on to the group of keys that it belongs to.

    A key that means several things is decided here, and nowhere else.
    """

    state: State
    groups: Groups

    # --- keys that mean several things

    def action_follow(self) -> None:
        if (edit := self.state.edit) is not None:
            self.groups.edits.make(edit)
        elif (question := self.state.session.question) is not None:
            self.groups.lessons.answer_chosen(question)
        elif (moment := self.state.moment_here) is not None:
            self.groups.moments.go_to(moment)
        else:
            self.groups.cells.follow()

    def action_choose(self, count: int) -> None:
        if (edit := self.state.edit) is not None:
            self.groups.edits.choose(edit, count)
        else:
            self.groups.cells.choose(count)

    # --- steps

    def action_step(self, count: int) -> None:
        self.groups.steps.step(count)

    def action_layer(self, count: int) -> None:
        self.groups.steps.layer(count)

    def action_open(self) -> None:
        self.groups.steps.open()

    def action_play(self) -> None:
        if self.focused is not None and self.focused.id == "grid":
            self.groups.cells.sweep()
        else:
            self.groups.steps.play()

    def action_speed(self, change: int) -> None:
        self.groups.player.faster(change)

    def action_find(self) -> None:
        self.groups.finding.open(is_name=False)

    def action_go(self) -> None:
        self.groups.finding.open(is_name=True)

    def action_choose_found(self, count: int) -> None:
        self.groups.finding.choose(count)

    def action_page_found(self, count: int) -> None:
        self.groups.finding.page(count)

    def action_complete(self) -> None:
        self.groups.finding.complete()

    def action_match(self, count: int) -> None:
        self.groups.finding.match(count)

    def action_mark(self) -> None:
        self.groups.finding.mark()

    def action_next_mark(self) -> None:
        self.groups.finding.next_mark()

    def action_lesson(self) -> None:
        self.groups.lessons.follow()

    def action_hint(self) -> None:
        self.groups.lessons.hint()

    def action_next_lesson(self) -> None:
        self.groups.lessons.open_next()

    def action_restart(self) -> None:
        self.groups.lessons.restart()

    # --- the training

    def action_moment(self, count: int) -> None:
        self.groups.moments.move(count)

    def action_play_training(self) -> None:
        self.groups.moments.play()

    def action_pin(self) -> None:
        self.groups.moments.pin()

    # --- the cell under the cursor

    def action_move(self, direction: str) -> None:
        self.groups.cells.move(direction)

    def action_head(self, count: int) -> None:
        self.groups.cells.head(count)

    def action_back(self) -> None:
        if self.groups.has("asking") and self.groups.asking.back():
            return
        if self.state.came_from is Origin.gallery and not self.state.session.place.can_go_back:
            self.action_quit()
        else:
            self.groups.cells.back()

    def action_forward(self) -> None:
        self.groups.cells.forward()

    def action_uses(self) -> None:
        self.groups.uses.toggle()

    def action_scroll(self, lines: int) -> None:
        self.groups.cells.scroll(lines)

    def action_unfold(self) -> None:
        self.groups.cells.unfold()

    def action_copy(self) -> None:
        self.groups.copying.arithmetic()

    def action_reopening(self) -> None:
        self.groups.copying.reopening()

    def action_copy_as(self) -> None:
        self.groups.copying.ask()

    def action_edit(self) -> None:
        self.groups.edits.begin()

    def action_undo(self) -> None:
        self.groups.edits.undo()

    def action_redo(self) -> None:
        self.groups.edits.redo()

    def action_drop_edits(self) -> None:
        self.groups.edits.drop()

    # --- what is shown

    def action_panel(self, name: str) -> None:
        self.groups.panels.toggle(name)
        self.groups.arranging.note_shown(name, self.groups.panels.is_shown(name))

    def action_border(self, name: str, by: int) -> None:
        from attn_explore.explorer.screens.explorer.arranging import Edge

        self.groups.arranging.move(Edge(name), by)

    def action_arrange(self) -> None:
        self.groups.arranging.reset()

    def action_gradient(self) -> None:
        self.groups.gradients.flip()

    def action_differentiate(self) -> None:
        self.groups.gradients.differentiate()

    def action_word(self) -> None:
        self.groups.cells.by_word()

    def action_plot(self) -> None:
        self.groups.panels.plot()

    def action_heads(self) -> None:
        self.groups.panels.heads()

    def action_without_first(self) -> None:
        self.groups.panels.without_first()

    def action_sort(self, what: str) -> None:
        self.groups.panels.sort(what)

    def action_zoom(self) -> None:
        self.groups.panels.zoom()

    def action_compare(self) -> None:
        self.groups.comparing.other()

    def action_side(self) -> None:
        self.groups.comparing.side()

    def action_part(self) -> None:
        self.groups.comparing.part()

    def action_map(self) -> None:
        self.groups.map.open()

    def action_focus_on(self, name: str) -> None:
        self.groups.panels.focus(name)

    # --- another text

    def action_text(self) -> None:
        self.groups.texts.ask()

    # --- files

    def action_save(self) -> None:
        self.groups.files.save()

    def action_export(self) -> None:
        self.groups.files.export()

    def action_figure(self) -> None:
        self.groups.files.figure()

    def action_picture(self) -> None:
        self.groups.files.picture()

    # --- other screens

    def action_quit(self) -> None:
        if not self.groups.files.may_leave():
            return
        if self.state.came_from is not Origin.shell:
            self.groups.lessons.keep_now()  # before the library looks
            if self.is_active:  # and not going already
                self.dismiss()
        else:
            self.app.exit()

    def action_among(self) -> None:
        self.groups.cells.among_words()

    def action_sheet(self) -> None:
        self.groups.sheet.open()

    def action_gallery(self) -> None:
        self.groups.gallery.open()

    def action_ask(self) -> None:
        self.groups.asking.open()

    def action_answer(self, view: str) -> None:
        self.groups.asking.answer(view)

    def action_sampler(self) -> None:
        self.groups.asking.ask_sampler()

    def action_tour(self) -> None:
        from attn_explore.explorer.screens.tour import TourScreen

        self.app.clear_notifications()
        self.app.push_screen(TourScreen(self))

    def action_help(self) -> None:
        self.help()

    def help(self, wanted: str = "") -> None:
        """List the keys, narrowed to what is wanted."""
        from attn_explore.explorer.screens.help import open_help

        open_help(self, keys.all_bindings(), wanted)
