"""What the bundled lessons count and compare in words is so in their runs."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from attn_explore.model.axes import Array
from attn_explore.model.gallery import variants_of
from attn_explore.model.looking.attribution import attribution
from attn_explore.model.looking.kept_keys import kept_keys
from attn_explore.model.looking.rounded_steps import rounded_steps
from attn_explore.model.looking.stored_bits import bits_of
from attn_explore.model.run import run
from attn_explore.model.stream import stream_of
from attn_explore.model.trace import Trace
from tests.taught import run_of, scenario_of, second_of, stops_of, told

ATTENTION = "encoder.layers.0.self_attention"


def array(name: str, path: str) -> Array:
    found = run_of(name)
    value = found.steps.get(path) or found.parameters[path]
    return np.asarray(value.array, np.float64)


def second(name: str, path: str) -> Array:
    found = second_of(name)
    assert found is not None
    return np.asarray(found[path].array, np.float64)


def difference(name: str, path: str) -> Array:
    return array(name, path) - second(name, path)


def heads_of_translate() -> tuple[str, ...]:
    weights = run_of("translate")["generated.3.decoder.layers.0.cross_attention.weights"]
    return tuple(weights.axes[2].label(int(place)) for place in weights.array[0].argmax(-1))


def hung(name: str) -> Array:
    """The weights of a variant in the gallery."""
    scenario = scenario_of("gallery")
    changes = next(each.changes for each in variants_of(scenario) if each.name == name)
    return np.asarray(run(scenario.varied(changes))[f"{ATTENTION}.weights"].array[0], np.float64)


NORMED = "decoder.layers.0.self_attention.norm"


def second_run(name: str) -> Trace:
    found = second_of(name)
    assert found is not None
    return found


def off_by(path: str) -> int:
    """By how many hundredths four bits are off sixteen, in a step of the lesson on rounding."""
    found = rounded_steps(run_of("what-rounding-does"), second_run("what-rounding-does"))
    return round(100 * next(each.relative for each in found.steps if each.step.path == path))


def quant_of(path: str, index: tuple[int, ...]) -> float:
    parts = bits_of(run_of("what-rounding-does").parameters[path], index).reckoned.parts
    return next(part.number for part in parts if part.name == "q")


def share_of_heads() -> float:
    """What all heads together wrote of the end's logit after *kile*, as a share of it."""
    found = attribution(run_of("who-wrote-this-word"))
    return found.total("head") / found.of.value


