"""What a scenario file may say: its sections as frozen dataclasses.

The model, the input and the masks are in `config`; here is what stands round them. Like there, the names and defaults
are the public format, checked and described from these classes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Annotated, Any, Literal

from attn_explore.model.config import CLOSED, DERIVED, Bound, InputConfig, MaskConfig, ModelConfig, Size, Vector
from attn_explore.model.dataclass import dataclass

VERSION = 1
"""Version of the scenario format that this program reads."""

Difficulty = Literal["beginner", "intermediate", "advanced"]
ExperimentKind = Literal[
    "softmax_saturation", "softmax_jacobian", "dot_product_variance", "gradient_vanishing", "training"
]
Index = Annotated[int, Bound(ge=0)]
Extreme = Literal["largest", "smallest"]
View = Literal["matrix", "heat", "word", "text", "beside", "difference", "plot"]


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
class Gradients:
    """How one number changes with every step and parameter that it depends on: the steps `grad.…`."""

    __pydantic_config__ = CLOSED

    of: str | None = None
    """The number: `loss`, or a step and a place in it, such as `logits[dog, 2]`. Default: the loss where there is a
    target, else the last word's largest logit; without logits the largest number of its last row."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A second run of the same scenario with some changes, stepped side by side."""

    __pydantic_config__ = CLOSED

    label: str = "changed"
    """What the second run is called."""
    model: Mapping[str, Any] = field(default_factory=dict)
    """The keys of `model` that are different in the second run."""
    input: Mapping[str, Any] = field(default_factory=dict)
    """The keys of `input` that are different there."""
    mask: Mapping[str, Any] = field(default_factory=dict)
    """The keys of `mask` that are different there."""
    experiment: Mapping[str, Any] = field(default_factory=dict)
    """The keys of `experiment` that are different there."""
    edits: tuple[Edit, ...] | None = None
    """The edits of the second run, instead of those of the first."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the right answer to a question is, found in the run when it is asked: one of these keys."""

    __pydantic_config__ = CLOSED

    argmax: str | None = None
    """The axis along which the place of the largest number is the answer."""
    argmin: str | None = None
    """The axis along which the place of the smallest number is the answer."""
    cell: Extreme | None = None
    """Any cell with the largest or smallest number, along the axes that `focus` leaves open."""
    number: bool = False
    """The number in the cell of `focus`, within one percent or rounded to two digits."""
    operand: str | None = None
    """A number that the cell of `focus` was computed from, within one percent or rounded to two digits: the path of
    its step or parameter, or the last part of it."""
    sum: str | None = None
    """What the numbers along this axis come to, within one percent or rounded to two digits."""


ANSWERS = ("argmax", "argmin", "cell", "number", "operand", "sum")
"""The keys of an answer."""


@dataclass(frozen=True, kw_only=True)
class LessonStep:
    """One stop of a lesson: a step, where to look in it, and what to say and ask."""

    __pydantic_config__ = CLOSED

    at: str
    """Path of the step, or name of the parameter."""
    focus: Mapping[str, str | Index] | None = None
    """The cell to look at: a label or an index from 0 for each axis."""
    view: View = "matrix"
    """How it is shown: the matrix, or a heat map of all of it; of an attention block one query word, or the text on its
    weights; two runs compared; or a plot."""
    moment: Index | None = None
    """After how many steps of training its weights are taken. Default: at the end."""
    gallery: str | None = None
    """The picture of the gallery that is spoken of, such as sparsemax or causal: there the gallery opens."""
    say: str = ""
    """Narration, in Markdown."""
    ask: str | None = None
    """A question to the person who steps through, in Markdown, asked before the numbers are shown."""
    answer: Answer | None = None
    """The answer to the question."""
    hint: str | None = None
    """What is said to whoever asks for a hint, in Markdown. Default: the arithmetic without its result, or which
    places it is not."""


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """An experiment, run instead of a model; or how the model is trained."""

    __pydantic_config__ = CLOSED

    kind: ExperimentKind
    """Which experiment."""
    logits: Vector = DERIVED
    """The scores that it starts from. Default: [1, 1, 2]."""
    multipliers: Vector = DERIVED
    """What the scores are multiplied by, one after another. Default: [1, 10, 100]; for a Jacobian 11, from 0 to 20."""
    widths: tuple[Size, ...] = DERIVED
    """The dₖ that are tried, each once. Default: from 1 to 4096."""
    pairs: Size = DERIVED
    """How many pairs of q and k are drawn for each dₖ. Default: 100000."""
    row: Size = DERIVED
    """How many scores make a row of softmax. Default: 16."""
    tokens: Size = DERIVED
    """How many words there are. Default: 16."""
    seed: Index = DERIVED
    """Seed of NumPy's PCG64 generator, which draws the numbers. Default: 7."""

    data: str = DERIVED
    """What a model is trained on: a file of pairs (a text, a tab, a text a line), or copy, reverse, sort, induction."""
    length: Size = DERIVED
    """How many symbols a text of these four tasks has; for induction: at most. Default: 6."""
    symbols: Size = DERIVED
    """How many symbols they are made of. Default: 8."""
    held_out: Index = DERIVED
    """So many of the last pairs are not trained on, but scored. Default: none; 64 of a task."""
    steps: Size = DERIVED
    """How many batches are trained on. Default: 1000."""
    batch: Size = DERIVED
    """How many pairs make a batch. Default: 16."""
    snapshots: Size = DERIVED
    """At how many moments the weights are kept, beside the first. Default: 10."""
    warmup: Size = DERIVED
    """For how many steps the learning rate goes up, before it goes down. Default: 100."""
    learning_rate: Annotated[float, Bound(gt=0)] = DERIVED
    """What the learning rate of the paper is multiplied by. Default: 1."""

    @property
    def is_alone(self) -> bool:
        """Whether it is run without a model and an input: it brings its own."""
        return self.kind != "training"


@dataclass(frozen=True, kw_only=True)
class Document:
    """A scenario: what to run, and what to tell the person who steps through it."""

    __pydantic_config__ = CLOSED

    version: Annotated[int, Bound(ge=1, le=VERSION)] = VERSION
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
    gradients: Gradients | None = None
    """Adds the gradients of one number, after the steps of the model."""
    compare: Comparison | None = None
    """A second run to step through side by side."""
    lesson: tuple[LessonStep, ...] = ()
    """The stops, in order, with their words; without it every step is shown with its own explanation."""
    experiment: Experiment | None = None
    """An experiment, run instead of a model; or how the model is trained."""

    @property
    def is_trained(self) -> bool:
        """Whether it says how its model is trained."""
        return self.experiment is not None and not self.experiment.is_alone

    @property
    def alone(self) -> Experiment | None:
        """The experiment that is run instead of a model, if it is one."""
        return self.experiment if self.experiment is not None and self.experiment.is_alone else None
