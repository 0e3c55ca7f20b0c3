"""Strong to strong: the student is trained again on its own labels."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from outgrow.learning.objective import Objective
from outgrow.methods.base import Method, methods
from outgrow.models.base import Role
from outgrow.spec import spec
from outgrow.steps import Labels, Part, Predictor, Steps


@methods.register(
    "strong_to_strong",
    about="the student labels its own training rows, and the model is trained on them anew, in rounds",
    source="EleutherAI 2024, their code; out of fold: automated weak-to-strong research 2026",
)
@spec
class StrongToStrong(Method):
    """w_0 = w; w_r = soft answers of the student trained on w_{r-1}; the last student counts. The model begins anew.

    In sample, a student that fits its labels exactly gives them back, and a round changes nothing; what the weak labels
    do not determine can only drift. Out of fold, each half of the rows is labelled by a student of the other half, at
    three trainings a round; at most one group has rows in both. No figures of it are known to us. It cannot help
    where the student has learned its supervisor's mistakes: its own labels hold them.

    Args:
        rounds: trainings on own labels; with 0 it is one training on the weak labels.
        out_of_fold: whether a row's label comes of a student that has not learned from it.
    """

    recipe: ClassVar[bool] = True
    name: ClassVar[str] = "strong_to_strong"
    rounds: Annotated[int, Field(ge=0)] = 2
    out_of_fold: bool = False

    def train_student(
        self, steps: Steps, strong: Role, part: Part, labels: Labels, *, objective: Objective, seed: int
    ) -> Predictor:
        train = steps.halves if self.out_of_fold else steps.finetune
        for _ in range(self.rounds):
            student = train(strong, part, labels=labels, objective=objective, seed=seed)
            labels = steps.label(student, part, audited=labels.audited)
        return steps.finetune(strong, part, labels=labels, objective=objective, seed=seed)
