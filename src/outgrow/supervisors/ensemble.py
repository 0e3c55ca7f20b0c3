"""Several supervisors as one."""

from __future__ import annotations

from typing import ClassVar

from outgrow.errors import ConfigError
from outgrow.learning.objective import Transform
from outgrow.methods.transforms.mean import Mean
from outgrow.models.base import Model, Role
from outgrow.spec import spec
from outgrow.steps import Predictor, Split, Steps
from outgrow.supervisors.base import Supervisor, supervisors
from outgrow.tasks.base import Kind


@supervisors.register(
    "ensemble",
    about="several supervisors, whose answers a rule makes one of",
    source="standard; e.g. arXiv 2410.04571",
)
@spec
class Ensemble(Supervisor):
    """Members label by themselves; a student gets the labels of each, and the rule's answer is the weak score.

    Equal members are trained with seeds of their own. A student's method may fuse the labels otherwise.

    Args:
        members: tables as of [weak], or names of models.
        rule: the transform that makes one answer of theirs, such as `mean` or `vote`.
    """

    name: ClassVar[str] = "ensemble"
    members: tuple[Supervisor, ...]
    rule: Transform = Mean()

    def __post_init__(self) -> None:
        if len(self.members) < 2:
            raise ConfigError("weak.members: an ensemble needs at least two members")

    @property
    def kinds(self) -> frozenset[Kind]:  # type: ignore[override]
        return frozenset.intersection(*(one.kinds for one in self.members))

    @property
    def label(self) -> str:
        names = list(dict.fromkeys(one.label for one in self.members))
        of = ", ".join(names) if len(names) > 1 else f"{len(self.members)} {names[0]}"
        return f"{self.rule.label} of {of}"

    @property
    def cost(self) -> float | None:
        costs = [one.cost for one in self.members if one.cost is not None]
        return max(costs) if costs else None

    @property
    def models(self) -> tuple[Model, ...]:
        return tuple(model for one in self.members for model in one.models)

    @property
    def roles(self) -> tuple[Role, ...]:
        return tuple(role for one in self.members for role in one.roles)

    def predictor(self, steps: Steps, data: Split, *, seed: int) -> Predictor:
        number: dict[Supervisor, int] = {}
        made = []
        for one in self.members:
            number[one] = number.get(one, -1) + 1
            made.append(one.predictor(steps, data, seed=seed + SEEDS * number[one]))
        return steps.combine(tuple(made), self.rule)


SEEDS = 1_000_003  # far from the seeds that people write, so that members share no training by accident
