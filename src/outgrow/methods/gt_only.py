"""The strong model trained on the rows of known truth alone: what weak labels have to beat."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from outgrow.errors import ConfigError
from outgrow.learning.objective import Objective, Selection, WeakLabels
from outgrow.methods.base import Method, methods
from outgrow.models.base import Role
from outgrow.spec import spec
from outgrow.steps import Labels, Part, Predictor, Steps


@spec
class Known(Selection):
    """Rows whose truth is known; all, where it is of none."""

    name: ClassVar[str] = "known"
    uses_truth: ClassVar[bool] = True

    def weights(self, weak: WeakLabels, *, seed: int) -> np.ndarray:
        known = np.zeros(len(weak.ids)) if weak.truth is None else (weak.truth >= 0).astype(np.float64)
        return known if known.any() else np.ones(len(known))


@methods.register(
    "gt_only",
    about="the strong model trained on the rows of known truth alone",
    source="Zhu et al. 2023, Weaker than you think",
)
@spec
class GtOnly(Method):
    """CE(f, y) on the `n_ground_truth` rows whose truth is known. No weak label plays a part.

    Zhu et al. (ACL 2023) find that 5 to 50 such rows of each class leave little of the gains that methods of weak
    supervision report. So any method that is given known truth has to beat it. It cannot help where a handful of rows
    does not show what the task is. No truth of validation is looked at, so `keep = "best"` has nothing to
    choose by: the last weights are kept.
    """

    recipe: ClassVar[bool] = True
    uses_truth: ClassVar[bool] = True
    name: ClassVar[str] = "gt_only"

    def objective(self) -> Objective:
        return Objective(selections=(Known(),))

    def train_student(
        self, steps: Steps, strong: Role, part: Part, labels: Labels, *, objective: Objective, seed: int
    ) -> Predictor:
        if objective != self.objective():
            raise ConfigError("gt_only learns from no weak label, so no transform, selection or loss can go with it")
        assert labels.audited is not None
        return steps.finetune(strong, labels.audited.part, labels=labels.audited, seed=seed)
