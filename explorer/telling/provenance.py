"""Where the numbers of a value that was not computed came from."""

from __future__ import annotations

from pathlib import Path

from attn_explore.explorer.session.session import Session
from attn_explore.model.sources import Source
from attn_explore.model.text import visible
from attn_explore.model.values import Value

GIVEN = {
    "tokens": ("Token ids", "each word's row in the embedding table"),
    "segments": ("Segments", "the first of two texts that could be read together, or the second"),
    "pad": ("Padding", "1 for each token that only fills up, 0 for the words"),
    "target": ("Targets", "the place of each word or label that should be said"),
    "target_share": ("Shares in the loss", "an equal part for each word or label that should be said"),
}
"""What is given beside the parameters: its title, and where its numbers come from."""


def provenance(session: Session, value: Value) -> str:
    """Where the numbers of a parameter came from, and what they were rounded to."""
    if value.source is None or session.run.scenario.model.weights.rounded is None:
        return _origin(session, value, value.source)
    from attn_explore.model.rounding import Rounded, stored_before  # few scenarios have one

    found = _origin(session, value, stored_before(value.source))
    return f"{found}, rounded to {value.source.storage.name}" if isinstance(value.source, Rounded) else found


def _origin(session: Session, value: Value, source: Source | None) -> str:
    """Where they came from, before they were rounded."""
    experiment = session.run.scenario.alone
    if experiment is not None:
        return "given in the scenario" if hasattr(experiment, value.name) else f"drawn by seed {experiment.seed}"
    weights = session.run.scenario.model.weights
    if value.name in GIVEN:
        return GIVEN[value.name][1]
    if session.is_part:
        return "as the whole run of the model has it"
    if value.path in weights.set:
        return "set by hand in the scenario"
    if source is not None:
        where = _where_stored(source)
        return f"read from {where}" if value.elsewhere is None else f"stored in {where}; not in this trace"
    if value.name == "embedding_table" and session.run.scenario.input.vectors is not None:
        return "the scenario's input vectors"
    if weights.file is not None:
        after = f", after {session.moments.steps[session.run.moment]} steps of training" if session.moments else ""
        return f"read from {visible(weights.file)}{after}"
    if value.name.endswith(("norm_gain", "norm_bias")):
        return "starts as 1" if value.name.endswith("gain") else "starts as 0"
    return f"drawn by seed {weights.seed}, standard deviation {weights.scale:g}"


def _where_stored(source: Source) -> str:
    """The file, the tensor and the part of it, and how its numbers are written there."""
    told = {key: visible(str(found)) for key, found in source.describe().items()}
    part = f", {told['part']}" if "part" in told else ""
    return f"{Path(told['file']).name}: {told['tensor']}{part}, {told['storage']}"
