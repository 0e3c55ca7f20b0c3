"""A trained model whose answers are as sure as they are right."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from outgrow.errors import ConfigError
from outgrow.learning.calibration import Way
from outgrow.spec import spec
from outgrow.steps import Predictor, Split, Steps
from outgrow.supervisors.base import Committee, Supervisor, TrainedModel, supervisors
from outgrow.tasks.base import Kind


@supervisors.register(
    "calibrated", about="a model trained on a part of `supervisor`, calibrated by the rest", source="Guo et al. 2017"
)
@spec
class Calibrated(Committee):
    """softmax(log w / T), with the T under which the classes of rows that it has not learned from are likeliest.

    Args:
        of: a model's name or a table as of [weak].
        held_out: share of `supervisor` that it is calibrated by, at least one row; all where it needs no training.
        by: `temperature`; or `platt`, for two classes: log-odds times a number, plus a number, which can change them.
    """

    name: ClassVar[str] = "calibrated"
    of: Supervisor
    held_out: Annotated[float, Field(gt=0, lt=1)] = 0.2
    by: Way = "temperature"

    def __post_init__(self) -> None:
        if not isinstance(self.of, TrainedModel):
            raise ConfigError(f"of = {self.of.name!r}: only a model is calibrated; in an ensemble, each by itself")

    @property
    def everyone(self) -> tuple[Supervisor, ...]:
        return (self.of,)

    @property
    def label(self) -> str:
        return f"calibrated {self.of.label}"

    @property
    def kinds(self) -> frozenset[Kind]:  # type: ignore[override]
        return self.of.kinds - {"generation"}

    def predictor(self, steps: Steps, data: Split, *, seed: int) -> Predictor:
        whole, (role,) = data.part("supervisor"), self.of.roles
        if data.dataset.task.name in role.model.supervises_untrained:
            return steps.calibrate(steps.untrained(role.model), whole, by=self.by)
        learned, rest = whole.cut(whole.size - max(1, round(self.held_out * whole.size)))
        if not learned.size:
            raise ConfigError(f"split.supervisor = {whole.size}: {self.label} needs rows to learn from, and others")
        return steps.calibrate(steps.finetune(role, learned, seed=seed), rest, by=self.by)
