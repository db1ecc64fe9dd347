"""What a lesson says will follow, for whoever tries it, does follow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from attn_explore.explorer.session.course import bundled
from attn_explore.model.axes import Array
from attn_explore.model.looking.rounded_steps import rounded_steps
from attn_explore.model.run import run
from attn_explore.model.scenario.document import Edit
from attn_explore.model.trace import Trace
from tests.taught import record_of, run_of, scenario_of, second_of, stops_of

ATTENTION = "encoder.layers.0.self_attention"
EXACT = 5e-5


def tried(name: str, *edits: Edit, second: bool = False) -> Trace:
    """A bundled scenario, or the run that it is compared with, with these edits instead of its own."""
    scenario, record = scenario_of(name), record_of(name)
    found = scenario.second() if second else scenario
    assert found is not None
    moment = 0 if record is None else len(record.steps) - 1
    return run(replace(found, edits=edits, gradients=None), record=record, moment=moment)


def moved(name: str, path: str, *edits: Edit, second: bool = False) -> list[bool]:
    """Which rows of a step become others."""
    before = second_of(name) if second else run_of(name)
    assert before is not None
    gap = np.abs(array(tried(name, *edits, second=second), path) - array(before, path))
    return [bool(row.max() > 1e-9) for row in gap]


def array(found: Trace, path: str) -> Array:
    return np.asarray(found[path].array, np.float64)


def at(path: str, *index: int, to: float) -> Edit:
    return Edit(at=path, index=index, set=to)


def zero(path: str, *index: int) -> Edit:
    return Edit(at=path, index=index, zero=True)


def reads(name: str, text: str) -> Trace:
    """The run of a trained model on another text."""
    record = record_of(name)
    assert record is not None
    found = replace(scenario_of(name).with_text({"text": text}), gradients=None)
    return run(found, record=record, moment=len(record.steps) - 1)


def near(found: object, wanted: object) -> bool:
    return bool(np.allclose(np.asarray(found, float), np.asarray(wanted, float), rtol=0, atol=EXACT))


def single_head() -> bool:
    found = tried("single-head", at(f"{ATTENTION}.k", 0, 3, 0, to=2))
    return near(array(found, f"{ATTENTION}.weights")[0, 1, 3], 0.7260)


def multi_head() -> bool:
    found = tried("multi-head", at(f"{ATTENTION}.q", 1, 3, 2, to=0))
    return near(array(found, f"{ATTENTION}.weights")[1, 3], 0.25)


def positions_sinusoidal() -> bool:
    found = tried("positions-sinusoidal", zero("encoder.position"))
    return near(array(found, f"{ATTENTION}.weights"), 0.0833)


def word_order() -> bool:
    first, other = (tried("word-order", zero("encoder.position"), second=second) for second in (False, True))
    order = [first.tokens["encoder"].index(word) for word in other.tokens["encoder"]]  # type: ignore[union-attr]
    return near(array(first, f"{ATTENTION}.concat")[order], array(other, f"{ATTENTION}.concat"))


def why_scale() -> bool:
    found, other = tried("why-scale", Edit(at=f"{ATTENTION}.scaled_scores", scale=8.0)), second_of("why-scale")
    return other is not None and near(array(found, f"{ATTENTION}.concat"), array(other, f"{ATTENTION}.concat"))


def softmax_saturation() -> bool:
    found = tried("softmax-saturation", at("experiment.logits", 0, to=2))
    last = array(found, "experiment.curve.probabilities")[-1]
    return near(last, [0.5, 0, 0.5]) and near(array(found, "experiment.curve.slopes")[-1], [0.25, 0, 0.25])


def causal_mask() -> bool:
    return moved("causal-mask", f"{ATTENTION}.output", zero("encoder.embedding", 3)) == [False, False, False, True]


def padding_mask() -> bool:
    found = tried("padding-mask", at(f"{ATTENTION}.mask", 1, 4, to=0))
    return near(array(found, f"{ATTENTION}.weights")[0, 1, 4], 0.0374)


def padding_changes_nothing() -> bool:
    path, edit = f"{ATTENTION}.concat", zero("encoder.embedding", 3)
    first, other = (moved("padding-changes-nothing", path, edit, second=second)[:3] for second in (False, True))
    return not any(first) and all(other)


def with_and_without_mask() -> bool:
    path, edit = f"{ATTENTION}.concat", zero("encoder.embedding", 3)
    first, other = (moved("with-and-without-mask", path, edit, second=second) for second in (False, True))
    return first == [False, False, False, True] and all(other)


def add_and_norm() -> bool:
    edit, path = at("encoder.layers.0.ffn.residual", 3, 3, to=1000), "encoder.layers.0.ffn.norm"
    is_alone = moved("add-and-norm", path, edit) == [False, False, False, True]
    return is_alone and abs(array(tried("add-and-norm", edit), path)[3, 3] - 1.73) < 0.01


def encoder_layer() -> bool:
    path = "encoder.layers.0.ffn.norm"
    whole = moved("encoder-layer", path, zero("encoder.input", 3))
    return all(whole) and moved("encoder-layer", path, zero("encoder.layers.0.ffn.hidden", 3)) == [False] * 3 + [True]


def feed_forward() -> bool:
    found = tried("feed-forward", at("encoder.layers.0.ffn.hidden", 0, 1, to=-1))
    return near(array(found, "encoder.layers.0.ffn.residual")[:, 2], [2, 1, 1, 0])


def stacked() -> bool:
    name, path = "attention-then-ffn-stacked", "encoder.layers.2.ffn.norm"
    early, late = (moved(name, path, zero(f"encoder.layers.{layer}.ffn.output", 3)) for layer in (0, 2))
    return all(early) and late == [False, False, False, True]


def label_each_word() -> bool:
    saw = array(tried("label-each-word", zero(f"{ATTENTION}.head_output", 1)), "probabilities")[[1, 3]]
    return near(saw[:, 1], saw[:, 3])


def label_the_sentence() -> bool:
    knocked_out = Edit(at=f"{ATTENTION}.scaled_scores", index=(0, 3, 2), knock_out=True)
    return bool(array(tried("label-the-sentence", knocked_out), "probabilities").argmax() == 0)


def sentiment() -> bool:
    swapped, sad = reads("sentiment", "this song is good not very"), reads("sentiment", "this song is not very sad")
    return near(array(swapped, "probabilities"), array(run_of("sentiment"), "probabilities")) and bool(
        array(sad, "probabilities")[_label(sad, "positive")] > 0.5
    )


def _label(found: Trace, label: str) -> int:
    return [found["probabilities"].axes[0].label(place) for place in range(2)].index(label)


def cross_attention() -> bool:
    found = tried("cross-attention", at("decoder.embedding", 1, 5, to=0))
    return bool(np.abs(array(found, "decoder.layers.0.cross_attention.weights")[0, 1] - 1 / 3).max() < 0.02)


def write_word_by_word() -> bool:
    found = tried("write-word-by-word", at("head.b", 1, to=0))
    written = found.tokens["decoder"]
    return written is not None and tuple(written[-3:]) == ("狗", "狗", "狗")


def long_range() -> bool:
    found = tried("long-range", at(f"{ATTENTION}.q", 0, 7, 0, to=2))
    return abs(array(found, f"{ATTENTION}.weights")[0, 7, 1] - 0.40) < 0.005


def local_attention() -> bool:
    edit, outputs = zero("encoder.input", 5), [f"encoder.layers.{layer}.self_attention.output" for layer in (0, 1)]
    return [sum(moved("local-attention", path, edit)) for path in outputs] == [2, 3]


def softmax_vs_relu() -> bool:
    found = tried("softmax-vs-relu", at(f"{ATTENTION}.scaled_scores", 0, 0, 0, to=-1), second=True)
    return near(array(found, f"{ATTENTION}.concat")[0], 0)


def pre_norm_stack() -> bool:
    found = tried("pre-norm-stack", zero("encoder.layers.1.self_attention.output", 4))
    return near(array(found, "encoder.layers.1.self_attention.residual")[4, 0], -6.2141)


def heads_knocked_out() -> bool:
    found = tried("heads-knocked-out", zero(f"{ATTENTION}.head_output", 2))
    return near(array(found, f"{ATTENTION}.output")[:, :4], [0.0174, 0.0174, 0.9479, 0.0174])


def grouped_query() -> bool:
    edit = at(f"{ATTENTION}.k", 0, 3, 0, to=1)
    return moved("grouped-query", f"{ATTENTION}.scores", edit) == [True, True, False, False]


def positions_rotary() -> bool:
    found = array(tried("positions-rotary", at(f"{ATTENTION}.v", 0, 2, 0, to=1)), f"{ATTENTION}.concat")
    return len(np.unique(found[:, 0].round(6))) > 1


def what_rounding_does() -> bool:
    rounded = run(scenario_of("names").with_rounded("q8_0"))
    found = rounded_steps(rounded, run(scenario_of("names")))
    return found.said > 0 and found.otherwise == 0


TRIES: list[tuple[str, int, str, Callable[[], bool]]] = [
    ("what-rounding-does", 8, "every letter stays", what_rounding_does),
    ("single-head", 9, "a weight of 0.7260", single_head),
    ("multi-head", 9, "Its weights there become quarters", multi_head),
    ("positions-sinusoidal", 9, "Every weight becomes 0.0833", positions_sinusoidal),
    ("word-order", 9, "every difference is 0", word_order),
    ("why-scale", 9, "From the weights on every difference is then 0", why_scale),
    ("softmax-saturation", 9, "0.5 each, with the slope 0.25", softmax_saturation),
    ("causal-mask", 9, "here only the last row changes", causal_mask),
    ("padding-mask", 10, "Then *love* gives it a weight of 0.0374", padding_mask),
    ("padding-changes-nothing", 9, "No word's row changes here", padding_changes_nothing),
    ("with-and-without-mask", 9, "all four rows change", with_and_without_mask),
    ("add-and-norm", 9, "the norm makes about 1.73 of it", add_and_norm),
    ("encoder-layer", 11, "all four rows here move", encoder_layer),
    ("feed-forward", 9, "column 2 becomes 2, 1, 1, 0", feed_forward),
    ("attention-then-ffn-stacked", 10, "in layer 0 it moves all four rows here, in layer 2 only its own", stacked),
    ("label-each-word", 11, "verb and noun become equal for both", label_each_word),
    ("label-the-sentence", 11, "the label turns over", label_the_sentence),
    ("sentiment", 12, "the sentence becomes positive", sentiment),
    ("cross-attention", 11, "Its three weights become about a third each", cross_attention),
    ("write-word-by-word", 12, "goes on with 狗 狗 up to its limit", write_word_by_word),
    ("long-range", 9, "the weight of *Law* falls to about 0.40", long_range),
    ("local-attention", 10, "In layer 0 only the last two rows of the output move", local_attention),
    ("softmax-vs-relu", 9, "Its result becomes all zeros", softmax_vs_relu),
    ("pre-norm-stack", 11, "carries −6.2141 past this block, unchanged", pre_norm_stack),
    ("heads-knocked-out", 9, "0.9479 for the noun, 0.0174 for the rest", heads_knocked_out),
    ("grouped-query", 11, "the scores of heads 0 and 1 move, those of heads 2 and 3 stay", grouped_query),
    ("positions-rotary", 11, "and the results differ", positions_rotary),
]
"""A lesson, a stop counted from 1, words of it that say what follows, and whether it does."""


@pytest.mark.parametrize(("name", "place", "says", "is_so"), TRIES, ids=[name for name, *_ in TRIES])
def test_what_a_lesson_says_will_follow_follows(name: str, place: int, says: str, is_so: Callable[[], bool]) -> None:
    assert says in " ".join(stops_of(name)[place - 1].say.split())
    assert is_so()


def test_where_a_lesson_says_c_the_other_run_has_the_step() -> None:
    at_c = [
        (name, entry.at)
        for name in bundled()
        for entry in scenario_of(name).lesson
        if "`c`" in entry.say and not entry.gallery
    ]
    others = {name: other.steps for name, _ in at_c if (other := second_of(name))}
    assert len(others) > 5
    assert [(name, path) for name, path in at_c if path not in others.get(name, {})] == []
