"""Measures everything in one run and prints the ratios. Takes about two minutes.

python -m benchmarks [start] [help] [keys] [edits] [compare] [lessons] [views] [export] [training]
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from statistics import median

from benchmarks.terminal import Terminal

PYTHON = sys.executable
RUN = [PYTHON, "-m", "attn_explore", "run"]
UP, DOWN, RIGHT, LEFT = b"\x1b[A", b"\x1b[B", b"\x1b[C", b"\x1b[D"
MOVE_RIGHT, MOVE_DOWN = b"l", b"j"
CTRL_Y, CTRL_Z = b"\x19", b"\x1a"
WEIGHTS = "encoder.layers.0.self_attention.weights"
LESSON_AND_WIDE = (("i-love-my-dog", "median under 16 ms"), ("wide", "median under 100 ms"))


def start() -> None:
    """From process start to the first frame, and to the first tensor, against a Textual app with one Static."""
    plain, first, tensor = [], [], []
    for _ in range(15):  # in turn, so that a slow moment hits all of them
        plain.append(_seconds_until([PYTHON, "-m", "benchmarks.plain_textual"], "one static"))
        first.append(_seconds_until([*RUN, "i-love-my-dog"], "i-love-my-dog"))
        tensor.append(_seconds_until([*RUN, "i-love-my-dog"], "Token embeddings"))
    base = median(plain)
    _say("a Textual app with one Static, first frame", base)
    _say("run i-love-my-dog, first frame", median(first), median(first) / base, "at most 2, aiming at 1.5")
    _say("run i-love-my-dog, first tensor", median(tensor), median(tensor) / base)


def _seconds_until(command: list[str], text: str) -> float:
    terminal = Terminal(command)
    try:
        return terminal.wait_for(text)
    finally:
        terminal.close()


def help() -> None:
    """`--help` against importing Typer."""
    base, ours = [], []
    for _ in range(20):
        base.append(_process([PYTHON, "-c", "import typer"]))
        ours.append(_process([PYTHON, "-m", "attn_explore", "--help"]))
    _say("python -c 'import typer'", median(base))
    _say("attn-explore --help", median(ours), median(ours) / median(base), "at most 2.5")


def _process(command: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def keys() -> None:
    """From a key press to the last finished frame, at 120×40."""
    small = _presses([*RUN, "i-love-my-dog"], [MOVE_RIGHT, MOVE_DOWN, b"h", b"k"])
    large = _presses([*RUN, "wide"], [MOVE_RIGHT, MOVE_DOWN, MOVE_RIGHT, MOVE_DOWN])
    steps = _presses([*RUN, "i-love-my-dog"], [RIGHT, LEFT])
    wide_steps = _presses([*RUN, "wide"], [RIGHT, LEFT])
    _say("a step of i-love-my-dog", steps, note="median under 16 ms")
    _say("a step of wide", wide_steps)
    _say("a cell of the 4×4 weights", small, note="median under 16 ms")
    _say("a cell of the 512×512 weights of wide", large, large / small, "at most 1.5 times 4×4")


def edits() -> None:
    """From Enter in the edit's line to the last frame of the run that follows from it; and undo, redo."""
    for scenario, note in LESSON_AND_WIDE:
        terminal = _at_weights([*RUN, scenario])
        try:
            made = []
            for _ in range(12):
                for key in (b"e", *(b"%c" % code for code in b"0.5")):
                    terminal.press(key)
                made.append(terminal.press(b"\r"))
            undone = [terminal.press(key) for _ in range(5) for key in (CTRL_Z, CTRL_Y)]
        finally:
            terminal.close()
        _say(f"an edit of the weights of {scenario}", median(made), note=note)
        _say(f"undo and redo in {scenario}", median(undone), note=note)


