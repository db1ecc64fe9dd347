"""Training from nothing, and one step of it against PyTorch."""

from __future__ import annotations

import time
from statistics import median

from benchmarks.figures import Claim, Figure, Measured


def training() -> Measured:
    """Training `translate` from nothing, and one step of it against PyTorch, where that is installed."""
    from dataclasses import replace

    from attn_explore.explorer.session.course import locate
    from attn_explore.model.scenario import read_scenario
    from attn_explore.model.training.data import data_of
    from attn_explore.model.training.loop import train, training_of
    from attn_explore.model.training.trainer import Trainer

    scenario = read_scenario(locate("translate"))
    began = time.perf_counter()
    for _ in train(scenario):
        pass
    seconds = time.perf_counter() - began
    yield Figure("training translate from nothing, in minutes", seconds, seconds / 60, most=2)
    scenario = replace(scenario, model=replace(scenario.model, bias=True))  # nn.Transformer has them in any case
    experiment = training_of(scenario)
    data, trainer = data_of(scenario, experiment), Trainer(scenario, experiment)
    try:
        from benchmarks.torch_training import stepper
    except ModuleNotFoundError:
        print("PyTorch is not installed: nothing to compare a step with")
        return
    theirs = stepper(scenario, trainer)
    ours_took, theirs_took, apart = [], [], 0.0
    for number in range(400):  # in turn, so that a slow moment hits both
        examples = data.batch(number)
        batch = trainer.encoder.batch(examples)
        began = time.perf_counter()
        loss = trainer.step(examples)
        ours_took.append(time.perf_counter() - began)
        began = time.perf_counter()
        their_loss = theirs(batch)
        theirs_took.append(time.perf_counter() - began)
        apart = max(apart, abs(loss - their_loss)) if number < 10 else apart
    base = median(theirs_took[50:])
    yield Figure("a training step of translate, with biases, in PyTorch", base)
    yield Figure("the same step here", median(ours_took[50:]), median(ours_took[50:]) / base, most=1)
    yield Claim("losses of the first ten steps differ by at most", apart < 1e-5, f"{apart:.1e}")