CLAIMS: list[tuple[str, int, str, Callable[[], object]]] = [
    ("what-rounding-does", 1, "Sixteen bits are as good as what was trained",
     lambda: rounded_steps(second_run("what-rounding-does"), run_of("names")).matters is None),
    ("what-rounding-does", 2, "has q = 10", lambda: quant_of("decoder.embedding_table", (14, 0)) == 10),
    ("what-rounding-does", 3, "off by about 5%", lambda: off_by("decoder.embedding") == off_by(NORMED) == 5),
    ("what-rounding-does", 3, "all of them are off by 10%",
     lambda: off_by("decoder.layers.0.self_attention.scaled_scores") == 10),
    ("what-rounding-does", 4, "the weights are off by 5% only",
     lambda: off_by("decoder.layers.0.self_attention.weights") == 5),
    ("what-rounding-does", 5, "the stream is off by 13%", lambda: off_by("decoder.layers.0.ffn.residual") == 13),
    ("what-rounding-does", 8, "only there is another letter said",
     lambda: rounded_steps(run_of("what-rounding-does"), second_run("what-rounding-does")).otherwise == 1),
    ("who-wrote-this-word", 2, "with no norm between",
     lambda: not stream_of(run_of("who-wrote-this-word")).is_normalised),
    ("who-wrote-this-word", 7, "the one that wrote most",
     lambda: attribution(run_of("who-wrote-this-word")).terms[0].kind == "network"),
    ("who-wrote-this-word", 8, "a little over a fifth", lambda: 0.2 < share_of_heads() < 0.23),
    ("who-wrote-this-word", 9, "the next best",
     lambda: run_of("who-wrote-this-word")["logits"].axes[1].label(
         int(array("who-wrote-this-word", "logits")[4].argsort()[-2])) == "l"),
    ("who-wrote-this-word", 9, "They add up alike. For the end rather than *l*: head 2 with 1.2922, head 0 with "
     "0.5715, the network with 0.3472, head 3 with 0.0526. Against it: the embedding with 0.9213, head 1 with 0.5673.",
     lambda: len(attribution(run_of("who-wrote-this-word")).terms) == 4 + 2
     and round(1.2922 + 0.5715 + 0.3472 + 0.0526 - 0.9213 - 0.5673, 4) == 0.7749),
    ("names", 6, "Of the 64 numbers in the row of *l*, 39 are 0",
     lambda: (array("names", "decoder.layers.0.ffn.hidden")[3] == 0).sum() == 39),
    ("sampling", 6, "for 0.8 these three, with 0.8482; the letter before it would have been two",
     lambda: [1 + (np.sort(array("sampling", f"{chapter}candidates"))[::-1].cumsum() < 0.8).sum()
              for chapter in ("generated.1.", "")] == [3, 2]),
    ("sampling", 8, "only *e* is new; the other keys are those of the pass before",
     lambda: np.array_equal(array("sampling", "generated.1.decoder.layers.0.self_attention.k")[:, :4],
                            array("sampling", "decoder.layers.0.self_attention.k"))),
    ("sampling", 8, "2 · 4 · 4 = 32 numbers for each token",
     lambda: kept_keys(run_of("sampling")).numbers_a_token == 32),
    ("names", 7, "*u*, the best of the others but for the end",
     lambda: [run_of("names")["logits"].axes[1].label(int(place))
              for place in array("names", "logits")[3].argsort()[:-5:-1]] == ["e", "i", "</s>", "u"]),
    ("gallery", 9, "The last row stays as it was",
     lambda: np.allclose(hung("causal")[3], array("gallery", f"{ATTENTION}.weights")[0, 3])),
    ("gallery", 10, "only *I* and *dog* do not see each other",
     lambda: np.argwhere(hung("2_neighbours") == 0).tolist() == [[0, 3], [3, 0]]),
    ("i-love-my-dog", 1, "a row of six numbers", lambda: array("i-love-my-dog", "encoder.embedding").shape[1] == 6),
    ("i-love-my-dog", 10, "that of *dog* is by far the largest",
     lambda: array("i-love-my-dog", f"{ATTENTION}.v")[0, :, 1].argmax() == 3),
    ("single-head", 2, "*I* and *my* have different rows, and yet the same query",
     lambda: (array("single-head", f"{ATTENTION}.q")[0, 0] == array("single-head", f"{ATTENTION}.q")[0, 2]).all()),
    ("single-head", 9, "*I* and *my* end with the same row",
     lambda: np.ptp(array("single-head", f"{ATTENTION}.concat")[[0, 2]], axis=0).max() < 1e-12),
    ("wo-xihuan-wode-gou", 7, "No weight is 0",
     lambda: (array("wo-xihuan-wode-gou", f"{ATTENTION}.weights") > 0).all()),
    ("positions-sinusoidal", 3, "No two rows are equal",
     lambda: len(np.unique(array("positions-sinusoidal", "encoder.position"), axis=0)) == 12),
    ("positions-sinusoidal", 6, "all 144 scores",
     lambda: np.ptp(second("positions-sinusoidal", f"{ATTENTION}.scores")) < 1e-12),
    ("word-order", 3, "the animals, *dogs* and *cats*, ask for the verb",
     lambda: (array("word-order", f"{ATTENTION}.weights")[0, [1, 3]].argmax(-1) == 2).all()),
    ("why-scale", 1, "every difference is 0", lambda: not difference("why-scale", f"{ATTENTION}.q").any()),
    ("why-scale", 6, "One difference in each row is negative",
     lambda: ((difference("why-scale", f"{ATTENTION}.weights") < 0).sum(-1) == 1).all()),
    ("padding-mask", 5, "Whole columns are closed",
     lambda: np.isneginf(array("padding-mask", f"{ATTENTION}.mask")[:, 4:]).all()),
    ("padding-changes-nothing", 6, "the column of `<pad>` is negative, all others are positive",
     lambda: ((np.sign(difference("padding-changes-nothing", f"{ATTENTION}.weights")[0, :3]) == [1, 1, 1, -1]).all())),
    ("causal-mask", 4, "the six pairs that look ahead are closed, ten stay open",
     lambda: np.isneginf(array("causal-mask", f"{ATTENTION}.mask")).sum() == 6),
    ("with-and-without-mask", 3, "Six of them look ahead and become −∞; ten keep their number",
     lambda: np.isneginf(array("with-and-without-mask", f"{ATTENTION}.masked_scores")).sum() == 6),
    ("with-and-without-mask", 6, "The last row is 0 everywhere",
     lambda: np.abs(difference("with-and-without-mask", f"{ATTENTION}.weights")[0, 3]).max() < 1e-12),
    ("add-and-norm", 2, "all give it more than 0.93",
     lambda: (array("add-and-norm", f"{ATTENTION}.weights")[0, 1:, 1] > 0.93).all()),
    ("add-and-norm", 3, "differ by less than 0.002 in every column",
     lambda: np.ptp(array("add-and-norm", f"{ATTENTION}.output")[1:3], axis=0).max() < 0.002),
    ("encoder-layer", 8, "the only positive number in the row",
     lambda: (array("encoder-layer", f"{ATTENTION}.norm")[2] > 0).sum() == 1),
    ("encoder-layer", 8, "were all positive", lambda: (array("encoder-layer", f"{ATTENTION}.residual")[2] > 0).all()),
    ("feed-forward", 5, "One of the eight numbers is below 0",
     lambda: (array("feed-forward", "encoder.layers.0.ffn.hidden_pre") < 0).sum() == 1),
    ("attention-then-ffn-stacked", 8, "every weight in both heads lies between 0.18 and 0.30",
     lambda: np.ptp(np.clip(array("attention-then-ffn-stacked", "encoder.layers.2.self_attention.weights"), 0.18, 0.30)
                    - array("attention-then-ffn-stacked", "encoder.layers.2.self_attention.weights")) == 0),
    ("label-the-sentence", 3, "Only one of the 16 scores is not 0",
     lambda: np.count_nonzero(array("label-the-sentence", f"{ATTENTION}.scores")) == 1),
    ("label-the-sentence", 7, "one number of 16 is left",
     lambda: np.count_nonzero(array("label-the-sentence", "encoder.layers.0.ffn.hidden")) == 1),
    ("reverse", 6, "In every row the largest weight stands at the mirrored place",
     lambda: (array("reverse", f"{ATTENTION}.weights")[0].argmax(-1) == np.arange(5, -1, -1)).all()),
    ("reverse", 11, "the largest in every row is *a*",
     lambda: (second("reverse", "probabilities").argmax(-1) == 0).all()),
    ("cross-attention", 2, "changed each number by less than 0.09",
     lambda: np.abs(array("cross-attention", "encoder.layers.0.ffn.residual")
                    - array("cross-attention", "encoder.embedding")).max() < 0.09),
    ("write-word-by-word", 2, "every other number of its row is below 0.05",
     lambda: (np.delete(array("write-word-by-word", "encoder.layers.0.ffn.residual")[3], 3) < 0.05).all()),
    ("translate", 8, "Four rows, four words", lambda: heads_of_translate() == ("I", "love", "my", "dog")),
    ("long-range", 4, "Only one score is left",
     lambda: np.count_nonzero(array("long-range", f"{ATTENTION}.scores")) == 1),
    ("long-range", 6, "Eleven of the twelve rows look like this",
     lambda: (np.ptp(array("long-range", f"{ATTENTION}.weights")[0], axis=-1) < 1e-12).sum() == 11),
    ("long-range", 7, "the seven words in sight",
     lambda: np.count_nonzero(second("long-range", f"{ATTENTION}.weights")[0, 7]) == 7),
    ("dot-vs-additive", 7, "Column *love* is positive in every row",
     lambda: (difference("dot-vs-additive", f"{ATTENTION}.weights")[0, :, 1] > 0).all()),
    ("softmax-vs-relu", 1, "6 of the 16 are positive, 10 are negative",
     lambda: (array("softmax-vs-relu", f"{ATTENTION}.scores") > 0).sum() == 6),
    ("softmax-vs-relu", 4, "10 of its 16 weights are 0",
     lambda: (second("softmax-vs-relu", f"{ATTENTION}.weights") == 0).sum() == 10),
    ("softmax-vs-relu", 6, "Only 4 of the 16 differences are negative",
     lambda: (difference("softmax-vs-relu", f"{ATTENTION}.weights") < 0).sum() == 4),
    ("local-attention", 3, "16 of 36 scores",
     lambda: np.isfinite(array("local-attention", f"{ATTENTION}.mask")).sum() == 16),
    ("heads-knocked-out", 8, "Columns 4 to 7 do not differ",
     lambda: not difference("heads-knocked-out", f"{ATTENTION}.output")[:, 4:].any()),
    ("gradient-vanishing", 5, "With √dₖ all are between 0.6 and 2.5 at dₖ = 4096",
     lambda: array("gradient-vanishing", "experiment.each_query")[1, -1].min() > 0.6
     and array("gradient-vanishing", "experiment.each_query")[1, -1].max() < 2.5),
    ("gradient-vanishing", 5, "half of the 16 are below 0.001",
     lambda: (array("gradient-vanishing", "experiment.each_query")[0, -1] < 0.001).sum() == 8),
    ("positions-rotary", 10, "all six are equal",
     lambda: np.ptp(array("positions-rotary", f"{ATTENTION}.v"), axis=1).max() < 1e-12),
    ("wide", 1, "37 different words", lambda: len(set(run_of("wide").tokens["encoder"] or ())) == 37),
    ("wide", 8, "the largest of all 1,048,576",
     lambda: array("wide", f"{ATTENTION}.weights").argmax() == np.ravel_multi_index((1, 168, 46), (4, 512, 512))),
    ("wide", 8, "None of the weights is 0", lambda: (array("wide", f"{ATTENTION}.weights") > 0).all()),
    ("wide", 10, "About half of all 524288 are 0",
     lambda: abs((array("wide", "encoder.layers.0.ffn.hidden") == 0).mean() - 0.5) < 0.02),
    ("wide", 11, "798208 parameters",
     lambda: sum(value.array.size for value in run_of("wide").parameters.values()) == 798208),
    ("wide", 11, "computed 6029312 numbers",
     lambda: sum(value.array.size for value in run_of("wide").steps.values()) == 6029312),
]  # fmt: skip
"""Lesson, number of the stop from 1, what it says, and what has to be so."""


@pytest.mark.parametrize(
    ("name", "place", "says", "is_so"), CLAIMS, ids=[f"{name}-{place}" for name, place, *_ in CLAIMS]
)
def test_what_a_lesson_counts_is_so(name: str, place: int, says: str, is_so: Callable[[], object]) -> None:
    assert says in told(stops_of(name)[place - 1])
    assert is_so()


def test_a_stop_of_a_generation_shows_as_many_rows_as_its_pass_has() -> None:
    for place, count in {6: 2, 7: 4, 8: 4, 9: 5}.items():
        value = stops_of("translate")[place - 1].value
        assert value.path.startswith("generated.")
        assert value.shape[1] == count
