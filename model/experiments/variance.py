"""Why √dₖ: the variance of q·k grows with the width of q and k, and that of q·k/√dₖ does not."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from attn_explore.model.axes import Axis
from attn_explore.model.dataclass import dataclass
from attn_explore.model.experiments.given import Given, each, listed
from attn_explore.model.notation import symbol
from attn_explore.model.ops import Factor
from attn_explore.model.ops.pair_counts import BINS, SCALINGS, SUMS, Drawing
from attn_explore.model.recorder import Recorder
from attn_explore.model.scenario.document import Experiment
from attn_explore.model.trace import Listener
from attn_explore.model.values import Value


def given(experiment: Experiment) -> Mapping[str, Given]:
    """The widths dₖ that are tried. An edited one that is no whole number cannot be drawn: its numbers are NaN."""
    return {"widths": listed(each("width", "dₖ", experiment.widths), experiment.widths)}


def record(t: Recorder, experiment: Experiment) -> None:
    """Draw the pairs and count; then mean, variance and what theory says of them, histograms, and softmax.

    Each step: (width, scaling), and the histograms (scaling, width, bin).
    """
    widths = t.parameter("widths")
    counted = Axis("tally", len(SUMS) + len(BINS), (*SUMS, *BINS))
    scaling = Axis("scaling", len(SCALINGS), SCALINGS)
    tallies = t.tally("tallies", (*widths.axes, scaling, counted), widths, _drawing(t, experiment))
    scaled_theory = t.divide("scaled_theory", widths, widths)
    theory = t.stack("theory", "width scaling", (scaling,), widths, scaled_theory)
    deviations(t, moments(t, tallies, experiment.pairs), theory, experiment.pairs)
    counts = t.part(
        "counts", "scaling width bin", tallies, slice(len(SUMS), counted.size), Axis("bin", len(BINS), BINS)
    )
    t.scale("histogram", counts, _over(experiment.pairs))
    rows = _over(experiment.pairs // experiment.row)
    t.scale("entropy", t.part("entropies", "width scaling", tallies, SUMS.index("Σ entropy")), rows)
    t.scale("gradient", t.part("gradients", "width scaling", tallies, SUMS.index("Σ|J|")), rows)


@dataclass(frozen=True, eq=False)
class Moments:
    """What is known of the distribution of the scores, each (width, scaling)."""

    mean: Value
    variance: Value
    fourth: Value


def moments(t: Recorder, tallies: Value, pairs: int) -> Moments:
    """Mean Σs/n, variance Σs²/n minus the square of the mean, and fourth moment Σs⁴/n."""
    mean = t.scale("mean", t.part("sum", "width scaling", tallies, SUMS.index("Σs")), _over(pairs))
    mean_square = t.scale(
        "mean_square", t.part("sum_of_squares", "width scaling", tallies, SUMS.index("Σs²")), _over(pairs)
    )
    variance = t.subtract("variance", mean_square, t.square("squared_mean", mean))
    fourth = t.scale(
        "fourth_moment", t.part("sum_of_fourths", "width scaling", tallies, SUMS.index("Σs⁴")), _over(pairs)
    )
    return Moments(mean, variance, fourth)


def deviations(t: Recorder, found: Moments, theory: Value, pairs: int) -> None:
    """How far mean and variance are from what theory says, 0 and `theory`, in standard errors.

    The standard error of a mean is √(σ²/n), that of a variance √((μ₄ − σ⁴)/n).
    """
    mean_error = t.sqrt("mean_error", t.scale("variance_of_mean", found.variance, _over(pairs)))
    t.divide("mean_deviation", found.mean, mean_error)
    spread = t.subtract("spread_of_squares", found.fourth, t.square("squared_variance", found.variance))
    variance_error = t.sqrt("variance_error", t.scale("variance_of_variance", spread, _over(pairs)))
    t.divide("variance_deviation", t.subtract("difference", found.variance, theory), variance_error)


def _over(count: int) -> Factor:
    return Factor.one_over(count, symbol(str(count)))


def _drawing(t: Recorder, experiment: Experiment) -> Drawing:
    """What is drawn. Whoever listens to the run hears of it while it takes its time."""
    listener = t.trace.on_step
    on_progress = None if listener is None else partial(_report, t, listener)
    return Drawing(experiment.seed, experiment.pairs, experiment.row, on_progress)


def _report(t: Recorder, listener: Listener, what: str) -> None:
    listener(Value(f"{t.prefix}.tallies: {what}", (), t.trace.dtype))
