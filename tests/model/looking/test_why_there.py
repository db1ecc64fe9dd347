"""A score as a sum over what wrote the query times what wrote the key: for every family, layer and head."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from attn_explore.model.axes import Array
from attn_explore.model.checkpoints.checkpoint import open_checkpoint
from attn_explore.model.looking.vector_parts import Part, parts_at
from attn_explore.model.looking.why_there import why_there, written_from
from attn_explore.model.problems import Problem
from attn_explore.model.run import run
from attn_explore.model.scenario import parse_scenario
from attn_explore.model.trace import Trace
from tests.checkpoints import DATA, FAMILIES, REFERENCES, run_of, texts_of


def family(name: str) -> Trace:
    return run_of(open_checkpoint(FAMILIES / name), texts_of(FAMILIES / name), "float64")


def blocks(trace: Trace) -> Iterator[str]:
    return (path.rpartition(".")[0] for path in trace.steps if path.endswith(".weights"))


@pytest.mark.parametrize("name", REFERENCES)
def test_the_terms_add_up_to_the_score_in_every_family(name: str) -> None:
    trace = family(name)
    for block in blocks(trace):
        heads, queries, keys = trace[f"{block}.weights"].shape
        found = why_there(trace, block, (heads - 1, queries - 1, keys // 2))
        assert found.pairs.sum() + found.bias == pytest.approx(found.value, rel=1e-9, abs=1e-9), block
        assert found.dimensions.sum() == pytest.approx(found.pairs.sum(), rel=1e-9, abs=1e-9)
        assert found.query[0].at.name.startswith("embedding")


@pytest.mark.parametrize("name", REFERENCES)
def test_each_writer_is_one_term_though_layers_share_it(name: str) -> None:
    trace = family(name)
    *_, last = blocks(trace)
    found = why_there(trace, last, (0, 1, 0))
    for parts in (found.query, found.key):
        assert max(Counter((part.at.path, part.head) for part in parts).values()) == 1


def test_each_pair_is_what_hooks_on_gpt_2_find() -> None:
    expected = json.loads((DATA / "why.json").read_text())
    trace = run_of(open_checkpoint(DATA / "golden" / "gpt2-tiny"), {"ids": expected["ids"]}, "float64")
    found = why_there(trace, "decoder.layers.1.self_attention", tuple(expected["index"]))
    sums: Counter[str] = Counter()
    for (row, column), number in np.ndenumerate(found.pairs):
        sums[f"{name_of(found.query[row])} | {name_of(found.key[column])}"] += number
    assert dict(sums) == pytest.approx(expected["pairs"], rel=1e-6, abs=1e-9)


FAMILIES_EXPECTED = json.loads((DATA / "why_families.json").read_text())["models"]


@pytest.mark.parametrize("name", FAMILIES_EXPECTED)
def test_what_each_writer_adds_is_what_autograd_finds_in_every_family(name: str) -> None:
    expected, trace = FAMILIES_EXPECTED[name], family(name)
    index = expected["index"]
    found, other = (
        why_there(trace, expected["block"], (index["head"], index["query"], index[key])) for key in ("key", "other")
    )
    assert found.value - other.value == pytest.approx(expected["value"], abs=1e-9)
    sides = {
        "query": by_writer(found.query, found.by_query - other.by_query),
        "key": by_writer(found.key, found.by_key),
        "other": by_writer(other.key, -other.by_key),
    }
    for side, wanted in expected["terms"].items():
        assert sides[side] == pytest.approx(wanted, rel=1e-9, abs=1e-9), side


def by_writer(parts: tuple[Part, ...], numbers: Array) -> dict[str, float]:
    """What each writer adds, as the script calls it, but biases."""
    pairs = zip(parts, numbers.tolist(), strict=True)
    return {_key(part): number for part, number in pairs if part.kind != "bias"}


def _key(part: Part) -> str:
    block = part.at.path.rpartition(".")[0]
    return {"head": f"{block}.{part.head}", "network": block}.get(part.kind, part.at.path)


def name_of(part: Part) -> str:
    """A writer as the script calls it; all biases together are one."""
    if part.kind == "bias":
        return "biases"
    block = part.at.path.rpartition(".")[0]
    return (
        part.at.path
        if part.kind in ("embedding", "other")
        else block + (f" {part.head}" if part.kind == "head" else "")
    )


DRAWN = """
model: {{kind: {kind}, d_model: 8, heads: 2, layers: 2, norm_order: {order}, position: {position},
         weights: {{seed: {seed}, scale: 0.6}}}}
input: {{text: a b c d}}
"""


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(["encoder", "decoder"]),
    st.sampled_from(["pre", "post"]),
    st.sampled_from(["none", "sinusoidal", "learned", "rotary", "alibi"]),
    st.integers(0, 10_000),
    st.tuples(st.integers(0, 1), st.integers(0, 1), st.integers(0, 3), st.integers(0, 3)),
)
def test_the_terms_add_up_to_the_score_of_any_cell(
    kind: str, order: str, position: str, seed: int, place: tuple[int, int, int, int]
) -> None:
    trace = run(parse_scenario(DRAWN.format(kind=kind, order=order, position=position, seed=seed)))
    layer, *cell = place
    found = why_there(trace, f"{kind}.layers.{layer}.self_attention", (cell[0], cell[1], cell[2]))
    assert abs(found.remainder) < 1e-9
    kinds = [part.kind for part in found.query]
    assert (kinds.count("head"), kinds.count("network")) == (2 * layer, layer)


@pytest.mark.parametrize("name", ["gpt2", "bert", "gemma2", "albert", "gpt-j", "opt-post-norm", "t5", "llama"])
def test_the_parts_of_a_vector_are_all_of_it(name: str) -> None:
    trace = family(name)
    for step in (step for path, step in trace.steps.items() if path.endswith((".residual", ".norm", "final_norm"))):
        whole = sum(part.vector for part in parts_at(step, (1,)))
        assert whole == pytest.approx(step.array[1:2], abs=1e-9), step.path


def test_an_edited_step_is_a_writer_itself() -> None:
    found = why_there(run(parse_scenario(EDITED)), "decoder.layers.1.self_attention", (0, 1, 0))
    assert "decoder.layers.0.ffn.residual" in [part.at.path for part in found.query]
    assert abs(found.remainder) < 1e-9


EDITED = """
model: {kind: decoder, d_model: 4, layers: 2, heads: 2}
input: {text: a b c}
edits: [{at: decoder.layers.0.ffn.residual, index: [1], zero: true}]
"""


def test_what_a_head_would_write_from_all_keys_by_their_weights_is_what_it_writes() -> None:
    trace, block = family("llama"), "decoder.layers.1.self_attention"
    weights, output = trace[f"{block}.weights"].array, trace[f"{block}.output"].array
    heads, _, keys = weights.shape
    written = [[written_from(trace, block, head, key) for key in range(keys)] for head in range(heads)]
    assert np.einsum("hk,hkd->d", weights[:, -1], np.array(written)) == pytest.approx(output[-1], abs=1e-9)


@pytest.mark.parametrize("score", ["additive", "general", "cosine"])
def test_a_score_that_is_no_product_cannot_be_taken_apart(score: str) -> None:
    trace = run(parse_scenario(f"{{model: {{kind: attention, d_model: 4, score: {score}}}, input: {{text: a b}}}}"))
    with pytest.raises(Problem, match="no products"):
        why_there(trace, "encoder.layers.0.self_attention", (0, 0, 0))
