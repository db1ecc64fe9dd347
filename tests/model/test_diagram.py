"""Diagrams of runs: every step has its place, and the arrows are those of the operands."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache

import pytest

from attn_explore.explorer.session.course import bundled
from attn_explore.explorer.session.opening import find_source, within
from attn_explore.explorer.system.limits import Limits
from attn_explore.model.checkpoints.checkpoint import open_checkpoint
from attn_explore.model.diagram.boxes import Box, Diagram, Part
from attn_explore.model.diagram.reading_off import diagram_of
from attn_explore.model.trace import Trace
from tests.checkpoints import FAMILIES, REFERENCES, run_of, texts_of

EVERY = (*bundled(), *REFERENCES)
"""Scenarios and checkpoints: each is planned or run once, and looked at by several tests."""


@cache
def trace_of(name: str) -> Trace:
    """The plan of a bundled scenario, or the run of a small checkpoint."""
    if name in REFERENCES:
        return run_of(open_checkpoint(FAMILIES / name), texts_of(FAMILIES / name), "float32")
    scenario = find_source(name).scenario
    assert scenario is not None
    return within(scenario, Limits(2**33)).plan


@cache
def diagram(name: str) -> Diagram:
    return diagram_of(trace_of(name))


def boxes_of(name: str) -> list[Box]:
    return [box for tower in diagram(name).towers for box in tower.boxes]


def test_every_step_is_in_one_box_or_named_as_outside() -> None:
    for name in EVERY:
        inside = [path for box in boxes_of(name) for path in box.steps]
        outside = [path for paths in diagram(name).outside.values() for path in paths]
        assert sorted(inside + outside) == sorted(trace_of(name).steps), name


def test_only_gradients_and_experiments_stand_outside() -> None:
    for name in EVERY:
        outside = {path for paths in diagram(name).outside.values() for path in paths}
        assert outside == {path for path in trace_of(name).steps if path.startswith(("grad.", "experiment."))}, name


def test_every_box_leads_to_a_value_of_its_own() -> None:
    for name in EVERY:
        trace, boxes = trace_of(name), boxes_of(name)
        assert len({box.path for box in boxes}) == len(boxes), name
        for box in boxes:
            assert box.path in (box.steps or trace.given), (name, box)
            assert diagram(name).box_of(box.path) is box, (name, box)


def test_a_box_reads_the_boxes_of_its_operands_in_their_order() -> None:
    for name in EVERY:
        trace = trace_of(name)
        home = {path: box.path for box in boxes_of(name) for path in box.steps}
        for box in boxes_of(name):
            views = [view.path for path in box.steps for view in trace.steps[path].operands]
            others = [home[path] for path in views if path in home and home[path] != box.path]
            assert [path for path in box.reads if path in home.values()] == list(dict.fromkeys(others)), (name, box)


def test_what_a_box_reads_stands_before_it() -> None:
    for name in EVERY:
        order = [box.path for box in boxes_of(name)]
        for place, box in enumerate(boxes_of(name)):
            assert all(order.index(path) < place for path in box.reads), (name, box)


def test_there_is_a_tower_for_each_stack_and_each_pass() -> None:
    for name in EVERY:
        begin = re.compile(r"((?:generated\.\d+\.)?(?:encoder|decoder))\.")
        stacks = {found[1] for path in trace_of(name).steps if (found := begin.match(path))}
        towers = diagram(name).towers
        assert len(towers) == len(stacks), name
        assert all(tower.passes == sum(other.stack == tower.stack for other in towers) for tower in towers), name


def test_every_layer_is_there_and_those_that_look_alike_stand_together() -> None:
    for name in EVERY:
        for tower in diagram(name).towers:
            assert [layer.number for layer in tower.layers] == list(range(len(tower.layers))), name
            assert [layer for run in tower.runs for layer in run] == list(tower.layers), name
            assert all(len({layer.look for layer in run}) == 1 for run in tower.runs), name


def shape_of(part: Part) -> str:
    """A part in short: ways side by side in braces, with what joins them behind; the residual is a way of nothing."""
    if isinstance(part, Box):
        return part.short
    ways = " | ".join(", ".join(map(shape_of, way)) for way in part.ways)
    return f"{{{ways}}}{part.join.short if part.join else ''}"


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("i-love-my-dog", "attention"),
        ("encoder-layer", "{ | attention}add; norm; { | ffn}add; norm"),
        ("feed-forward", "{ | attention}add; { | ffn}add"),
        ("pre-norm-stack", "{ | norm, attention}add; { | norm, ffn}add"),
        ("gemma2", "{ | norm, attention, norm}add; { | norm, ffn, norm}add"),
        ("olmo2", "{ | attention, norm}add; { | ffn, norm}add"),
        ("gpt-j", "{ | norm, {attention | ffn}}add"),
        ("gpt-neox", "{ | norm, attention | norm, ffn}add"),
        ("bart", "{ | attention}add; norm; { | cross-attention}add; norm; { | ffn}add; norm"),
    ],
)
def test_the_ways_through_a_layer_are_those_of_the_run(name: str, shape: str) -> None:
    assert "; ".join(map(shape_of, diagram(name).towers[-1].layers[0].parts)) == shape


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("single-head", "tokens; embedding", ""),
        ("bert", "{tokens, embedding | position | segment}add; norm", "head; norm; logits"),
        ("albert", "{tokens, embedding | position | segment}add; norm; projection", "head; norm; logits"),
        ("bert-sentence", "{tokens, embedding | position | segment}add; norm", "mean; unit length"),
        ("opt-post-norm", "{tokens, embedding, projection | position}add", "projection; logits"),
        ("label-the-sentence", "tokens; embedding", "mean; logits; softmax"),
        ("where-gradients-flow", "{tokens, embedding | position}add", "final norm; mean; logits; {softmax | loss}"),
        ("t5", "tokens; embedding", "final norm; scale; logits"),
    ],
)
def test_what_stands_before_and_behind_the_layers_is_what_ran(name: str, before: str, after: str) -> None:
    tower = diagram(name).towers[-1]
    assert "; ".join(map(shape_of, tower.before)) == before
    assert "; ".join(map(shape_of, tower.after)) == after


@pytest.mark.parametrize(
    ("name", "block", "said", "notes"),
    [
        ("encoder-layer", "self_attention.weights", "self-attention", ("2 heads",)),
        ("grouped-query", "self_attention.weights", "self-attention", ("4 heads", "2 for keys", "causal")),
        ("padding-mask", "self_attention.weights", "self-attention", ("1 head", "padding")),
        ("local-attention", "self_attention.weights", "self-attention", ("1 head", "span 1")),
        ("encoder-layer", "ffn.hidden", "ffn 6→12→6", ("ReLU",)),
        ("gemma2", "ffn.hidden", "ffn 12→20→12", ("GeGLU",)),
    ],
)
def test_a_box_counts_its_heads_names_its_masks_and_tells_its_sizes(
    name: str, block: str, said: str, notes: tuple[str, ...]
) -> None:
    found = next(box for box in boxes_of(name) if box.path.endswith(f"layers.0.{block}"))
    assert (found.name, found.notes) == (said, notes)


def test_a_weighting_that_is_no_softmax_is_named() -> None:
    scenario = find_source("softmax-vs-relu").scenario
    second = scenario.second() if scenario is not None else None
    assert second is not None
    box = diagram_of(within(second, Limits(2**33)).plan).box_of("encoder.layers.0.self_attention.weights")
    assert box is not None
    assert box.notes == ("1 head", "ReLU weights")


def test_layers_that_share_their_weights_say_so_and_others_do_not() -> None:
    assert [layer.shares for layer in diagram("albert").towers[0].layers] == [False, True, True]
    assert not any(layer.shares for name in ("bert", "t5") for layer in diagram(name).towers[0].layers)


def test_layers_that_differ_are_told_apart() -> None:
    numbers = [[layer.number for layer in run] for run in diagram("smollm3-old").towers[0].runs]
    assert numbers == [[0, 1, 2], [3]]


@pytest.mark.parametrize(
    ("path", "box"),
    [
        ("encoder.layers.0.self_attention.weights.exponentials", "encoder.layers.0.self_attention.weights"),
        ("grad.encoder.layers.1.ffn.hidden_pre", "encoder.layers.1.ffn.hidden"),
        ("grad.encoder.layers.1.ffn.w_2", "encoder.layers.1.ffn.hidden"),
        ("encoder.layers.0.self_attention.w_q", "encoder.layers.0.self_attention.weights"),
        ("encoder.embedding_table", "encoder.embedding"),
    ],
)
def test_finer_steps_gradients_and_parameters_belong_to_the_box_that_they_are_about(path: str, box: str) -> None:
    found = diagram("where-gradients-flow").box_of(path)
    assert found is not None
    assert found.path == box


def test_of_the_passes_of_a_generation_the_present_one_is_in_sight() -> None:
    run = diagram("translate")
    third = run.box_of("generated.2.decoder.layers.0.cross_attention.k")
    assert [(tower.stack, tower.number) for tower in run.in_sight(None)] == [("encoder", 0), ("decoder", 0)]
    assert [(tower.stack, tower.number) for tower in run.in_sight(third)] == [("encoder", 0), ("decoder", 2)]


def test_half_a_trace_has_its_steps_in_boxes_too() -> None:
    """A trace may leave any steps out: then ways begin and end anywhere, and cross."""
    for name in EVERY:
        steps = list(trace_of(name).steps.items())
        for kept in (dict(steps[::2]), dict(steps[1::3]), dict(steps[2::5]), dict(steps[-3:])):
            run = diagram_of(replace(trace_of(name), steps=kept))
            inside = [path for box in run.boxes.values() for path in box.steps]
            assert sorted([*inside, *(path for paths in run.outside.values() for path in paths)]) == sorted(kept), name


def test_an_experiment_has_no_towers() -> None:
    assert diagram("softmax-jacobian").towers == ()
    assert set(diagram("softmax-jacobian").outside) == {"experiment"}
    assert set(diagram("sentiment").outside) == {"training", "gradients"}
