"""Methods: recipes of trainings around an objective."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from outgrow.learning.objective import Objective
from outgrow.models.base import Role
from outgrow.registry import Registry
from outgrow.spec import Option
from outgrow.steps import Labels, Part, Predictor, Split, Steps
from outgrow.tasks.base import Output

if TYPE_CHECKING:
    import numpy as np


class Method(Option):
    """How a student is trained from weak labels: which trainings, in which order, with which objective.

    A method is a frozen spec. The base is one training on the weak labels; subclasses override what differs.
    """

    recipe: ClassVar[bool] = False
    """Whether it takes steps of its own, besides an objective: at most one such can be in a composition."""
    uses_truth: ClassVar[bool] = False
    """Whether it learns from rows of known truth: an experiment with it has to declare how many there are."""
    in_epochs: ClassVar[bool] = False
    """Whether it divides the student's training by epochs, of which L-BFGS has none."""
    several: ClassVar[bool] = False
    """Whether it makes one of several supervisors' labels: with one supervisor it has nothing to do."""

    def objective(self) -> Objective:
        """What the student learns from: transforms of the weak labels, selections of rows, a loss."""
        return Objective()

    def misfit(self, inputs: np.ndarray, output: Output) -> str:
        """Why it cannot be used for such rows, as words that follow its name, or ""; asked before anything is trained.

        Args:
            inputs: some rows of a task, as `Examples.inputs` has them.
        """
        return ""

    def train_student(
        self, steps: Steps, strong: Role, part: Part, labels: Labels, *, objective: Objective, seed: int
    ) -> Predictor:
        """The steps that lead from weak labels to a student; one training unless overridden.

        Args:
            objective: what to learn from weak labels: the method's own, or that of a composition it is part of.
        """
        return steps.finetune(strong, part, labels=labels, objective=objective, seed=seed)

    def train_ceiling(self, steps: Steps, strong: Role, part: Part, *, seed: int) -> Predictor:
        """The steps that lead from ground truth to the strong ceiling.

        What is done to the student besides learning from weak labels is done to the ceiling too.
        """
        return steps.finetune(strong, part, seed=seed)

    def zero_shot(self, steps: Steps, strong: Role, split: Split, *, task: str) -> Predictor | None:
        """The student's model before it learns anything, where it can do the task so."""
        return steps.untrained(strong.model) if task in strong.model.knows else None


methods: Registry[type[Method]] = Registry("methods", package="outgrow.methods")
