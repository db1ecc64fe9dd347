"""What can be asked of what is under the cursor: each question in words, with what answers it, and where it can be.

Whoever asks need not know what the answer is called, nor its key, which the list of questions shows beside it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from attn_explore.explorer.screens.explorer.state import View
from attn_explore.explorer.session import gradients
from attn_explore.explorer.telling.pictures import may_leave_first
from attn_explore.explorer.telling.sorting import Sorted, why_not
from attn_explore.model.dataclass import dataclass
from attn_explore.model.ops import is_gradient
from attn_explore.model.problems import Problem

if TYPE_CHECKING:
    from attn_explore.explorer.screens.explorer.screen import ExplorerScreen

Where = Callable[["ExplorerScreen"], bool]
"""Whether a question can be answered where a screen is."""


@dataclass(frozen=True)
class Askable:
    """A question, and the action of the screen that answers it; `more` says how, in a few words."""

    id: str
    question: str
    action: str
    is_here: Where
    more: str = ""


def askable(screen: ExplorerScreen) -> Iterator[Askable]:
    """The questions that can be answered where a screen is, in the order of the table."""
    return (each for each in QUESTIONS if each.is_here(screen))


def _anywhere(_: ExplorerScreen) -> bool:
    return True


def _has_numbers(screen: ExplorerScreen) -> bool:
    return screen.state.value.elsewhere is None


def _comes_from(screen: ExplorerScreen) -> bool:
    return screen.arithmetic.chosen is not None and not screen.state.shows_uses and not screen.state.is_of_words


def _goes_to(screen: ExplorerScreen) -> bool:
    return not screen.state.shows_uses


def _shows_uses(screen: ExplorerScreen) -> bool:
    return screen.state.shows_uses


def _can_be_edited(screen: ExplorerScreen) -> bool:
    value, trace = screen.state.value, screen.state.session.run.trace
    is_of_run = value.path in trace.steps or value.path in trace.parameters
    return is_of_run and _has_numbers(screen) and not is_gradient(value)


def _has_gradient(screen: ExplorerScreen) -> bool:
    session = screen.state.session
    is_made = session.run.output is not None
    is_known = not is_gradient(screen.state.value) and (not is_made or gradients.flipped(session) is not None)
    return _has_numbers(screen) and is_known


def _is_gradient(screen: ExplorerScreen) -> bool:
    return is_gradient(screen.state.value)


def _is_step(screen: ExplorerScreen) -> bool:
    value = screen.state.value
    return value.path in screen.state.session.run.trace.steps and not is_gradient(value)


def _is_matrices(screen: ExplorerScreen) -> bool:
    return screen.state.is_attention and not screen.state.is_of_words


def _has_sheet(screen: ExplorerScreen) -> bool:
    return _has_numbers(screen) and screen.groups.sheet.can_open


def _has_gallery(screen: ExplorerScreen) -> bool:
    from attn_explore.explorer.session.gallery import block_of

    session = screen.state.session
    try:
        return not session.run.trace.left_out and screen.state.value.path.startswith(f"{block_of(session.place)}.")
    except Problem:
        return False


def _has_heads(screen: ExplorerScreen) -> bool:
    steps = screen.state.session.run.trace.steps
    return any(path.endswith(".weights") and "head" in step.names for path, step in steps.items())


def _keeps_keys(screen: ExplorerScreen) -> bool:
    from attn_explore.model.looking.kept_keys import kept_keys

    try:
        kept_keys(screen.state.session.run.trace)
    except Problem:
        return False
    return True


def _has_bits(screen: ExplorerScreen) -> bool:
    from attn_explore.model.looking.stored_bits import has_bits

    return has_bits(screen.state.value)


def _says_words(screen: ExplorerScreen) -> bool:
    from attn_explore.model.looking.lens import last_whole_pass
    from attn_explore.model.stream import stream_of

    trace = screen.state.session.run.trace
    try:
        stream_of(trace, last_whole_pass(trace))
    except Problem:
        return False
    return True


def _chooses_words(screen: ExplorerScreen) -> bool:
    return "candidates" in screen.state.session.run.trace.steps


def _looks_there(screen: ExplorerScreen) -> bool:
    from attn_explore.explorer.session.looked_there import asks_why

    session = screen.state.session
    return asks_why(session.run.trace, session.place.cell)


def _is_term(screen: ExplorerScreen) -> bool:
    from attn_explore.explorer.session.who_wrote import term_at

    session = screen.state.session
    return _says_words(screen) and bool(term_at(session, session.place.cell))


def _has_neurons(screen: ExplorerScreen) -> bool:
    from attn_explore.explorer.telling.answers.views import network_of

    state = screen.state
    network = network_of(state.value.path)
    is_of_run = not is_gradient(state.value) and f"{network}.hidden" in state.session.run.trace.steps
    return bool(network) and is_of_run


def _can_be_patched(screen: ExplorerScreen) -> bool:
    from attn_explore.explorer.session.patched import can_be_patched

    return can_be_patched(screen.state.session)


def _has_other(screen: ExplorerScreen) -> bool:
    return screen.state.session.other is not None


def _has_plot(screen: ExplorerScreen) -> bool:
    return _has_numbers(screen) and screen.state.view is not View.plot


def _can_sort(what: Sorted) -> Where:
    def is_here(screen: ExplorerScreen) -> bool:
        picture = screen.grid.picture
        is_grid = screen.numbers is screen.grid and screen.grid.display and bool(screen.state.value.axes)
        return is_grid and picture is not None and not why_not(what, picture)

    return is_here


def _is_zoomed_in(screen: ExplorerScreen) -> bool:
    return screen.grid.display and not screen.grid.zoomed_out and screen.state.value.size > 1


def _leaves_first(screen: ExplorerScreen) -> bool:
    return _has_numbers(screen) and may_leave_first(screen.state.value)


def _has_finer_steps(screen: ExplorerScreen) -> bool:
    place = screen.state.session.place
    return place.can_open() and not place.is_open(screen.state.value)


def _has_next_layer(screen: ExplorerScreen) -> bool:
    value, place = screen.state.value, screen.state.session.place
    further = re.sub(r"(?<=\.layers\.)\d+", lambda found: str(int(found[0]) + 1), value.path, count=1)
    return further != value.path and place.peek(further) is not None


def _has_moments(screen: ExplorerScreen) -> bool:
    return screen.state.session.moments is not None


def _hides_words(screen: ExplorerScreen) -> bool:
    return not screen.words.display


def _has_lesson(screen: ExplorerScreen) -> bool:
    lesson = screen.state.session.lesson
    return bool(lesson.stops) and not lesson.is_guided


def _reads_words(screen: ExplorerScreen) -> bool:
    scenario = screen.state.session.run.scenario
    return scenario.alone is None and scenario.input.vectors is None


def _rounds(screen: ExplorerScreen) -> bool:
    from attn_explore.explorer.session.two_runs import rounds

    return rounds(screen.state.session)


QUESTIONS = (
    Askable("comes-from", "Where does this number come from?", "follow", _comes_from, "follows the marked number"),
    Askable("comes-from", "Where does this number come from?", "uses", _shows_uses, "its arithmetic"),
    Askable("goes-to", "Where is this number used next?", "uses", _goes_to),
    Askable("what-if", "What if this number were another one?", "edit", _can_be_edited, "runs again from here"),
    Askable("gradient", "How much does this number move the output?", "gradient", _has_gradient, "its gradient"),
    Askable("gradient-by", "Which number does this gradient belong to?", "gradient", _is_gradient, "the number itself"),
    Askable("depends-on", "What does this number depend on most?", "differentiate", _is_step, "gradients of it"),
    Askable("word", "What does this word look for, and get?", "word", _is_matrices, "attention, word by word"),
    Askable("text", "Which words does this word look at?", "among", _is_matrices, "attention among the words"),
    Askable("why", "Why does this head look there?", "answer('why')", _looks_there, "who wrote query and key"),
    Askable("sheet", "How does this whole block work?", "sheet", _has_sheet, "on one sheet"),
    Askable(
        "without-first",
        "What if the colours leave out the first token?",
        "without_first",
        _leaves_first,
        "it often takes most",
    ),
    Askable("gallery", "How would another kind of attention look here?", "gallery", _has_gallery, "every variant"),
    Askable("tokens", "How was this text cut into tokens?", "answer('tokens')", _reads_words, "merges, pieces, ids"),
    Askable("lens", "What would the model say if it ended here?", "answer('lens')", _says_words, "the lens, by layers"),
    Askable("chosen", "How was each word chosen?", "answer('generate')", _chooses_words, "its candidates, the cache"),
    Askable(
        "sampler",
        "Which words could a sampler draw next?",
        "sampler",
        _chooses_words,
        "temperature, top-k, top-p",
    ),
    Askable(
        "attribute",
        "Which parts of the model made it say this?",
        "answer('attribute')",
        _says_words,
        "a logit as a sum",
    ),
    Askable(
        "made-by",
        "Which words made this output?",
        "answer('words')",
        _says_words,
        "four methods, which disagree",
    ),
    Askable(
        "added",
        "How did this part change what the model says?",
        "answer('attribute-opened')",
        _is_term,
        "by tokens, neurons",
    ),
    Askable("lens-heads", "Which words does each head speak for?", "answer('lens-of-heads')", _says_words, "the lens"),
    Askable(
        "neurons", "Which neurons do most at this word?", "answer('neurons')", _has_neurons, "and what they favour"
    ),
    Askable("heads", "What does each head of attention do?", "answer('heads')", _has_heads, "induction, previous …"),
    Askable(
        "induction",
        "Which heads find what followed a word before?",
        "answer('heads-grid')",
        _has_heads,
        "induction, by layers",
    ),
    Askable("bits", "How is this number stored, bit by bit?", "answer('bits')", _has_bits, "from bits to value"),
    Askable("patch", "What in the text makes the two runs differ?", "answer('patch')", _can_be_patched, "patching"),
    Askable(
        "heads-patch", "Which heads make the two runs differ?", "answer('patch-heads')", _can_be_patched, "patching"
    ),
    Askable(
        "cache", "What does the cache of keys and values hold?", "answer('cache')", _keeps_keys, "in numbers and bytes"
    ),
    Askable("rounding", "Where does rounding begin to matter?", "answer('rounding')", _rounds, "off by how much"),
    Askable("other", "Which number does the other run have here?", "compare", _has_other),
    Askable("difference", "How do the two runs differ here?", "side", _has_other, "side by side, and subtracted"),
    Askable("parting", "At which step do the two runs first differ?", "part", _has_other),
    Askable("training", "How did this number change during training?", "play_training", _has_moments, "plays it"),
    Askable("plot", "What does this row look like as a curve?", "plot", _has_plot),
    Askable("columns", "Which columns are largest in this row?", "sort('columns')", _can_sort(Sorted.columns), "sorts"),
    Askable("rows", "Which rows are largest in this column?", "sort('rows')", _can_sort(Sorted.rows), "sorts"),
    Askable("heat-map", "What does the whole tensor look like?", "zoom", _is_zoomed_in, "as a heat map"),
    Askable("finer", "Which smaller steps is this step made of?", "open", _has_finer_steps, "opens it"),
    Askable("layer", "What does this look like in the next layer?", "layer(1)", _has_next_layer),
    Askable("map", "Where in the model is this?", "map", _anywhere, "the map"),
    Askable("words", "What is this step for?", "panel('words')", _hides_words, "in words"),
    Askable("lesson", "What does the lesson here teach?", "lesson", _has_lesson, "the lesson"),
    Askable("another-text", "What happens with another text?", "text", _reads_words),
    Askable("copy", "How do I take these numbers with me?", "copy_as", _has_numbers, "as NumPy, CSV, LaTeX"),
    Askable("figure", "How do I put this into a paper?", "figure", _has_numbers, "a figure"),
    Askable("reopen", "How do I get back to exactly this view?", "reopening", _anywhere, "its command line"),
    Askable("find", "How do I find a step, a word or a parameter?", "find", _anywhere),
)
"""The questions, those first that are of the number itself, then of its step, of the run, and what to take along."""
