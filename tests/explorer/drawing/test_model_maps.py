"""Maps of models: some as they stand on the screen, and what holds of each at every width."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from rich.cells import cell_len

from attn_explore.explorer.drawing.maps.moving import Direction, beside, folded
from attn_explore.explorer.drawing.maps.outline import outline
from attn_explore.explorer.drawing.maps.towers import LEAST_WIDTH, ModelMap, draw_map
from tests.model.test_diagram import EVERY, diagram

POST_NORM_ENCODER = """\
  encoder
  [tokens] I love my dog
  [embedding]
   ⊕─[position] sinusoidal
   │ 4×6
┌──┴─ layer 0 ────────────────┐
│  ├──╮                       │
│  │ ▐self-attention▌ 2 heads │
│  ⊕──╯ add                   │
│ [LayerNorm]                 │
│  ├──╮                       │
│  │ [ffn 6→12→6] ReLU        │
│  ⊕──╯ add                   │
│ [LayerNorm]                 │
└──┬──────────────────────────┘
   ▼ 4×6
"""

PRE_NORM_DECODER = """\
  decoder
  [tokens]
  [embedding]
   ⊕─[position] learned
   │ 6×12
┌──┴─ layer 1 ─────────────────── × 2 ─┐
│  ├──╮                                │
│  │ [LayerNorm]                       │
│  │ [self-attention] 3 heads · causal │
│  ⊕──╯ add                            │
│  ├──╮                                │
│  │ ▐LayerNorm▌                       │
│  │ [ffn 12→48→12] GELU               │
│  ⊕──╯ add                            │
└──┬───────────────────────────────────┘
   │ 6×12
  [final LayerNorm]
  [logits 12→40] words
   ▼ 6×40
"""

ENCODER_DECODER = """\
  encoder                            decoder · pass 1 of 10
  [tokens] I love my dog             [tokens] <s>
  [embedding]                        [embedding]
   ⊕─[position] sinusoidal            ⊕─[position] sinusoidal
   │ 4×16                             │ 1×16
┌──┴─ layer 0 ───────────────┐     ┌──┴─ layer 0 ────────────────┐
│  ├──╮                      │     │  ├──╮                       │
│  │ [self-attention] 1 head │     │  │ [self-attention] 1 head  │
│  ⊕──╯ add                  │     │  │  │               causal  │
│ [LayerNorm]                │     │  ⊕──╯ add                   │
│  ├──╮                      │     │ [LayerNorm]                 │
│  │ [ffn 16→32→16] ReLU     │     │  ├──╮                       │
│  ⊕──╯ add                  │  ╭─▶│  │ [cross-attention] 1 head │
│ [LayerNorm]                │  │  │  ⊕──╯ add                   │
└──┬─────────────────────────┘  │  │ [LayerNorm]                 │
   ╰─ 4×16 ─────────────────────╯  │  ├──╮                       │
                                   │  │ [ffn 16→32→16] ReLU      │
                                   │  ⊕──╯ add                   │
                                   │ [LayerNorm]                 │
                                   └──┬──────────────────────────┘
                                      │ 1×16
                                     [logits 16→30] words
                                     [softmax]
                                     [next word]
                                      ▼ 30
"""

PARALLEL = """\
  decoder
  [tokens]
  [embedding]
   │ 6×18
┌──┴─ layer 0 ────────────────────── × 2 ─┐
│  ├──╮                                   │
│  │ [LayerNorm]                          │
│  │  ├────────────────╮                  │
│  │ [self-attention] [ffn 18→20→18] GELU │
│  │  │ 3 heads        │                  │
│  │  │ causal         │                  │
│  │  │ rotary         │                  │
│ ▐⊕▌─┴────────────────╯ add              │
└──┬──────────────────────────────────────┘
   │ 6×18
  [final LayerNorm]
  [logits 18→40] words
   ▼ 6×40
"""

ATTENTION_ALONE = """\
  encoder
  [tokens] I love my dog
  [embedding]
   ⊕─[position] sinusoidal
   │ 4×6
┌──┴─ layer 0 ────────────┐
│ [self-attention] 1 head │
└──┬──────────────────────┘
   ▼ 4×5
"""

NARROW = """\
  decoder
  [tokens]
  [embedding]
   │ 6×16
┌──┴─ layer 0 ─── × 2 ─┐
│  ├──┬───────────╮    │
│  │ [norm]      [norm]│
│  │ [attention] ▐ffn▌ │
│  │  │ 2 heads   │ G… │
│  │  │ causal    │    │
│  │  │ rotary    │    │
│  ⊕──┴───────────╯    │
└──┬───────────────────┘
   │ 6×16
  [final norm]
  [logits] words
   ▼ 6×40
"""

DIFFERENT_LAYERS = """\
  decoder
  [tokens]
  [embedding]
   │ 5×16
  [layers 0–2 × 3]
┌──┴─ layer 3 ──────────────────────────────────────┐
│  ├──╮                                             │
│  │ [RMSNorm]                                      │
│  │ ▐self-attention▌ 4 heads · 2 for keys · causal │
│  ⊕──╯ add                                         │
│  ├──╮                                             │
│  │ [RMSNorm]                                      │
│  │ [ffn 16→20→16] SwiGLU                          │
│  ⊕──╯ add                                         │
└──┬────────────────────────────────────────────────┘
   │ 5×16
  [final RMSNorm]
  [logits 16→40] words
   ▼ 5×40