def compare() -> None:
    """From a key press to the last finished frame, where two runs are compared."""
    for scenario, note in LESSON_AND_WIDE:
        command = [PYTHON, "-m", "attn_explore", "compare", scenario, scenario]
        _say(f"the other run of {scenario}", _presses(command, [b"c"]), note=note)
        _say(f"side by side, difference, one of {scenario}", _presses(command, [b"d"]), note=note)
        _say(f"a step of {scenario}, side by side", _presses(command, [RIGHT, LEFT], b"d"), note=note)


def lessons() -> None:
    """From a key press to the last finished frame, in the word view and from stop to stop."""
    for scenario, note in LESSON_AND_WIDE:
        _say(f"another word of {scenario}, word view", _presses([*RUN, scenario], [DOWN, UP], b"w"), note=note)
    stop = _presses([*RUN, "i-love-my-dog"], [LEFT, RIGHT], b"L")
    _say("another stop of the lesson of i-love-my-dog", stop, note="median under 16 ms")


def views() -> None:
    """From a key press to the last finished frame: gradients, plots, and moments of a training."""
    for scenario, note in LESSON_AND_WIDE:
        _say(f"the gradient and back in {scenario}", _presses([*RUN, scenario], [b"v"]), note=note)
        _say(f"another bar of a plot in {scenario}", _presses([*RUN, scenario], [MOVE_RIGHT, b"h"], b"P"))
    _say("another moment of translate", _presses([*RUN, "translate"], [b"<", b">"]), note="median under 100 ms")


def _presses(command: list[str], pressed: list[bytes], first: bytes = b"") -> float:
    """The median over 40 presses of some keys in turn, after a first one."""
    terminal = _at_weights(command)
    try:
        for key in filter(None, (first, *pressed)):  # warm
            terminal.press(key)
        return median(terminal.press(pressed[count % len(pressed)]) for count in range(40))
    finally:
        terminal.close()


def _at_weights(command: list[str]) -> Terminal:
    terminal = Terminal([*command, "--step", WEIGHTS])
    terminal.wait_for("Attention weights")
    terminal.settle()
    return terminal


def export() -> None:
    """JSON export of `wide` against json.dumps of the same lists, and the floats read back."""
    from attn_explore.explorer.session.course import locate
    from attn_explore.model.run import run
    from attn_explore.model.scenario import read_scenario
    from attn_explore.model.traces.export import trace_json

    scenario = read_scenario(locate("wide"))
    trace = run(scenario)
    ours, base, text = [], [], b""
    for _ in range(3):
        began = time.perf_counter()
        text = b"".join(trace_json(trace, scenario))
        ours.append(time.perf_counter() - began)
    plain = json.loads(text)
    for _ in range(3):
        began = time.perf_counter()
        json.dumps(plain)
        base.append(time.perf_counter() - began)
    steps = {step["path"]: step["values"] for step in plain["steps"]}
    same = all(value.array.tolist() == steps[path] for path, value in trace.steps.items())
    _say("json.dumps of the same lists", median(base))
    _say("export of wide as JSON", median(ours), median(base) / median(ours), "at least 5 times faster")
    print(f"{'floats read back are identical':<52}{same!s:>10}")


def training() -> None:
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
    _say("training translate from nothing", time.perf_counter() - began, note="under two minutes")
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
    _say("a training step of translate, with biases, in PyTorch", base)
    _say("the same step here", median(ours_took[50:]), median(ours_took[50:]) / base, "no slower")
    print(f"{'losses of the first ten steps differ by at most':<52}{apart:>10.1e}")


def _say(what: str, seconds: float, ratio: float | None = None, note: str = "") -> None:
    shown = f"{ratio:6.2f} ×" if ratio is not None else " " * 8
    print(f"{what:<52}{seconds * 1000:8.1f} ms {shown}  {note}".rstrip(), flush=True)


MEASUREMENTS: dict[str, Callable[[], None]] = {
    function.__name__: function for function in (start, help, keys, edits, compare, lessons, views, export, training)
}

if __name__ == "__main__":
    for name in sys.argv[1:] or MEASUREMENTS:
        MEASUREMENTS[name]()
