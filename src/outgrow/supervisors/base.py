"""What a weak supervisor is; a model trained on ground truth, and a model as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from outgrow.errors import ConfigError
from outgrow.learning.objective import Transform
from outgrow.models.base import Model, Role
from outgrow.registry import Registry
from outgrow.spec import Option
from outgrow.steps import Part, Predictor, Split, Steps
from outgrow.tasks.base import Kind, Output

if TYPE_CHECKING:
    import numpy as np


class Supervisor(Option):
    """Whose labels the student learns from. A frozen spec."""

    kinds: frozenset[Kind]
    """The kinds of task that it can label."""
    learns: ClassVar[bool] = True
    """Whether it needs the ground truth of `supervisor`."""
    simulated: ClassVar[bool] = False
    """Whether some of its errors are made on purpose, by truth that it is shown or at random: results say so."""

    @property
    def cost(self) -> float | None:
        """Multiply-accumulates of one answer; None where it is no model."""
        return None

    @property
    def models(self) -> tuple[Model, ...]:
        """The models in it, none of which may be larger than the student."""
        return ()

    @property
    def roles(self) -> tuple[Role, ...]:
        """The trainings in it."""
        return ()

    @property
    def rules(self) -> tuple[Transform, ...]:
        """What makes one answer of several, where it has such."""
        rule = getattr(self, "rule", None)
        return () if rule is None else (rule,)

    def predictor(self, steps: Steps, data: Split, *, seed: int) -> Predictor:
        """The steps that lead to somebody who can label."""
        raise NotImplementedError

    def trained_on(self, part: Part, steps: Steps, *, seed: int) -> Predictor:
        """The same, trained on these rows of `supervisor` alone; ConfigError where it is no model that is trained."""
        raise ConfigError(
            f"weak.of: {self.label!r} is no model that is trained on rows of its own; name one (outgrow list models)",
            key="weak.of",
        )


supervisors: Registry[type[Supervisor]] = Registry("supervisors", package="outgrow.supervisors")


class Outside(Supervisor):
    """Somebody who is no model of ours, and learns nothing."""

    learns: ClassVar[bool] = False
    rule: Transform

    @property
    def kinds(self) -> frozenset[Kind]:  # type: ignore[override]
        return frozenset({"classification", "preference"})


class ById(Outside):
    """Somebody outside whose labels are there already, by example id; also a `steps.Labeller`."""

    def read(self, ids: Sequence[str], output: Output, *, known: Sequence[str]) -> tuple[np.ndarray, list[str]]:
        """Labels of some examples, float32 [labellers, n, classes], and notes, as `steps.Labeller` says."""
        raise NotImplementedError

    def predictor(self, steps: Steps, data: Split, *, seed: int) -> Predictor:
        return steps.given(self, data)


class Committee(Supervisor):
    """Supervisors that answer together: what they can do and what is in them is told by all of them."""

    @property
    def everyone(self) -> tuple[Supervisor, ...]:
        """Who is in it; who stands there twice answers twice."""
        raise NotImplementedError

    @property
    def learns(self) -> bool:  # type: ignore[override]
        return any(one.learns for one in self.everyone)

    @property
    def simulated(self) -> bool:  # type: ignore[override]
        return any(one.simulated for one in self.everyone)

    @property
    def kinds(self) -> frozenset[Kind]:  # type: ignore[override]
        return frozenset.intersection(*(one.kinds for one in self.everyone))

    @property
    def cost(self) -> float | None:
        costs = [one.cost for one in self.everyone if one.cost is not None]
        return max(costs) if costs else None

    @property
    def models(self) -> tuple[Model, ...]:
        return tuple(model for one in self.everyone for model in one.models)

    @property
    def rules(self) -> tuple[Transform, ...]:
        return (*super().rules, *(rule for one in self.everyone for rule in one.rules))

    @property
    def roles(self) -> tuple[Role, ...]:
        return tuple(role for one in self.everyone for role in one.roles)


@dataclass(frozen=True, kw_only=True)
class TrainedModel(Supervisor):
    """A small model fine-tuned on the ground truth of `supervisor`; as it is on a task that it was pretrained on."""

    name: ClassVar[str] = "model"
    role: Role

    @property
    def kinds(self) -> frozenset[Kind]:  # type: ignore[override]
        return self.role.model.kinds

    @property
    def label(self) -> str:
        return self.role.model.label

    @property
    def cost(self) -> float | None:
        return self.role.model.cost

    @property
    def models(self) -> tuple[Model, ...]:
        return (self.role.model,)

    @property
    def roles(self) -> tuple[Role, ...]:
        return (self.role,)

    def predictor(self, steps: Steps, data: Split, *, seed: int) -> Predictor:
        model = self.role.model
        if data.dataset.task.name in model.supervises_untrained:
            return steps.untrained(model)
        return self.trained_on(data.part("supervisor"), steps, seed=seed)

    def trained_on(self, part: Part, steps: Steps, *, seed: int) -> Predictor:
        return steps.finetune(self.role, part, seed=seed)
