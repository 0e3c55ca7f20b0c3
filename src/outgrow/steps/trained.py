"""What every training has in common: its reference, what it learns from, and by what it is checked on the way."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from outgrow.learning.objective import Lesson, Objective
from outgrow.models.base import Role
from outgrow.spec import plain
from outgrow.steps.adapt import Adapted
from outgrow.steps.base import Step
from outgrow.steps.boosted import Emphasis
from outgrow.steps.context import Context
from outgrow.steps.features import Features
from outgrow.steps.labels import Labels
from outgrow.steps.lesson import read_lesson
from outgrow.steps.memory import rough_memory
from outgrow.steps.predictor import Predictor
from outgrow.steps.split import Part
from outgrow.steps.stored import read_texts

if TYPE_CHECKING:
    from outgrow.learning.footprint import Extent

WEIGHTS, CURVE, NOTES, CHECKS = "model.safetensors", "curve.json", "notes.json", "checks.safetensors"


@dataclass(frozen=True, eq=False, kw_only=True)
class Trained(Predictor):
    """A model trained on a part, with ground truth (`labels` None) or with weak labels.

    Args:
        labels: weak labels of the part, or of a part that it is a piece of.
        held_out: what the same supervisor says of the validation examples, by which the training is checked; None
            with ground truth, and where it says nothing of them.
        objective: what is learned from weak labels; None with ground truth.
        start: weights of a generative fine-tuning to begin from.
        after: a training that it goes on from.
        frozen: stored features of its own pretrained model: what a head is trained on, and what objectives look at.
        earlier: what another student says of the part's rows, for objectives that look at it.
        emphasis: how much each row counts beside what the objective says; equally without.
    """

    name: ClassVar[str] = "finetune"
    version: ClassVar[int] = 3
    role: Role
    part: Part
    labels: Labels | None
    held_out: Labels | None
    objective: Objective | None
    seed: int
    start: Adapted | None = None
    after: Trained | None = None
    frozen: Features | None = None
    earlier: Labels | None = None
    emphasis: Emphasis | None = None

    def identity(self) -> dict[str, Any]:
        return {
            "model": plain(self.role.model),
            "train": plain(self.role.train),
            "part": self.part.identity(),
            "objective": plain(self.objective),
            "seed": self.seed,
        }

    def inputs(self) -> dict[str, Step]:
        found: dict[str, Step] = {"split": self.part.split}
        others: dict[str, Step | None] = {
            "labels": self.labels, "held_out": self.held_out, "start": self.start, "after": self.after,
            "features": self.frozen, "earlier": self.earlier, "emphasis": self.emphasis,
        }  # fmt: skip
        return found | {name: step for name, step in others.items() if step}

    @property
    def label(self) -> str:
        return self.role.model.label

    @property
    def cost(self) -> float | None:
        return self.role.model.cost

    @property
    def rough_extent(self) -> Extent | None:
        return self.role.model.rough_extent

    @property
    def memory(self) -> int:
        return rough_memory(self.rough_extent, use="train")

    @property
    def title(self) -> str:
        teacher = "ground truth" if self.labels is None else f"labels of {self.labels.by.label}"
        how = f" ({self.objective.label})" if self.objective and self.objective.label else ""
        return f"train {self.label} {'further ' if self.after else ''}on {teacher}{how}"

    @property
    def work(self) -> float:
        return 3 * self.role.model.cost * self.part.size * self.role.train.epochs

    def notes(self, context: Context) -> list[str]:
        return read_texts(context.store, self.key, NOTES)

    def lesson(self, context: Context) -> tuple[Lesson, tuple[str, ...] | None]:
        """What it learns: targets and weights of its rows, and where texts are generated, the classes' texts."""
        lesson, texts = read_lesson(
            self.part, context, labels=self.labels, objective=self.objective or Objective(), features=self.frozen,
            earlier=self.earlier, seed=self.seed,
        )  # fmt: skip
        if self.emphasis is not None:
            weights = lesson.weights * self.emphasis.read(context)
            lesson = replace(lesson, weights=weights.astype(np.float32))
        return lesson, texts
