"""From a key press to its last finished frame, at 120×40, in turn with presses in a plain Textual screen of that size.

A figure's ratio is to such a press, on whose screen every line changes: milliseconds mean nothing from one machine to
the next.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from statistics import median

from benchmarks.figures import Figure, Measured
from benchmarks.starting import PYTHON, RUN
from benchmarks.terminal import Terminal

COMPARE = [sys.executable, "-m", "attn_explore", "compare"]
PLAIN = [PYTHON, "-m", "benchmarks.plain_screen"]
UP, DOWN, RIGHT, LEFT = b"\x1b[A", b"\x1b[B", b"\x1b[C", b"\x1b[D"
CTRL_Y, CTRL_Z = b"\x19", b"\x1a"
WEIGHTS = "encoder.layers.0.self_attention.weights"
COUNT = 40

Keys = Sequence[bytes]


def keys() -> Measured:
    """A step and back, a step on to what was not shown yet, and a cell of a small and of a large matrix."""
    yield from _pressed("a step of i-love-my-dog", [*RUN, "i-love-my-dog"], [RIGHT, LEFT], most=2)
    yield from _pressed("a step of wide", [*RUN, "wide"], [RIGHT, LEFT], most=3)
    yield from _walk()
    yield from _cells()


def _walk() -> Measured:
    """From the first step on: nothing of what is shown was drawn before."""
    with Terminal(PLAIN) as plain, Terminal([*RUN, "translate", "--step", "encoder.embedding"]) as terminal:
        plain.wait_for("line 1 0")
        terminal.wait_for("embedding")
        terminal.settle()
        base, took = [], []
        for _ in range(COUNT):
            base.append(plain.press(b"x"))
            took.append(terminal.press(RIGHT))
    yield Figure("a step on through translate, to new ones", median(took), median(took) / median(base), most=3)


def _cells() -> Measured:
    """A cell of the 4×4 weights and one of the 512×512 ones, pressed in turn."""
    with Terminal(PLAIN) as plain, _at_weights([*RUN, "i-love-my-dog"]) as small, _at_weights([*RUN, "wide"]) as large:
        plain.wait_for("line 1 0")
        took: tuple[list[float], list[float], list[float]] = ([], [], [])
        for place in range(COUNT):
            took[0].append(plain.press(b"x"))
            took[1].append(small.press(b"lhjk"[place % 4 : place % 4 + 1]))
            took[2].append(large.press(b"ljlj"[place % 4 : place % 4 + 1]))
    base, few, many = (median(each) for each in took)
    yield Figure("a cell of the 4×4 weights", few, few / base, most=1)
    yield Figure("a cell of the 512×512 weights of wide", many, many / base, most=1.5)
    yield Figure("the latter beside the former", many, many / few, most=1.5)


def edits() -> Measured:
    """From Enter in the edit's line to the last frame of the run that follows from it; and undo, redo."""
    for scenario, most in (("i-love-my-dog", (2, 2)), ("wide", (20, 5))):
        with Terminal(PLAIN) as plain, _at_weights([*RUN, scenario]) as terminal:
            plain.wait_for("line 1 0")
            base, made, undone = [], [], []
            for _ in range(12):
                base.append(plain.press(b"x"))
                for key in (b"e", *(b"%c" % code for code in b"0.5")):
                    terminal.press(key)
                made.append(terminal.press(b"\r"))
            for _ in range(5):
                base.append(plain.press(b"x"))
                undone += [terminal.press(CTRL_Z), terminal.press(CTRL_Y)]
        press = median(base)
        yield Figure(f"an edit of the weights of {scenario}", median(made), median(made) / press, most[0])
        yield Figure(f"undo and redo in {scenario}", median(undone), median(undone) / press, most[1])


def compare() -> Measured:
    """Where two runs are compared."""
    for scenario, most in (("i-love-my-dog", (2, 6, 2.5)), ("wide", (4, 10, 5))):
        command = [*COMPARE, scenario, scenario]
        yield from _pressed(f"the other run of {scenario}", command, [b"c"], most=most[0])
        yield from _pressed(f"side by side, difference, one of {scenario}", command, [b"d"], most=most[1])
        yield from _pressed(f"a step of {scenario}, side by side", command, [RIGHT, LEFT], b"d", most=most[2])


def lessons() -> Measured:
    """The word view, and from stop to stop."""
    for scenario, most in (("i-love-my-dog", 1.5), ("wide", 3)):
        what = f"another word of {scenario}, word view"
        yield from _pressed(what, [*RUN, scenario], [DOWN, UP], b"w", most=most)
    what = "another stop of the lesson of i-love-my-dog"
    yield from _pressed(what, [*RUN, "i-love-my-dog"], [RIGHT, LEFT], b"L", most=2)  # L begins at the first


def views() -> Measured:
    """Gradients, plots, and moments of a training."""
    for scenario, most in (("i-love-my-dog", (2, 5)), ("wide", (4, 8))):
        yield from _pressed(f"the gradient and back in {scenario}", [*RUN, scenario], [b"v"], most=most[0])
        what = f"another bar of a plot in {scenario}"
        yield from _pressed(what, [*RUN, scenario], [b"l", b"h"], b"P", most=most[1])
    yield from _pressed("another moment of translate", [*RUN, "translate"], [b"<", b">"], most=3)


def _pressed(what: str, command: list[str], pressed: Keys, first: bytes = b"", *, most: float) -> Measured:
    """The median over presses of some keys in turn, after a first one, beside presses in the plain screen."""
    with Terminal(PLAIN) as plain, _at_weights(command) as terminal:
        plain.wait_for("line 1 0")
        _warm(terminal, filter(None, (first, *pressed)))
        base, took = [], []
        for place in range(COUNT):
            base.append(plain.press(b"x"))
            took.append(terminal.press(pressed[place % len(pressed)]))
    yield Figure(what, median(took), median(took) / median(base), most)


def _warm(terminal: Terminal, keys: Iterable[bytes]) -> None:
    for key in keys:
        terminal.press(key)


def _at_weights(command: list[str]) -> Terminal:
    terminal = Terminal([*command, "--step", WEIGHTS])
    terminal.wait_for("Attention weights")
    terminal.settle()
    return terminal