"""


def text(drawn: ModelMap) -> str:
    return "".join(f"{''.join(stroke.text for stroke in line).rstrip()}\n" for line in drawn.lines)


@pytest.mark.parametrize(
    ("name", "present", "width", "wanted"),
    [
        ("encoder-layer", "encoder.layers.0.self_attention.q", 80, POST_NORM_ENCODER),
        ("gpt2", "decoder.layers.1.ffn.norm", 60, PRE_NORM_DECODER),
        ("translate", "", 80, ENCODER_DECODER),
        ("gpt-j", "decoder.layers.0.ffn.residual", 60, PARALLEL),
        ("i-love-my-dog", "", 60, ATTENTION_ALONE),
        ("gpt-neox", "decoder.layers.0.ffn.hidden", LEAST_WIDTH, NARROW),
        ("smollm3-old", "decoder.layers.3.self_attention.k", 60, DIFFERENT_LAYERS),
    ],
)
def test_a_map_draws_what_ran(name: str, present: str, width: int, wanted: str) -> None:
    assert text(draw_map(diagram(name), present, width)) == wanted


@pytest.mark.parametrize("width", [LEAST_WIDTH, 33, 80, 160])
def test_no_line_is_wider_than_there_is_room_and_no_number_is_cut(width: int) -> None:
    for name in EVERY:
        for line in text(draw_map(diagram(name), "", width)).splitlines():
            assert cell_len(line) <= width, (name, line)
            assert not re.search(r"\d…|…\d", line), (name, line)


@pytest.mark.parametrize("width", [LEAST_WIDTH, 120])
def test_every_box_of_what_is_open_has_a_place_and_each_place_is_found_by_a_click(width: int) -> None:
    for name in EVERY:
        drawn = draw_map(diagram(name), "", width)
        for tower in diagram(name).in_sight(None):
            shown = [box for box in tower.boxes if "layers" not in box.path.split(".")]
            shown += tower.layers[0].boxes if tower.layers else ()
            assert {box.path for box in shown} <= {spot.path for spot in drawn.spots}, name
        assert all(drawn.path_at(spot.left, spot.y) == spot.path for spot in drawn.spots), name


@pytest.mark.parametrize("width", [LEAST_WIDTH, 120])
def test_the_arrow_keys_reach_every_box(width: int) -> None:
    directions: tuple[Direction, ...] = ("up", "down", "left", "right")
    for name in EVERY:
        drawn = draw_map(diagram(name), "", width)
        paths = {spot.path for spot in drawn.spots}
        for start in [spot.path for spot in (*drawn.spots[:1], *drawn.spots[-1:])]:
            seen, waiting = set[str](), [start]
            while waiting:
                if (path := waiting.pop()) not in seen:
                    seen.add(path)
                    waiting += [beside(drawn, path, direction) for direction in directions]
            assert seen == paths, (name, start)


def test_down_goes_on_along_the_arrows_of_a_tower() -> None:
    drawn = draw_map(diagram("translate"), "", 100)
    path, names = "decoder.tokens", []
    for _ in range(8):
        names.append(diagram("translate").boxes[path].short)
        path = beside(drawn, path, "down")
    assert names == ["tokens", "embedding", "add", "attention", "add", "norm", "cross-attention", "add"]


def test_a_map_with_little_room_is_folded_around_the_present_box_and_says_so() -> None:
    whole = draw_map(diagram("translate"), "decoder.layers.0.cross_attention.q", 33)
    few = folded(whole, "decoder.layers.0.cross_attention.weights", 7)
    lines = text(few).splitlines()
    assert len(lines) == 7
    assert "▐cross-attention▌" in lines[3]
    counts = [int(line.split()[1]) for line in (lines[0], lines[-1])]
    assert sum(counts) + 5 == len(whole.lines)
    assert folded(whole, "", len(whole.lines)) is whole


def test_the_layer_and_the_pass_that_one_is_at_stand_open_while_the_present_box_stays_lit() -> None:
    lit = "generated.1.decoder.layers.0.ffn.hidden"
    assert "▐ffn 16→32→16▌" in text(draw_map(diagram("translate"), lit, 100))
    elsewhere = text(draw_map(diagram("translate"), lit, 100, at="decoder.embedding"))
    assert "pass 1 of" in elsewhere
    assert "▐" not in elsewhere


def test_a_run_without_a_model_has_no_lines() -> None:
    assert draw_map(diagram("softmax-jacobian"), "", 80).lines == ()


def test_words_from_a_file_are_made_visible_and_shortened_with_a_sign() -> None:
    tower = diagram("single-head").towers[0]
    tokens = replace(tower.boxes[0], notes=("a\x1b[31m b " * 20,))
    changed = replace(diagram("single-head"), towers=(replace(tower, before=(tokens,)),))
    line = text(draw_map(changed, "", 40)).splitlines()[1]
    assert line.startswith("  [tokens] a␛[31m b")
    assert line.endswith("…")


def test_the_outline_says_what_each_box_is_made_of_in_a_line() -> None:
    lines = list(outline(diagram("translate"), "decoder.layers.0.cross_attention.k"))
    assert lines[:5] == [
        "encoder",
        "  tokens, I love my dog: 4",
        "  embedding, of tokens: 4×16",
        "  position, sinusoidal: 4×16",
        "  add, of embedding and position: 4×16",
    ]
    assert "    cross-attention, 1 head, of LayerNorm and LayerNorm of the encoder: 1×16 (here)" in lines
    assert "  layer 0, one of 3 that are alike, with one set of weights" in list(outline(diagram("albert"), ""))
