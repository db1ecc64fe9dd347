"""The keys of the explorer: what each does, by which id it can be remapped, and how they are grouped in the list."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from attn_explore.explorer.widgets.find_line import FindLine
from attn_explore.explorer.widgets.plot_panel import PlotPanel
from attn_explore.explorer.widgets.ranking import Ranking
from attn_explore.explorer.widgets.step_tree import StepTree
from attn_explore.explorer.widgets.tensor_grid import TensorGrid

STEPS = Binding.Group("Steps")
CELL = Binding.Group("The cell under the cursor")
TRAINING = Binding.Group("The training")
LOOK = Binding.Group("What is shown")
OTHER = Binding.Group("Other")
LIBRARY = Binding.Group("In the library")
MAP = Binding.Group("In the map")
SHEET = Binding.Group("In the sheet of a block")
HELP = Binding.Group("In this list")
TOUR = Binding.Group("In the tour")
DIALOG = Binding.Group("In a dialog")
GALLERY = Binding.Group("In the gallery")
ANSWER = Binding.Group("In an answer")


def _binding(keys: str, action: str, what: str, id: str, group: Binding.Group) -> Binding:
    return Binding(keys, action, what, id=id, group=group)


BINDINGS: list[BindingType] = [
    _binding("right,full_stop,pagedown", "step(1)", "Next step", "step.next", STEPS),
    _binding("left,comma,pageup", "step(-1)", "Previous step", "step.previous", STEPS),
    _binding("home", "step(-1000000)", "First step", "step.first", STEPS),
    _binding("end", "step(1000000)", "Last step", "step.last", STEPS),
    _binding("right_curly_bracket", "layer(1)", "Same step in the next layer, or width", "layer.next", STEPS),
    _binding("left_curly_bracket", "layer(-1)", "Same step in the previous layer, or width", "layer.previous", STEPS),
    _binding("o", "open", "Open or close the finer steps inside this step", "step.open", STEPS),
    _binding("space", "play", "Play and pause: steps, or in the grid its cells", "play.toggle", STEPS),
    _binding("plus,equals_sign", "speed(1)", "Play faster", "play.faster", STEPS),
    _binding("minus", "speed(-1)", "Play slower", "play.slower", STEPS),
    _binding("slash", "find", "Find a step, a word, a parameter or a text", "find.open", STEPS),
    _binding("g", "go", "Go to a step or a cell by its name", "go.open", STEPS),
    _binding("m", "mark", "Mark this cell, or take its mark away", "mark.set", STEPS),
    _binding("apostrophe", "next_mark", "Next marked cell", "mark.next", STEPS),
    _binding("n", "match(1)", "Next match", "find.next", STEPS),
    _binding("N", "match(-1)", "Previous match", "find.previous", STEPS),
    _binding("L", "lesson", "Follow the lesson, or step through everything", "lesson", STEPS),
    _binding("H", "hint", "A hint at the question that waits", "lesson.hint", STEPS),
    _binding("C", "next_lesson", "Open the next lesson of the course", "lesson.next", STEPS),
    _binding("ctrl+r", "restart", "Ask this stop's question again; twice: begin again", "lesson.restart", STEPS),
    _binding("greater_than_sign", "moment(1)", "Next moment of the training", "moment.next", TRAINING),
    _binding("less_than_sign", "moment(-1)", "Previous moment", "moment.previous", TRAINING),
    _binding("right_parenthesis", "moment(1000000)", "The end of the training", "moment.last", TRAINING),
    _binding("left_parenthesis", "moment(-1000000)", "Its beginning", "moment.first", TRAINING),
    _binding("r", "play_training", "Play the training, and pause", "moment.play", TRAINING),
    _binding("M", "pin", "Pin this moment, to compare others with it, or give it up", "moment.pin", TRAINING),
    _binding("h", "move('left')", "Move left", "cell.left", CELL),
    _binding("j", "move('down')", "Move down", "cell.down", CELL),
    _binding("k", "move('up')", "Move up", "cell.up", CELL),
    _binding("l", "move('right')", "Move right", "cell.right", CELL),
    _binding("right_square_bracket", "head(1)", "Next head, or along the first axis", "head.next", CELL),
    _binding("left_square_bracket", "head(-1)", "Previous head, or back along the first axis", "head.previous", CELL),
    _binding(
        "down",
        "choose(1)",
        "Mark the next number of the arithmetic; in the word view: the next word",
        "number.next",
        CELL,
    ),
    _binding("up", "choose(-1)", "Mark the previous number, or the previous word", "number.previous", CELL),
    _binding("enter", "follow", "Go to where the marked number was computed", "number.follow", CELL),
    _binding("backspace,alt+left", "back", "Return from there", "number.back", CELL),
    _binding("alt+right", "forward", "Go there again", "number.forward", CELL),
    _binding("u", "uses", "Where this number goes, and back to where it came from", "number.uses", CELL),
    _binding("J", "scroll(3)", "Scroll the arithmetic down, then the words", "arithmetic.down", CELL),
    _binding("K", "scroll(-3)", "Scroll the arithmetic up, then the words", "arithmetic.up", CELL),
    _binding("f", "unfold", "Unfold and fold long sums", "sum.unfold", CELL),
    _binding("y", "copy", "Copy the arithmetic to the clipboard", "cell.copy", CELL),
    _binding("Y", "copy_as", "Copy the cell, row or tensor as NumPy, CSV or LaTeX", "cell.copy_as", CELL),
    _binding("at", "reopening", "Copy the command that opens this view again", "cell.reopen", CELL),
    _binding("e", "edit", "Change numbers here, and run again from there", "edit", CELL),
    _binding("ctrl+z", "undo", "Take back the last edit", "edit.undo", CELL),
    _binding("ctrl+y", "redo", "Make it again", "edit.redo", CELL),
    _binding("ctrl+x", "drop_edits", "Take back every edit", "edit.drop", CELL),
    _binding("t", "panel('tree')", "Show and hide the tree", "panel.tree", LOOK),
    _binding("i", "panel('words')", "Show and hide the words", "panel.words", LOOK),
    _binding("ctrl+left", "border('tree',-4)", "The tree narrower", "panel.tree_narrower", LOOK),
    _binding("ctrl+right", "border('tree',4)", "The tree wider", "panel.tree_wider", LOOK),
    _binding("shift+left", "border('words',-4)", "The words wider", "panel.words_wider", LOOK),
    _binding("shift+right", "border('words',4)", "The words narrower", "panel.words_narrower", LOOK),
    _binding("shift+up", "border('arithmetic',-1)", "The arithmetic higher", "panel.arithmetic_higher", LOOK),
    _binding("shift+down", "border('arithmetic',1)", "The arithmetic lower", "panel.arithmetic_lower", LOOK),
    _binding("Z", "arrange", "All panels as they were", "panel.reset", LOOK),
    _binding("v", "gradient", "The gradient with respect to this number, or the number", "view.gradient", LOOK),
    _binding("V", "differentiate", "What this number depends on: the gradients of it", "view.gradients_of", LOOK),
    _binding("w", "word", "Attention for one word at a time, or as matrices", "view.word", LOOK),
    _binding("P", "plot", "A plot of the row under the cursor, or the numbers", "view.plot", LOOK),
    _binding("a", "heads", "All heads side by side, or one", "grid.heads", LOOK),
    _binding("W", "among", "Attention among the words of the text, or as matrices", "view.among", LOOK),
    _binding("A", "sheet", "All of this block, or of this head, on one sheet", "view.sheet", LOOK),
    _binding("E", "gallery", "The gallery: every variant of this attention", "view.gallery", LOOK),
    _binding("c", "compare", "The same cell in the other run, and back", "compare", LOOK),
    _binding("d", "side", "Two runs side by side, their difference, or one", "compare.side", LOOK),
    _binding("p", "part", "The first step at which two runs part", "compare.part", LOOK),
    _binding("z", "zoom", "A heat map of the whole tensor, or its numbers", "grid.zoom", LOOK),
    _binding("b", "sort('columns')", "Sort the columns by this row, turn them, or not", "grid.sort_columns", LOOK),
    _binding("B", "sort('rows')", "Sort the rows by this column, turn them, or not", "grid.sort_rows", LOOK),
    _binding("F", "without_first", "Colours without the first token, or with it", "grid.without_first", LOOK),
    _binding("ctrl+g", "map", "The model as a map: go to any box of it", "map.open", LOOK),
    _binding("tab", "focus_on('grid')", "Into the grid: the arrows move the cell", "focus.grid", LOOK),
    _binding("shift+tab", "focus_on('tree')", "Into the tree", "focus.tree", LOOK),
    _binding("escape", "leave", "Stop what is being made; out again: the arrows step", "focus.leave", LOOK),
    _binding("colon", "ask", "What can be asked here: a list of questions", "ask", OTHER),
    _binding("ctrl+t", "text", "Read another text", "text", OTHER),
    _binding("s", "save", "Save the run with its edits as a scenario", "save", OTHER),
    _binding("x", "export", "Export the trace to a file", "export", OTHER),
    _binding("X", "figure", "Write this step as a figure: SVG, PNG, PDF", "figure", OTHER),
    _binding("S", "picture", "Save the screen, or the plot, as SVG", "picture", OTHER),
    _binding("T", "tour", "A tour in two minutes", "tour", OTHER),
    _binding("question_mark,f1", "help", "The keys", "help", OTHER),
    _binding("q", "quit", "Quit, or back to the library", "quit", OTHER),
]
"""Actions of `ExplorerScreen`."""

LIBRARY_BINDINGS: list[BindingType] = [
    _binding("enter", "choose", "Open it in the explorer", "library.open", LIBRARY),
    _binding("down,j", "move(1)", "Mark the next one", "library.next", LIBRARY),
    _binding("up,k", "move(-1)", "Mark the one before", "library.previous", LIBRARY),
    _binding("E", "gallery", "Its attention in every variant, side by side", "library.gallery", LIBRARY),
    _binding("slash", "find", "Find by name, title or summary", "library.find", LIBRARY),
    _binding("r", "forget", "Forget the place in this lesson", "library.forget", LIBRARY),
    _binding("escape", "leave", "Show all again", "library.all", LIBRARY),
    _binding("question_mark,f1", "help", "The keys", "library.help", LIBRARY),
    _binding("q", "app.quit", "Quit", "library.quit", LIBRARY),
]
"""Actions of `LibraryScreen`."""


MAP_BINDINGS: list[BindingType] = [
    _binding("up,k", "move('up')", "Mark the box above", "map.up", MAP),
    _binding("down,j", "move('down')", "Mark the box below", "map.down", MAP),
    _binding("left,h", "move('left')", "Mark the box to the left", "map.left", MAP),
    _binding("right,l", "move('right')", "Mark the box to the right", "map.right", MAP),
    _binding("right_curly_bracket", "layer(1)", "The same box in the next layer", "map.next_layer", MAP),
    _binding("left_curly_bracket", "layer(-1)", "The same box in the previous layer", "map.previous_layer", MAP),
    _binding("right_square_bracket", "pass(1)", "The same box in the next pass of a generation", "map.next_pass", MAP),
    _binding("left_square_bracket", "pass(-1)", "The same box in the pass before", "map.previous_pass", MAP),
    _binding("enter", "choose", "Go to what was computed there", "map.choose", MAP),
    _binding("J", "scroll(3)", "Scroll the words down", "map.words_down", MAP),
    _binding("K", "scroll(-3)", "Scroll the words up", "map.words_up", MAP),
    _binding("at", "reopening", "Copy the command that opens this view again", "map.reopen", MAP),
    _binding("escape,ctrl+g,q", "leave", "Back to where you were", "map.close", MAP),
    _binding("question_mark,f1", "help", "The keys", "map.help", MAP),
]
"""Actions of `MapScreen`."""


SHEET_BINDINGS: list[BindingType] = [
    _binding("left,h", "move(0,-1)", "Move left, over the edge into the tensor there", "sheet.left", SHEET),
    _binding("right,l", "move(0,1)", "Move right", "sheet.right", SHEET),
    _binding("up,k", "move(-1,0)", "Move up", "sheet.up", SHEET),
    _binding("down,j", "move(1,0)", "Move down", "sheet.down", SHEET),
    _binding("tab", "tensor(1)", "Into the next tensor", "sheet.next", SHEET),
    _binding("shift+tab", "tensor(-1)", "Into the previous tensor", "sheet.previous", SHEET),
    _binding("enter", "enter", "Go to this cell", "sheet.enter", SHEET),
    _binding("at", "reopening", "Copy the command that opens this view again", "sheet.reopen", SHEET),
    _binding("escape,A,q", "dismiss(None)", "Back to where you were", "sheet.close", SHEET),
    _binding("question_mark,f1", "help", "The keys", "sheet.help", SHEET),
]
"""Actions of `SheetScreen`."""


HELP_BINDINGS: list[BindingType] = [
    _binding("q,question_mark,f1,enter", "dismiss", "Back", "help.close", HELP),
    _binding("escape", "leave", "List all keys again, or back", "help.leave", HELP),
    _binding("slash", "find", "Find a key by what it does", "help.find", HELP),
    _binding("down,j,pagedown", "scroll(1)", "Down", "help.down", HELP),
    _binding("up,k,pageup", "scroll(-1)", "Up", "help.up", HELP),
]
"""Actions of `HelpScreen`."""


TOUR_BINDINGS: list[BindingType] = [
    _binding("right,enter,space,full_stop,pagedown,down", "turn(1)", "Next page", "tour.next", TOUR),
    _binding("left,comma,pageup,up,backspace", "turn(-1)", "Previous page", "tour.previous", TOUR),
    _binding("escape,q,T", "dismiss", "End the tour", "tour.end", TOUR),
]
"""Actions of `TourScreen`."""


COPY_BINDINGS: list[BindingType] = [_binding("escape,Y", "dismiss(None)", "Back", "copy.close", DIALOG)]
FIGURE_BINDINGS: list[BindingType] = [_binding("escape,X", "dismiss(None)", "Back", "figure.close", DIALOG)]
EXPORT_BINDINGS: list[BindingType] = [_binding("escape", "back", "Back without writing", "export.close", DIALOG)]
ASK_BINDINGS: list[BindingType] = [_binding("escape", "dismiss(None)", "Back without asking", "ask.close", DIALOG)]
TEXT_BINDINGS: list[BindingType] = [_binding("escape", "back", "Back to the text that was read", "text.close", DIALOG)]
"""Actions of the dialogs."""

_DIALOGS = (*COPY_BINDINGS, *FIGURE_BINDINGS, *EXPORT_BINDINGS, *TEXT_BINDINGS, *ASK_BINDINGS)


GALLERY_BINDINGS: list[BindingType] = [
    _binding("left,h", "move(0,-1)", "Light the cell to the left, in all pictures", "gallery.left", GALLERY),
    _binding("right,l", "move(0,1)", "That to the right", "gallery.right", GALLERY),
    _binding("up,k", "move(-1,0)", "That above", "gallery.up", GALLERY),
    _binding("down,j", "move(1,0)", "That below", "gallery.down", GALLERY),
    _binding("tab", "picture(1)", "Next picture", "gallery.next", GALLERY),
    _binding("shift+tab", "picture(-1)", "Previous picture", "gallery.previous", GALLERY),
    _binding("right_curly_bracket,pagedown", "family(1)", "Next family of variants", "gallery.next_family", GALLERY),
    _binding("left_curly_bracket,pageup", "family(-1)", "Previous family", "gallery.previous_family", GALLERY),
    _binding("right_square_bracket", "head(1)", "Next head", "gallery.next_head", GALLERY),
    _binding("left_square_bracket", "head(-1)", "Previous head", "gallery.previous_head", GALLERY),
    _binding("enter", "open", "Open this picture as a run", "gallery.open", GALLERY),
    _binding("c", "compare", "Mark this picture; then, at another one, compare the two", "gallery.compare", GALLERY),
    _binding("v", "scores", "The scores that the weights are made of, or the weights", "gallery.scores", GALLERY),
    _binding("J", "scroll(1)", "Scroll the words down", "gallery.words_down", GALLERY),
    _binding("K", "scroll(-1)", "Scroll the words up", "gallery.words_up", GALLERY),
    _binding("ctrl+t", "text", "Read another text", "gallery.text", GALLERY),
    _binding("escape,backspace,E,q", "leave", "Back to where you were", "gallery.close", GALLERY),
    _binding("question_mark,f1", "help", "The keys", "gallery.help", GALLERY),
]
"""Actions of `GalleryScreen`."""


ANSWER_BINDINGS: list[BindingType] = [
    _binding("left,h", "move(0,-1)", "To the cell on the left", "answer.left", ANSWER),
    _binding("right,l", "move(0,1)", "To that on the right", "answer.right", ANSWER),
    _binding("up,k", "move(-1,0)", "To that above; to the curve before", "answer.up", ANSWER),
    _binding("down,j", "move(1,0)", "To that below; to the next curve", "answer.down", ANSWER),
    _binding("g,home", "edge(0)", "To the first row", "answer.top", ANSWER),
    _binding("G,end", "edge(-1)", "To the last row", "answer.bottom", ANSWER),
    _binding("0", "side(0)", "To the first column", "answer.first", ANSWER),
    _binding("dollar_sign", "side(-1)", "To the last column", "answer.last", ANSWER),
    _binding("pagedown,ctrl+d", "page(1)", "Down by as many rows as are in sight", "answer.page_down", ANSWER),
    _binding("pageup,ctrl+u", "page(-1)", "Up by as many rows as are in sight", "answer.page_up", ANSWER),
    _binding("enter", "follow", "Go to the step that the cell is of; Backspace comes back", "answer.follow", ANSWER),
    _binding("P", "plot", "The row as a curve, then the column, then the table", "answer.plot", ANSWER),
    _binding("e", "edit", "Change the number that the cell is of, and run again", "answer.edit", ANSWER),
    _binding("c", "compare", "The answer of the other run", "answer.compare", ANSWER),
    _binding("s", "otherwise", "Ask the same with other options, which are typed", "answer.otherwise", ANSWER),
    _binding("J", "scroll(1)", "Scroll the words down", "answer.words_down", ANSWER),
    _binding("K", "scroll(-1)", "Scroll the words up", "answer.words_up", ANSWER),
    _binding("x", "export", "Export the answer: text, CSV, JSON, a figure", "answer.export", ANSWER),
    _binding("y", "copy", "Copy the cell, with every digit", "answer.copy", ANSWER),
    _binding("at", "reopening", "Copy the command line that prints the same", "answer.reopen", ANSWER),
    _binding("escape,backspace,q", "leave", "Back to where you were", "answer.close", ANSWER),
    _binding("question_mark,f1", "help", "The keys", "answer.help", ANSWER),
]
"""Actions of `AnswerScreen`."""


def all_bindings() -> list[Binding]:
    """Every binding of the explorer, the screen's and its panels'."""
    panels = (TensorGrid, Ranking, PlotPanel, StepTree, FindLine)
    every = (*BINDINGS, *(binding for panel in panels for binding in panel.BINDINGS))
    return [binding for binding in every if isinstance(binding, Binding)]


def every_binding() -> list[Binding]:
    """Every binding there is, those of the other screens too."""
    every = (
        *LIBRARY_BINDINGS,
        *MAP_BINDINGS,
        *SHEET_BINDINGS,
        *GALLERY_BINDINGS,
        *ANSWER_BINDINGS,
        *HELP_BINDINGS,
        *TOUR_BINDINGS,
        *_DIALOGS,
    )
    return [*all_bindings(), *(binding for binding in every if isinstance(binding, Binding))]


def binding_ids() -> set[str]:
    """The ids of every binding, by which a key file names them."""
    return {binding.id for binding in every_binding() if binding.id}
