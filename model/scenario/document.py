"""What a scenario file may say: its sections as frozen dataclasses.

The model, the input and the masks are in `config`; here is what stands round them. Like there, the names and defaults
are the public format, checked and described from these classes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from annotated_types import Ge, Le

from model.config import CLOSED, InputConfig, MaskConfig, ModelConfig, Vector

VERSION = 1
"""Version of the scenario format that this program reads."""

Difficulty = Literal["beginner", "intermediate", "advanced"]
ExperimentKind = Literal[
    "softmax_saturation", "softmax_jacobian", "dot_product_variance", "gradient_vanishing", "training"
]
Index = Annotated[int, Ge(0)]


@dataclass(frozen=True, kw_only=True)
class Edit:
    """A what-if: numbers of one step are replaced while the model runs, and all that follows is computed from them."""

    __pydantic_config__ = CLOSED

    at: str
    """Path of the step, or name of the parameter."""
    index: tuple[Index | Literal["all"], ...] = ()
    """Which numbers, counted from 0 along the step's axes; `all` and a shorter index take all of an axis."""
    set: float | None = None
    """The number that is put there."""
    zero: bool = False
    """Put zeros there."""
    knock_out: bool = False
    """Put −∞ there: before a softmax, that takes it out of the row."""
    scale: float | None = None
    """Multiply what is there."""
    freeze: bool = False
    """Keep what is there without any edit, whatever is edited before it."""
    swap: bool = False
    """Put there what the second run of `compare` has."""


DOES = ("set", "zero", "knock_out", "scale", "freeze", "swap")
"""The keys of an edit that say what it does."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A second run of the same scenario with some changes, stepped side by side."""

    __pydantic_config__ = CLOSED

    label: str = "changed"
    """What the second run is called."""
    model: Mapping[str, Any]
    """The keys of `model` that are different in the second run."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The right answer to a question, found in the step that it is asked about."""

    __pydantic_config__ = CLOSED

    argmax: str
    """The axis along which the place of the largest number is the answer."""


@dataclass(frozen=True, kw_only=True)
class LessonStep:
    """One station of a lesson: a step, where to look in it, and what to say and ask."""

    __pydantic_config__ = CLOSED

    at: str
    """Path of the step."""
    focus: Mapping[str, str | Index] | None = None
    """The cell to look at: a label or an index from 0 for each axis."""
    say: str = ""
    """Narration, in Markdown."""
    ask: str | None = None
    """A question to the person who steps through."""
    answer: Answer | None = None
    """The answer to the question."""


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """An experiment, run instead of a model."""

    __pydantic_config__ = CLOSED

    kind: ExperimentKind
    """Which experiment."""
    logits: Vector = ()
    """The scores that it starts from."""
    multipliers: Vector = ()
    """What the scores are multiplied by, one after another."""


@dataclass(frozen=True, kw_only=True)
class Document:
    """A scenario: what to run, and what to tell the person who steps through it."""

    __pydantic_config__ = CLOSED

    version: Annotated[int, Ge(1), Le(VERSION)] = VERSION
    """Version of the scenario format."""
    title: str = ""
    """The scenario's name. Default: the name of its file."""
    summary: str = ""
    """One line, shown in the library."""
    difficulty: Difficulty = "beginner"
    """Whom it is for."""
    model: ModelConfig = field(default_factory=ModelConfig)
    """What the model is."""
    input: InputConfig = field(default_factory=InputConfig)
    """What goes into the model."""
    mask: MaskConfig = field(default_factory=MaskConfig)
    """Which keys a query may see."""
    edits: tuple[Edit, ...] = ()
    """What-if changes, applied in this order while the model runs."""
    compare: Comparison | None = None
    """A second run to step through side by side."""
    lesson: tuple[LessonStep, ...] = ()
    """The order of the steps and the words; without it every step is shown with its own explanation."""
    experiment: Experiment | None = None
    """An experiment, run instead of a model."""
